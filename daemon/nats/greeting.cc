#include "nats/greeting.h"

#include "respand/base/text.h"
#include "respand/json/reader.h"
#include "respand/json/text.h"

namespace respand::nats {
namespace {

// Names and versions are shown to people; host names have at most 253 bytes.
constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxUrl = 300;
constexpr std::size_t kMaxNonce = 256;

bool is_string(std::string_view value) { return value.size() >= 2 && value.front() == '"'; }

std::string shown(std::string_view value) {
  return is_string(value) ? printable(json::decoded(value.substr(0, 4 * kMaxName)), kMaxName) : std::string();
}

std::vector<std::string> read_urls(std::string_view value) {
  std::vector<std::string> urls;
  json::Reader reader(value);
  if (!value.starts_with('[')) {
    return urls;
  }
  reader.elements([&](std::string_view element) {
    if (urls.size() < kMaxUrls && is_string(element) && element.size() <= kMaxUrl) {
      urls.push_back(json::decoded(element));
    }
  });
  return reader.good() ? urls : std::vector<std::string>();
}

}  // namespace

Result<Greeting> read_greeting(std::string_view text) {
  Greeting greeting;
  bool sound = true;
  json::Reader reader(text);
  reader.members([&](std::string_view name, std::string_view value) {
    if (name == "server_name") {
      greeting.info.name = shown(value);
    } else if (name == "version") {
      greeting.info.version = shown(value);
    } else if (name == "cluster") {
      greeting.info.cluster = shown(value);
    } else if (name == "max_payload") {
      const auto number = json::number_in<std::uint64_t>(value);
      sound = sound && number.has_value();
      greeting.info.max_payload = number.value_or(0);
    } else if (name == "headers") {
      greeting.info.headers = value == "true";
    } else if (name == "jetstream") {
      greeting.info.jetstream = value == "true";
    } else if (name == "tls_required") {
      greeting.tls_required = value == "true";
    } else if (name == "tls_available") {
      greeting.tls_available = value == "true";
    } else if (name == "auth_required") {
      greeting.auth_required = value == "true";
    } else if (name == "ldm") {
      greeting.lame_duck = value == "true";
    } else if (name == "nonce" && is_string(value) && value.size() <= kMaxNonce) {
      greeting.nonce = json::decoded(value);
    } else if (name == "connect_urls") {
      greeting.connect_urls = read_urls(value);
    }
  });
  if (!reader.good() || !reader.at_end() || !sound) {
    return error(ErrorCode::kInvalid, "the server's INFO is not the JSON object that it must be");
  }
  return greeting;
}

}  // namespace respand::nats
