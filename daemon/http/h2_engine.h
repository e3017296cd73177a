#pragma once
// H2Engine: the requests to one target over HTTP/2: it spreads them over few connections with many streams each, begins
// connections when there are too few, and answers each request once. Where the server does not choose HTTP/2, it hands
// the requests back. Used by EngineClient, which waits for it; one thread.

#include <cstddef>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "http/channel.h"
#include "http/exchange.h"
#include "http/exchange_table.h"
#include "http/h2_connection.h"
#include "http/h2_route.h"
#include "http/h2_session.h"
#include "http/post.h"
#include "http/server_access.h"
#include "respand/base/clock.h"
#include "respand/base/poller.h"
#include "respand/http/client.h"

namespace respand::http {

class H2Engine {
 public:
  // `poller`, which the owner waits with, and `clock` are borrowed.
  H2Engine(H2Route route, Poller& poller, const Clock& clock);
  H2Engine(const H2Engine&) = delete;
  H2Engine& operator=(const H2Engine&) = delete;

  [[nodiscard]] const H2Route& route() const { return route_; }
  // Begins a request; nothing is sent before flush().
  void start(Post post);
  // Gives waiting requests to connections, and sends what all of them have to send.
  void flush(std::vector<Answer>& out);
  // Works on the news of a socket. False: it is not one of this engine's.
  [[nodiscard]] bool on_event(int fd, std::vector<Answer>& out);
  // When on_timer() is to be called; MonoTime::max(): never.
  [[nodiscard]] MonoTime due() const;
  void on_timer(std::vector<Answer>& out);

  // Requests that have to go by libcurl, because the server does not choose HTTP/2; the owner takes them away.
  [[nodiscard]] std::vector<Post>& handed_back() { return handed_back_; }
  // No requests come any more: connections close when theirs are over.
  void leave();
  [[nodiscard]] std::size_t in_flight() const { return exchanges_.size(); }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  // Requests that can be on the wire at once. More than the connections only once the server has chosen HTTP/2.
  [[nodiscard]] std::size_t capacity() const;

 private:
  using ConnectionPtr = std::unique_ptr<H2Connection>;
  void assign(MonoTime now, std::vector<Answer>& out);
  void connect_if_needed(MonoTime now, std::vector<Answer>& out);
  void take_addresses(MonoTime now, std::vector<Answer>& out);
  [[nodiscard]] std::size_t streams_each() const;
  void collect(H2Connection& connection, MonoTime now, std::vector<Answer>& out);
  void end(const H2Session::Ended& ended, MonoTime now, std::vector<Answer>& out);
  void remove_closed(MonoTime now, std::vector<Answer>& out);
  void on_closed(const H2Connection& connection, MonoTime now, std::vector<Answer>& out);
  void fail_waiting(Failure failure, std::string_view why, MonoTime now, std::vector<Answer>& out);
  void hand_back_waiting();
  void give_up(Exchange& exchange, MonoTime now, std::vector<Answer>& out);
  void answer(Exchange& exchange, Failure failure, std::string_view why, MonoTime now, std::vector<Answer>& out);
  void hand_back(Exchange& exchange);

  const H2Route route_;
  Poller& poller_;
  const Clock& clock_;
  H2Route::Fields fields_;
  const std::unique_ptr<Scratch> scratch_ = std::make_unique_for_overwrite<Scratch>();
  ExchangeTable exchanges_;
  std::deque<Exchange*> waiting_;  // of the exchanges, for a connection
  std::vector<Post> handed_back_;
  ServerAccess access_;
  MonoTime connect_again_{};       // not before, after one that failed beside good ones
  std::size_t streams_known_ = 0;  // that a connection takes at once; 0: nothing is known of the server
  std::vector<ConnectionPtr> connections_;
};

}  // namespace respand::http
