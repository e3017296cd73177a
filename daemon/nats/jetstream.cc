#include "respand/nats/jetstream.h"

#include <array>
#include <charconv>

#include "nats/answer_reader.h"
#include "respand/base/ignore_case.h"
#include "respand/base/text.h"
#include "respand/base/trim.h"
#include "respand/json/reader.h"
#include "respand/json/writer.h"

namespace respand::nats {
namespace {

constexpr std::string_view kApi = "$JS.API.";

std::string api_subject(std::string_view what, std::string_view stream) { return cat(kApi, what, '.', stream); }
std::string api_subject(std::string_view what, std::string_view stream, std::string_view consumer) {
  return cat(kApi, what, '.', stream, '.', consumer);
}

std::int64_t nanoseconds(Duration duration) { return std::chrono::nanoseconds(duration).count(); }

// Around names and values of headers.
constexpr std::string_view kHeaderSpace = " \t";

// A version's three numbers and whether something follows that makes it a pre-release.
struct Version {
  std::array<std::uint32_t, 3> number{};
  bool pre_release = false;
};

std::optional<Version> version_in(std::string_view text) {
  Version version;
  text = text.substr(0, text.find('+'));  // what was built, not what it is
  if (text.starts_with('v')) {
    text.remove_prefix(1);
  }
  for (std::size_t i = 0; i < version.number.size(); ++i) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), version.number[i]);
    if (code != std::errc{}) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with('.') || i + 1 == version.number.size()) {
      break;
    }
    text.remove_prefix(1);
  }
  version.pre_release = text.starts_with('-');
  return text.empty() || version.pre_release ? std::optional(version) : std::nullopt;
}

}  // namespace

std::string stream_info_subject(std::string_view stream) { return api_subject("STREAM.INFO", stream); }
std::string stream_create_subject(std::string_view stream) { return api_subject("STREAM.CREATE", stream); }
std::string stream_update_subject(std::string_view stream) { return api_subject("STREAM.UPDATE", stream); }
std::string consumer_info_subject(std::string_view stream, std::string_view consumer) {
  return api_subject("CONSUMER.INFO", stream, consumer);
}
std::string consumer_create_subject(std::string_view stream, std::string_view consumer) {
  return api_subject("CONSUMER.CREATE", stream, consumer);
}
std::string next_subject(std::string_view stream, std::string_view consumer) {
  return api_subject("CONSUMER.MSG.NEXT", stream, consumer);
}

std::string create_request(const StreamConfig& config) {
  json::Array subjects;
  for (const std::string& subject : config.subjects) {
    subjects.element(json::string_of(subject));
  }
  json::Object object;
  object.member("name", config.name).value("subjects", subjects.text());
  object.member("retention", config.retention).member("storage", config.storage).member("discard", config.discard);
  object.member("num_replicas", config.replicas).member("max_age", config.max_age_ns);
  object.member("max_bytes", config.max_bytes).member("max_msgs", config.max_messages);
  object.member("max_msg_size", config.max_message_size).member("max_msgs_per_subject", -1);
  object.member("max_consumers", -1).member("duplicate_window", config.duplicate_window_ns);
  return object.text();
}

std::string create_request(std::string_view stream, const ConsumerConfig& config) {
  json::Object inner;
  inner.member("name", config.name).member("durable_name", config.name);
  inner.member("ack_policy", config.ack_policy).member("deliver_policy", config.deliver_policy);
  inner.member("ack_wait", config.ack_wait_ns).member("max_deliver", config.max_deliver);
  inner.member("max_ack_pending", config.max_ack_pending).member("replay_policy", "instant");
  return json::Object().member("stream_name", stream).object("config", inner).text();
}

std::string next_request(std::uint32_t batch, std::size_t max_bytes, Duration expires, Duration heartbeat) {
  json::Object object;
  object.member("batch", batch).member("expires", nanoseconds(expires));
  if (max_bytes > 0) {
    object.member("max_bytes", max_bytes);
  }
  if (heartbeat > Duration{0}) {
    object.member("idle_heartbeat", nanoseconds(heartbeat));
  }
  return object.text();
}

