#pragma once
// Connection: one connection to one server, from the look-up of its name to its end: TCP, INFO, TLS, CONNECT, the first
// PONG, then messages, with PINGs through silence. It makes no second try; that is NatsClient. The owner's thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nats/address.h"
#include "nats/channel.h"
#include "nats/connection_failure.h"
#include "nats/dialer.h"
#include "nats/greeting.h"
#include "nats/keep_alive.h"
#include "respand/base/clock.h"
#include "respand/base/poller.h"

namespace respand::nats {

// What to connect to.
struct Server {
  Address address;
  std::vector<std::string> other_names;  // that its certificate may be for, besides that of the address
};

class Connection {
 public:
  enum class Phase : std::uint8_t {
    kDialing,
    kGreeting,        // INFO is to come
    kHandshake,       // TLS
    kAuthenticating,  // CONNECT was sent
    kUp,
    kFailed,  // failure() says why
  };

  // Begins. `target`, `clock` and `poller` are borrowed.
  Connection(const Target& target, Server server, const Clock& clock, Poller& poller);

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] const ConnectionFailure& failure() const { return failure_; }
  // As the server's last INFO says. Requires: there was one.
  [[nodiscard]] const Greeting& greeting() const { return *greeting_; }
  // What the server last refused to let us do, though it keeps the connection.
  struct Denial {
    std::string words;        // the server's; empty: nothing was refused
    std::string subject;      // that they name
    std::uint64_t count = 0;  // how often something was
  };
  [[nodiscard]] const Denial& denied() const { return denied_; }
  // Whether greeting() or denied() has changed since this was asked last.
  [[nodiscard]] bool take_news() { return std::exchange(news_, false); }

  // Goes on. `ready`: the poller has said so of this connection. Ends the life of the views that next() gave.
  void step(bool ready);
  // The next message of those that step() has read; none: there is none.
  [[nodiscard]] const ReceivedMessage* next();
  // When step() is to be called though nothing comes; MonoTime::min(): at once.
  [[nodiscard]] MonoTime due() const;

  // What is to be sent, and sending it. Requires: phase() is kUp.
  [[nodiscard]] std::string& out() { return channel_->out(); }
  void flush() { channel_->flush(); }
  [[nodiscard]] std::size_t unsent() const { return channel_ ? channel_->unsent() : 0; }

 private:
  void fail(Failure kind, std::string detail);
  void dial(bool ready);
  void greet();
  void take_greeting();
  void begin_tls();
  void shake_hands();
  void authenticate();
  void await_pong();
  [[nodiscard]] bool fill();
  [[nodiscard]] bool take_control(Event event);
  void take_info();
  void take_error(std::string_view text);
  void keep_alive();

  const Target& target_;
  const Clock& clock_;
  Poller& poller_;
  const Server server_;
  const MonoTime deadline_;  // until it has to be up
  Phase phase_ = Phase::kDialing;
  ConnectionFailure failure_;
  MonoTime connected_at_{};
  std::string said_;  // the server's last -ERR
  Denial denied_;
  bool news_ = false;
  Dialer dialer_;
  std::optional<Channel> channel_;
  std::optional<Greeting> greeting_;
  KeepAlive silence_;
};

}  // namespace respand::nats
