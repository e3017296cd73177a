#pragma once
// Small HTTP servers for people, scrapers and probes of this host: the pages of metrics.listen, and the control socket.
// Few connections, small requests, each answered within seconds or closed. io thread.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/result.h"

namespace boost::asio {
class io_context;
}

namespace respand::app {

// An answer that goes on for as long as somebody reads it. It is let go of when the connection ends.
class Stream {
 public:
  virtual ~Stream() = default;
  // `ready` is to be called, on the loop, when there is something to take after nothing was.
  virtual void start(std::function<void()> ready) = 0;
  // Appends what there is, up to about `most` bytes.
  virtual void take(std::string& out, std::size_t most) = 0;
};

struct Page {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body = {};
  std::shared_ptr<Stream> stream = nullptr;  // in place of a body
  // In place of all others: the page comes later, by `reply`, to be called on the loop.
  using Reply = std::function<void(Page)>;
  std::function<void(Reply reply)> later = nullptr;
};

// Who asks, as the kernel says; of a TCP connection nothing is known.
struct Caller {
  pid_t pid = 0;
  uid_t uid = 0;
};

class PageServer {
 public:
  // At most so many connections; where all are taken, the one that has waited longest without asking for anything gives
  // way.
  static constexpr std::size_t kMaxConnections = 64;

  // Views hold until the page is made.
  struct Request {
    Caller caller;
    std::string_view query;  // behind the target's question mark
    std::string_view body;
  };
  // What makes a page, called on the loop.
  using Make = std::function<Page(const Request& request)>;
  // By method and path: "GET /metrics". HEAD is answered as GET.
  using Pages = std::map<std::string, Make, std::less<>>;

  PageServer(boost::asio::io_context& loop, Pages pages);
  ~PageServer();
  // Listens on an IP address or "localhost"; port 0 picks one.
  [[nodiscard]] Status start(const std::string& host, std::uint16_t port);
  // Listens on a Unix socket with this mode. Only root and the process's own user are answered, whatever the mode says.
  [[nodiscard]] Status start_private(const std::string& path, std::uint32_t mode);
  // Names that a request over TCP may be for, beside loopback ones. Checked where it listens on a loopback address: a
  // name that a web page makes mean this host is none of them.
  void know_hosts(std::vector<std::string> hosts);
  // At most so many from now on, and never more than kMaxConnections.
  void set_most(std::size_t connections);
  // 0 for a Unix socket.
  [[nodiscard]] std::uint16_t port() const;
  // Closes the listener and the connections.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace respand::app
