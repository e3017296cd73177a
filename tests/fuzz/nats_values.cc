// What stands in a NATS server's messages, and in the files that say who we are: JSON of INFO and of JetStream's API,
// reply subjects, headers, versions, addresses, credentials. What is accepted is bounded and harmless to show.

#include "nats/address.h"
#include "nats/greeting.h"
#include "nats/nkey.h"
#include "respand/nats/jetstream.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

void check_shown(const std::string& text) {
  claim(is_utf8(text) && text.find_first_of("\n\r\x1b\x7f") == std::string::npos, "text is harmless");
  claim(text.size() <= 260, "and short");
}

void check_api_error(const nats::ApiError& error) { check_shown(error.description); }

void check_greeting(std::string_view text) {
  const auto greeting = nats::read_greeting(text);
  if (!greeting) {
    return;
  }
  for (const std::string* shown : {&greeting->info.name, &greeting->info.version, &greeting->info.cluster}) {
    check_shown(*shown);
  }
  claim(greeting->connect_urls.size() <= nats::kMaxUrls, "a cluster has a limit");
}

void check_answers(std::string_view text) {
  if (const auto ack = nats::read_pub_ack(text)) {
    claim(ack->error || (ack->sequence > 0 && !ack->stream.empty()), "a PubAck says what it acknowledges");
    check_shown(ack->stream);
    check_api_error(ack->error.value_or(nats::ApiError{}));
  }
  if (const auto info = nats::read_stream_info(text)) {
    claim(info->error || !info->value.config.name.empty(), "a stream has a name");
    for (const std::string* shown : {&info->value.config.name, &info->value.config.storage, &info->value.created,
                                     &info->value.leader, &info->value.first_time}) {
      check_shown(*shown);
    }
    claim(info->value.config.subjects.size() <= 64, "subjects have a limit");
  }
  if (const auto info = nats::read_consumer_info(text)) {
    claim(info->error || !info->value.config.name.empty(), "a consumer has a name");
    check_shown(info->value.config.name);
  }
}

void check_small_ones(std::string_view text) {
  if (const auto delivery = nats::read_delivery(text)) {
    claim(!delivery->stream.empty() && !delivery->consumer.empty(), "a delivery says whose it is");
    claim(delivery->stream.find('.') == std::string_view::npos, "names are tokens");
  }
  const std::string_view value = nats::find_header(text, "Nats-Msg-Id");
  claim(value.find("\r\n") == std::string_view::npos, "a header ends with its line");
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view first = text.substr(0, end);
  const std::string_view second = text.substr(std::min(end + 1, text.size()));
  const bool known = nats::at_least(first, first) && nats::at_least(second, second);
  claim(!known || nats::at_least(first, second) || nats::at_least(second, first), "versions have an order");
  if (const auto address = nats::parse_address(text)) {
    claim(!address->host.empty() && address->port > 0, "an address is whole");
    const auto again = nats::parse_address(address->text());
    claim(again && again->host == address->host && again->port == address->port, "written down it is the same");
  }
  if (const auto credentials = nats::read_credentials(text)) {
    claim(credentials->key.public_key().starts_with('U'), "a user's key");
  }
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  check_greeting(block.view());
  check_answers(block.view());
  check_small_ones(block.view());
  return 0;
}
