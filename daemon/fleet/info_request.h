#pragma once
// InfoRequest: one of the cluster's information requests (STREAM.INFO, CONSUMER.INFO), asked again and again: which is
// on its way, and when the next one is due. Used by StreamWatch and ConsumerWatch; the edge's or the relay's thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "respand/base/units.h"
#include "respand/nats/client.h"

namespace respand::fleet {

class InfoRequest {
 public:
  static constexpr Duration kTimeout = std::chrono::seconds{5};

  // Requests to `subject`, `interval` after the last answer, under ids with the bit `id_bit`. `client` is borrowed.
  InfoRequest(std::string subject, Duration interval, std::uint64_t id_bit, nats::Client& client)
      : subject_(std::move(subject)), interval_(interval), id_bit_(id_bit), client_(client) {}

  // Asks where that is due; whether it did.
  bool step(MonoTime now) {
    if (now < due()) {
      return false;
    }
    asked_ = true;
    client_.request(id_bit_ | ++asks_, subject_, {}, {}, kTimeout);
    return true;
  }
  // Asks again at once: the connection is a new one.
  void restart() { ask_at_ = MonoTime::min(); }
  // When step() has something to do; MonoTime::max(): not before an answer or a connection comes.
  [[nodiscard]] MonoTime due() const {
    return asked_ || client_.state().link != nats::Link::kUp ? MonoTime::max() : ask_at_;
  }
  // The payload, where this answers the last request.
  [[nodiscard]] std::optional<std::string_view> answered(const nats::Reply& reply, MonoTime now) {
    if (reply.id != (id_bit_ | asks_)) {
      return std::nullopt;
    }
    asked_ = false;
    ask_at_ = now + (reply.result == nats::ReplyResult::kBroken ? Duration{0} : interval_);
    return reply.result == nats::ReplyResult::kReply ? std::optional(reply.message.payload) : std::nullopt;
  }

 private:
  const std::string subject_;
  const Duration interval_;
  const std::uint64_t id_bit_;
  nats::Client& client_;
  bool asked_ = false;
  std::uint64_t asks_ = 0;
  MonoTime ask_at_ = MonoTime::min();
};

}  // namespace respand::fleet