Result<PubAck> read_pub_ack(std::string_view payload) {
  PubAck ack;
  AnswerReader reader(payload);
  reader.members([&](std::string_view name, std::string_view value) {
    if (name == "stream") {
      ack.stream = reader.text(value);
    } else if (name == "seq") {
      reader.number(value, ack.sequence);
    } else if (name == "duplicate") {
      ack.duplicate = value == "true";
    } else if (name == "error") {
      ack.error = reader.api_error(value);
    }
  });
  if (reader.good() && !ack.error && !ack.stream.empty() && ack.duplicate && ack.sequence == 0) {
    // So a cluster before 2.12 says what newer ones give an error of its own: it knows the id, and stored nothing yet.
    ack.error = ApiError{kConflict, kInProcess, "the first copy is still being stored"};
  }
  if (!reader.good() || (!ack.error && (ack.stream.empty() || ack.sequence == 0))) {
    return error(ErrorCode::kInvalid, "expected a PubAck of JetStream: {\"stream\":…,\"seq\":…} or {\"error\":…}");
  }
  return ack;
}

std::optional<Delivery> read_delivery(std::string_view reply_subject) {
  constexpr std::size_t kFewest = 9;
  constexpr std::size_t kMost = 12;
  std::array<std::string_view, kMost> token;
  std::size_t count = 0;
  for (std::string_view rest = reply_subject; count < kMost;) {
    const std::size_t dot = rest.find('.');
    token[count++] = rest.substr(0, dot);
    if (dot == std::string_view::npos) {
      rest = {};
      break;
    }
    rest.remove_prefix(dot + 1);
    if (count == kMost) {
      return std::nullopt;
    }
  }
  if ((count != kFewest && count != kMost - 1 && count != kMost) || token[0] != "$JS" || token[1] != "ACK") {
    return std::nullopt;
  }
  // The longer forms have a domain and an account in front.
  const std::size_t at = count == kFewest ? 2 : 4;
  Delivery delivery{.stream = token[at], .consumer = token[at + 1]};
  std::uint64_t time = 0;
  const std::array<std::uint64_t*, 5> numbers = {&delivery.delivered, &delivery.stream_sequence,
                                                 &delivery.consumer_sequence, &time, &delivery.pending};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = json::number_in<std::uint64_t>(token[at + 2 + i]);
    if (!number) {
      return std::nullopt;
    }
    *numbers[i] = *number;
  }
  return delivery.stream.empty() || delivery.consumer.empty() ? std::nullopt : std::optional(delivery);
}

std::string nak(Duration delay) {
  return delay > Duration{0} ? cat("-NAK {\"delay\":", nanoseconds(delay), '}') : "-NAK";
}

bool takes(const std::vector<std::string>& patterns, std::string_view subject) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    std::string_view rest = subject;
    for (;;) {
      const std::size_t dot = pattern.find('.');
      const std::size_t end = rest.find('.');
      const std::string_view word = pattern.substr(0, dot);
      if (word == ">") {
        return true;
      }
      if (word != "*" && word != rest.substr(0, end)) {
        return false;
      }
      if (dot == std::string_view::npos || end == std::string_view::npos) {
        return dot == end;
      }
      pattern.remove_prefix(dot + 1);
      rest.remove_prefix(end + 1);
    }
  });
}

std::string_view find_header(std::string_view headers, std::string_view name) noexcept {
  constexpr std::string_view kLineEnd = "\r\n";
  std::size_t end = headers.find(kLineEnd);  // of the version line
  while (end != std::string_view::npos) {
    headers.remove_prefix(end + kLineEnd.size());
    end = headers.find(kLineEnd);
    const std::string_view line = headers.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && iequals(trimmed(line.substr(0, colon), kHeaderSpace), name)) {
      return trimmed(line.substr(colon + 1), kHeaderSpace);
    }
  }
  return {};
}

bool at_least(std::string_view version, std::string_view wanted) noexcept {
  const auto has = version_in(version);
  const auto needs = version_in(wanted);
  if (!has || !needs) {
    return false;
  }
  return has->number != needs->number ? has->number > needs->number : !has->pre_release || needs->pre_release;
}

}  // namespace respand::nats
