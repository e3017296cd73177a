#pragma once
// ConsumerWatch: asks now and then what the consumer of the relays is (CONSUMER.INFO): how much waits, and how long a
// message may be held. The relay's thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/info_request.h"
#include "respand/base/units.h"
#include "respand/nats/client.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {

class ConsumerWatch {
 public:
  static constexpr Duration kInterval = std::chrono::seconds{10};
  static constexpr Duration kUsualAckWait = std::chrono::seconds{30};  // JetStream's default
  // Requests with this bit in their id, and not StreamWatch's, are those of a ConsumerWatch.
  static constexpr std::uint64_t kIdBit = std::uint64_t{1} << 62;

  // `client` is borrowed.
  ConsumerWatch(std::string_view stream, std::string_view consumer, nats::Client& client);

  // Asks where it is due.
  void step(MonoTime now) { request_.step(now); }
  // Asks again at once: the connection is a new one.
  void restart() { request_.restart(); }
  // When step() has something to do; MonoTime::max(): not before an answer or a connection comes.
  [[nodiscard]] MonoTime due() const { return request_.due(); }
  void answered(const nats::Reply& reply, MonoTime now);

  // What was said last; nothing before the first answer.
  [[nodiscard]] const std::optional<nats::ConsumerInfo>& info() const { return info_; }
  // When that was.
  [[nodiscard]] std::optional<MonoTime> heard_at() const { return heard_at_; }
  // What is wrong with the consumer, as one clause; empty: nothing, or it is not known.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  [[nodiscard]] Duration ack_wait() const;

 private:
  InfoRequest request_;
  std::optional<nats::ConsumerInfo> info_;
  std::optional<MonoTime> heard_at_;
  std::string wrong_;
};

}  // namespace respand::fleet
