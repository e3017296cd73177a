#include "fleet/consumer_watch.h"

#include <utility>

#include "respand/base/text.h"

namespace respand::fleet {

ConsumerWatch::ConsumerWatch(std::string_view stream, std::string_view consumer, nats::Client& client)
    : request_(nats::consumer_info_subject(stream, consumer), kInterval, kIdBit, client) {}

// A relay pulls, and acknowledges each message; a message must not be given up after some tries.
void ConsumerWatch::answered(const nats::Reply& reply, MonoTime now) {
  const auto payload = request_.answered(reply, now);
  if (!payload) {
    return;
  }
  auto answer = nats::read_consumer_info(*payload);
  if (!answer) {
    return;
  }
  if (answer->error) {
    wrong_ = cat(printable(answer->error->description, 120), " (", answer->error->err_code,
                 "): `respand nats setup --apply` makes it");
    return;
  }
  info_ = std::move(answer->value);
  heard_at_ = now;
  const nats::ConsumerConfig& config = info_->config;
  wrong_ = config.push                       ? "it pushes messages; relays need one to pull from"
           : config.ack_policy != "explicit" ? "its ack_policy is not explicit"
           : config.headers_only             ? "it gives out headers only (headers_only), and no records"
           : config.filtered                 ? "it has a filter_subject, so messages of other edges never come"
           : config.max_deliver > 0          ? "its max_deliver gives messages up: it must be -1"
                                             : "";
}

Duration ConsumerWatch::ack_wait() const {
  const auto wait =
      info_ ? std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{info_->config.ack_wait_ns}) : Duration{0};
  return wait > Duration{0} ? wait : kUsualAckWait;
}

}  // namespace respand::fleet
