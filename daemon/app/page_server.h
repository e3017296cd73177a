#pragma once
// The pages of metrics.listen: GET requests answered from functions. For scrapers and probes of this host: few
// connections, small requests, each answered within seconds or closed. io thread.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "respand/base/result.h"

namespace boost::asio {
class io_context;
}

namespace respand::app {

struct Page {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

class PageServer {
 public:
  // More connections than this are closed at once.
  static constexpr std::size_t kMaxConnections = 64;

  // `pages`: path -> what makes the page, called on the loop.
  PageServer(boost::asio::io_context& loop, std::map<std::string, std::function<Page()>> pages);
  ~PageServer();
  // Listens on an IP address or "localhost"; port 0 picks one.
  [[nodiscard]] Status start(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  // Closes the door and the connections.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace respand::app
