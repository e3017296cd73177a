#pragma once
// Puller: asks a pull consumer for messages, one request at a time and no more than there is room for, and tells the
// messages from the consumer's words about the request (404, 408, 409, 100). The relay's thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/units.h"
#include "respand/nats/client.h"

namespace respand::fleet {

class Puller {
 public:
  static constexpr std::uint32_t kMostAsked = 64;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20;
  static constexpr Duration kExpires = std::chrono::seconds{30};
  static constexpr Duration kHeartbeat = std::chrono::seconds{5};
  // After so long a silence the request is taken for lost.
  static constexpr Duration kSilence = std::chrono::seconds{15};
  static constexpr Duration kFirstWait = std::chrono::milliseconds{250};
  static constexpr Duration kLongestWait = std::chrono::seconds{10};

  enum class Word : std::uint8_t {
    kMessage,  // it is a message of the stream
    kNothing,  // a heartbeat, or the request ended as it should
    kNobody,   // 503: nobody serves the consumer
    kTooMuch,  // the consumer allows less than a relay asks for: max_batch, max_bytes, max_expires
    kRefused,  // the request ended for another reason
  };

  // `client` is borrowed.
  Puller(std::string stream, std::string consumer, nats::Client& client);

  // Asks for up to `room` messages, where nothing is asked and no wait holds it back.
  void ask(std::uint32_t room, MonoTime now);
  // What has come on the subscription; `why` is set for kNobody and kRefused.
  [[nodiscard]] Word read(const nats::Message& message, MonoTime now, std::string& why);
  // The connection is gone, or is a new one.
  void restart();
  // When ask() has something to do; MonoTime::max(): not before there is a connection.
  [[nodiscard]] MonoTime due() const;
  [[nodiscard]] bool asks() const { return asked_ > 0; }

 private:
  void wait(MonoTime now);

  const std::string subject_;
  nats::Client& client_;
  const std::string inbox_;
  const std::uint64_t subscription_;
  std::uint32_t asked_ = 0;  // messages that may still come
  MonoTime heard_at_{};
  MonoTime ask_at_ = MonoTime::min();
  std::uint32_t step_ = 0;  // refusals in a row
};

}  // namespace respand::fleet
