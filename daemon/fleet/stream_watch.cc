#include "fleet/stream_watch.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "respand/base/text.h"

namespace respand::fleet {
namespace {

constexpr std::size_t kFraction = 19;  // where the point or the zone stands

// The digits at `at` of a time; -1 where they are none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = -1;
  const char* const begin = text.data() + at;
  const auto [end, failure] = std::from_chars(begin, begin + count, number);
  return failure == std::errc{} && end == begin + count && number >= 0 ? number : -1;
}

}  // namespace

std::optional<WallTime> time_of(std::string_view text) {
  using namespace std::chrono;
  if (text.size() <= kFraction || text[4] != '-' || text[10] != 'T' || text[13] != ':') {
    return std::nullopt;
  }
  const year_month_day day{year{digits(text, 0, 4)}, month{static_cast<unsigned>(digits(text, 5, 2))},
                           std::chrono::day{static_cast<unsigned>(digits(text, 8, 2))}};
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (!day.ok() || hour < 0 || minute < 0 || second < 0) {
    return std::nullopt;
  }
  WallTime time = WallTime{sys_days{day}.time_since_epoch()} + hours{hour} + minutes{minute} + seconds{second};
  std::string_view rest = text.substr(kFraction);
  if (rest.starts_with('.')) {
    rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  }
  if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-')) {
    const int offset = digits(rest, 1, 2) * 60 + digits(rest, 4, 2);
    time += rest[0] == '+' ? minutes{-offset} : minutes{offset};
  }
  return time;
}

StreamGauges::StreamGauges(metrics::Registry& registry)
    : messages_(registry.gauge("respand_nats_stream_messages", "Messages in the NATS stream")),
      bytes_(registry.gauge("respand_nats_stream_bytes", "Bytes of the messages in the NATS stream")),
      max_bytes_(registry.gauge("respand_nats_stream_max_bytes",
                                "The most bytes that the NATS stream may hold; 0: it has no limit of its own")),
      oldest_(registry.gauge("respand_nats_stream_oldest_seconds",
                             "How long the oldest message of the NATS stream has waited")) {}

void StreamGauges::set(const std::optional<StreamDepth>& depth, WallTime now) const {
  messages_.set(depth ? static_cast<double>(depth->messages) : 0);
  bytes_.set(depth ? static_cast<double>(depth->bytes) : 0);
  max_bytes_.set(depth ? static_cast<double>(depth->max_bytes) : 0);
  const Duration age = depth && depth->oldest ? now - *depth->oldest : Duration{0};
  oldest_.set(std::chrono::duration<double>(std::max(Duration{0}, age)).count());
}

StreamWatch::StreamWatch(std::string_view stream, Requirements require, nats::Client& client)
    : require_(std::move(require)),
      client_(client),
      request_(nats::stream_info_subject(stream), kInterval, kIdBit, client) {}

void StreamWatch::step(MonoTime now, StreamMark mark) {
  if (request_.step(now)) {
    mark_ = mark;
  }
}

bool StreamWatch::answered(const nats::Reply& reply, MonoTime now) {
  const auto payload = request_.answered(reply, now);
  if (!payload) {
    return false;
  }
  auto answer = nats::read_stream_info(*payload);
  if (!answer) {
    return false;
  }
  missing_ = answer->error && answer->error->err_code == nats::kNoSuchStream;
  if (answer->error) {
    return false;
  }
  info_ = std::move(answer->value);
  return true;
}

// A stream that lets old messages go, by age or to make room, loses what it has acknowledged.
std::string StreamWatch::unmet() const {
  std::string out;
  const auto add = [&out](const std::string& what) { out += cat(out.empty() ? "" : "; ", what); };
  const nats::State& state = client_.state();
  if (!state.info.version.empty() && !require_.server.empty() && !nats::at_least(state.info.version, require_.server)) {
    add(cat("the server is of version ", printable(state.info.version, 32), ", below nats.require.server (",
            require_.server, ")"));
  }
  if (!info_) {
    return out;
  }
  const nats::StreamConfig& config = info_->config;
  if (config.replicas < require_.replicas) {
    add(cat("the stream has ", config.replicas, config.replicas == 1 ? " replica" : " replicas",
            ", fewer than nats.require.replicas (", require_.replicas, ")"));
  }
  if (config.storage != "file") {
    add(cat("its storage is ", printable(config.storage, 16), ", not file"));
  }
  const bool limited = config.max_bytes > 0 || config.max_messages > 0;
  if (limited && config.discard != "new") {
    add("at its limit it discards old messages, not new ones");
  }
  if (config.max_messages_of_subject > 0 && !config.refuses_over_subject) {
    add("of each edge it keeps some messages only, and removes older ones (max_msgs_per_subject)");
  }
  if (config.no_ack) {
    add("it acknowledges nothing (no_ack)");
  }
  if (config.max_age_ns > 0) {
    add("it removes messages by their age (max_age)");
  }
  return out;
}

std::optional<StreamDepth> StreamWatch::depth() const {
  if (!info_) {
    return std::nullopt;
  }
  StreamDepth depth;
  depth.messages = info_->messages;
  depth.bytes = info_->bytes;
  depth.oldest = info_->messages > 0 ? time_of(info_->first_time) : std::nullopt;
  depth.replicas = info_->config.replicas;
  depth.leader = info_->leader;
  depth.max_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, info_->config.max_bytes));
  return depth;
}

}  // namespace respand::fleet
