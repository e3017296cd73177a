#pragma once
// One connection of a PageServer: it reads requests one after the other and answers each with the page that its method
// and path name. io thread.

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "app/page_server.h"
#include "respand/base/units.h"
#include "respand/http1/request_reader.h"
#include "respand/http1/trust.h"

namespace respand::app {

class PageSession;

// What the sessions of one server share, and which of them there are.
struct PageSessions {
  PageServer::Pages pages;
  bool checks_host = false;  // a request must be for a host that `trust` knows
  http1::HttpTrust trust{};
  std::set<PageSession*> open{};
};

class PageSession : public std::enable_shared_from_this<PageSession> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  // It is among `all->open` as long as it lives.
  PageSession(std::shared_ptr<PageSessions> all, Socket socket, const Caller& caller);
  ~PageSession();
  PageSession(const PageSession&) = delete;
  PageSession& operator=(const PageSession&) = delete;

  void start() { wait_for_request(); }
  // Since when it has waited for a request; nothing while one is answered.
  [[nodiscard]] std::optional<MonoTime> waits_since() const { return waits_since_; }
  void close();

 private:
  void wait_for_request();
  void read();
  void receive();
  [[nodiscard]] Page page() const;
  void answer();
  void reply(const Page& content);
  void send_page(const Page& content, bool keep_alive);
  void on_page_sent(bool keep_alive);
  // Reads on behind a refused request until the client ends: closing at once could take the answer away from it.
  void drain();
  void begin_stream(const Page& content);
  void send_from_stream();
  void send();
  void limit_time();
  void unlimit_time();

  const std::shared_ptr<PageSessions> all_;
  const Caller caller_;
  Socket socket_;
  boost::asio::steady_timer time_limit_;  // for reading a request, or for writing an answer
  MonoTime deadline_ = MonoTime::max();   // when it is over
  http1::HttpRequestReader reader_;
  std::array<char, 8192> in_;
  std::string_view input_;  // bytes in in_ that the reader has not taken yet
  std::optional<MonoTime> waits_since_;
  std::shared_ptr<Stream> source_;  // while it streams
  std::string out_;
  bool sending_ = false;
};

}  // namespace respand::app
