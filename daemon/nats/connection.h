#pragma once
// Connection: one connection to one server, from the look-up of its name to its end: TCP, INFO, TLS, CONNECT, the first
// PONG, then messages, with PINGs through silence. It makes no second try; that is NatsClient. The owner's thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nats/address.h"
#include "nats/channel.h"
#include "nats/greeting.h"
#include "nats/resolver.h"
#include "respand/base/clock.h"
#include "respand/base/poller.h"

namespace respand::nats {

class Connection {
 public:
  // A turn without a byte for so long, right after the connection was made, means for a server with TLS that it wants
  // the handshake before it says anything.
  static constexpr Duration kQuietBeforeTls = std::chrono::seconds{1};

  // What to connect to. `other_names`: names that the server's certificate may be for, besides that of the address.
  struct Server {
    Address address;
    std::vector<std::string> other_names;
  };
  enum class Phase : std::uint8_t {
    kResolving,
    kConnecting,
    kGreeting,        // INFO is to come
    kHandshake,       // TLS
    kAuthenticating,  // CONNECT was sent
    kUp,
    kFailed,  // trouble() and detail() say why
  };

  // Begins. `target`, `clock` and `poller` are borrowed.
  Connection(const Target& target, Server server, const Clock& clock, Poller& poller);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] Trouble trouble() const { return trouble_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  [[nodiscard]] const Address& address() const { return server_.address; }
  // As the server's last INFO says. Requires: there was one.
  [[nodiscard]] const Greeting& greeting() const { return greeting_; }
  // Whether INFO came since this was asked last.
  [[nodiscard]] bool take_news() { return std::exchange(news_, false); }
  // What the server last refused to let us do, though it keeps the connection; empty: nothing.
  [[nodiscard]] const std::string& denied() const { return denied_; }

  // Goes on. `ready`: the poller has said so of this connection. Ends the life of the views that next() gave.
  void step(bool ready);
  // The next message of those that step() has read; none: there is none.
  [[nodiscard]] const ReceivedMessage* next();
  // When step() is to be called though nothing comes; MonoTime::min(): at once.
  [[nodiscard]] MonoTime due() const;

  // What is to be sent. Requires: phase() is kUp.
  [[nodiscard]] std::string& out() { return channel_->out(); }
  [[nodiscard]] std::size_t unsent() const { return channel_ ? channel_->unsent() : 0; }
  // Sends it, and has the poller tell when more can be sent.
  void flush();

 private:
  void fail(Trouble trouble, std::string detail);
  void resolve();
  void connect_to_next();
  void check_connected();
  void open_channel();
  void greet();
  void read_greeting_line();
  void begin_tls();
  void shake_hands();
  void authenticate();
  void await_pong();
  void read();
  [[nodiscard]] bool fill();
  [[nodiscard]] bool take_control(Event event);
  void take_info();
  void take_error(std::string_view text);
  void keep_alive();
  [[nodiscard]] bool wants_tls() const;
  void watch(int fd, std::uint32_t events);

  const Target& target_;
  const Clock& clock_;
  Poller& poller_;
  Server server_;
  Phase phase_ = Phase::kResolving;
  Trouble trouble_ = Trouble::kNone;
  std::string detail_;
  std::string said_;    // the server's last -ERR
  std::string denied_;  // the last one about permissions
  MonoTime deadline_;   // until it has to be up
  MonoTime connected_at_{};
  MonoTime heard_at_{};  // the last byte
  MonoTime pinged_at_{};
  bool pinged_ = false;  // without an answer so far
  bool news_ = false;
  bool greeted_ = false;

  std::optional<Resolver> resolver_;
  std::vector<SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  UniqueFd socket_;  // while it connects
  std::optional<Channel> channel_;
  Greeting greeting_;
  int watched_ = -1;
  std::uint32_t watched_events_ = 0;
};

}  // namespace respand::nats
