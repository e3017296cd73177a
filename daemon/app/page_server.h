#pragma once
// Small HTTP servers for people, scrapers and probes of this host: the pages of metrics.listen, and the control socket.
// They have few connections with small requests; each is answered within seconds or closed (page_session.h). io thread.

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

// An answer that goes on for as long as somebody reads it. The connection releases it when it ends.
class Stream {
 public:
  virtual ~Stream() = default;
  // The stream calls `ready`, on the loop, when there is something to take again after take() found nothing.
  virtual void start(std::function<void()> ready) = 0;
  // Appends what is there, up to about `most` bytes.
  virtual void take(std::string& out, std::size_t most) = 0;
};

struct Page {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body = {};
  std::shared_ptr<Stream> stream = nullptr;  // in place of a body
  // If set, all other members mean nothing: the page comes later, by a call of `reply` on the loop.
  using Reply = std::function<void(Page)>;
  std::function<void(Reply reply)> later = nullptr;
};

// The process that asks, as the kernel says. Of a TCP connection nothing is known.
struct Caller {
  pid_t pid = 0;
  uid_t uid = 0;
};

class PageServer {
 public:
  // At most so many connections. Where all are taken, the one that has waited longest without a request gives way.
  static constexpr std::size_t kMaxConnections = 64;

  // Views hold until the page is made.
  struct Request {
    Caller caller;
    std::string_view query;  // behind the target's question mark
    std::string_view body;
  };
  // Makes a page. Called on the loop.
  using Make = std::function<Page(const Request& request)>;
  // By method and path: "GET /metrics". HEAD is answered as GET.
  using Pages = std::map<std::string, Make, std::less<>>;

  PageServer(boost::asio::io_context& loop, Pages pages);
  ~PageServer();
  // Listens on an IP address or "localhost"; port 0 picks one.
  [[nodiscard]] Status start(const std::string& host, std::uint16_t port);
  // Listens on a Unix socket with this mode. Only root and the process's own user are answered, whatever the mode says.
  [[nodiscard]] Status start_private(const std::string& path, std::uint32_t mode);
  // Names that the Host of a request over TCP may have, beside loopback names. They are checked where it listens on a
  // loopback address: a web page can make a name of its own mean this host, and that name is not among them.
  void know_hosts(std::vector<std::string> hosts);
  // The most connections from now on; kMaxConnections stays the upper limit.
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
