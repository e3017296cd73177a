#pragma once
// H2Connection: one connection to the server, from its first packet to its last: dialer, TLS (where the URL is https),
// and the HTTP/2 session over it. It moves bytes when a socket has news and when flush() is called, so that all that
// the session has to say in a turn goes out in few TLS records and few calls of the system. Used by H2Engine; one
// thread.
//
// What holds: memory is bounded. It fills only what the socket has taken before, and reads only into what is passed on.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/channel.h"
#include "http/dialer.h"
#include "http/exchange.h"
#include "http/h2_route.h"
#include "http/h2_session.h"
#include "http/tls_context.h"
#include "respand/base/lookup.h"
#include "respand/base/poller.h"
#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::http {

class H2Connection {
 public:
  // Begins to connect. `tls` is null where the server is spoken to in the clear. All others are borrowed.
  H2Connection(const H2Route& route, std::shared_ptr<TlsContext> tls, const SocketAddresses& addresses, Poller& poller,
               Scratch& scratch, MonoTime now);
  H2Connection(const H2Connection&) = delete;
  H2Connection& operator=(const H2Connection&) = delete;

  [[nodiscard]] bool owns(int fd) const;
  // Works on the news of a socket that it owns.
  void on_event(int fd, MonoTime now);
  // Sends what is to be sent, as far as the socket takes it.
  void flush(MonoTime now);
  // When on_timer() is to be called at the latest.
  [[nodiscard]] MonoTime due() const;
  void on_timer(MonoTime now);

  // Exchanges that can be submitted at `now`: none before it is open, and none once it has lived for connection_life.
  [[nodiscard]] std::size_t room(MonoTime now);
  // False: the exchange can't begin here.
  [[nodiscard]] bool submit(Exchange& exchange, const std::vector<nghttp2_nv>& fields, MonoTime now);
  // An exchange has had no answer in its time: it is forgotten, and where nothing at all has come since it began, the
  // connection takes no more.
  void give_up(Exchange& exchange);
  [[nodiscard]] H2Session& session() { return session_; }
  // No more exchanges; it closes when those that it has are over.
  void leave() { session_.drain(); }

  [[nodiscard]] bool connecting() const { return state_ < State::kOpen; }
  [[nodiscard]] bool open() const { return state_ == State::kOpen; }
  [[nodiscard]] bool closed() const { return state_ == State::kClosed; }
  // Whether it ever took exchanges.
  [[nodiscard]] bool was_open() const { return was_open_; }
  // Why it is closed; kNone: in good order, or because the server chose HTTP/1.1.
  [[nodiscard]] Failure failure() const { return failure_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  // The server does not speak HTTP/2 here.
  [[nodiscard]] bool refused_h2() const { return refused_h2_; }

 private:
  enum class State : std::uint8_t { kDialing, kHandshaking, kSettling, kOpen, kClosed };

  void on_connected(MonoTime now);
  void receive(MonoTime now);
  [[nodiscard]] bool shake_hands(MonoTime now);
  void take(MonoTime now);
  void fill();
  void close_when_idle();
  void close(Failure failure, std::string why);

  const H2Route& route_;
  const MonoTime connect_by_;
  const MonoTime expires_;
  const Duration
      quiet_;  // so long nothing has come when the server is asked for a sign of life, and so long it has for it
  State state_ = State::kDialing;
  std::unique_ptr<Dialer> dialer_;
  std::shared_ptr<TlsContext> tls_;
  Channel channel_;
  H2Session session_;
  MonoTime heard_{};        // when something came last
  MonoTime waits_since_{};  // the same, or when it began to wait for an answer or for one to a PING
  Failure failure_ = Failure::kNone;
  std::string why_;
  bool was_open_ = false;
  bool refused_h2_ = false;
};

}  // namespace respand::http
