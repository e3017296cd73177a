#include "app/page_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <set>

#include "respand/base/text.h"

namespace respand::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using beast::error_code;
using Pages = std::map<std::string, std::function<Page()>>;

// A scraper is on this host or next to it; whoever needs longer for a line of request is not one.
constexpr std::chrono::seconds kTimeout{10};
constexpr std::size_t kMaxRequest = 8192;

}  // namespace

struct PageServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, Pages p) : loop(io), pages(std::move(p)), acceptor(io), pause(io) {}

  class Session : public std::enable_shared_from_this<Session> {
   public:
    Session(std::shared_ptr<Impl> server, tcp::socket socket) : server_(std::move(server)), stream_(std::move(socket)) {
      server_->sessions.insert(this);
    }
    ~Session() { server_->sessions.erase(this); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void read() {
      parser_.emplace();
      parser_->header_limit(kMaxRequest);
      parser_->body_limit(kMaxRequest);
      stream_.expires_after(kTimeout);
      http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code failure, std::size_t) {
        if (!failure) {
          self->answer();
        }
      });
    }
    void close() { stream_.close(); }

   private:
    void answer() {
      const auto& request = parser_->get();
      const std::string_view target(request.target().data(), request.target().size());
      const bool readable = request.method() == http::verb::get || request.method() == http::verb::head;
      const auto page = server_->pages.find(std::string(target.substr(0, target.find('?'))));
      Page content = !readable                      ? Page{405, "text/plain", "only GET\n"}
                     : page == server_->pages.end() ? Page{404, "text/plain", "no such page\n"}
                                                    : page->second();
      response_ = {static_cast<http::status>(content.status), request.version()};
      response_.set(http::field::content_type, content.type);
      response_.set(http::field::cache_control, "no-store");
      response_.keep_alive(request.keep_alive());
      response_.body() = std::move(content.body);
      response_.prepare_payload();
      if (request.method() == http::verb::head) {
        response_.body().clear();
      }
      stream_.expires_after(kTimeout);
      http::async_write(stream_, response_, [self = shared_from_this()](error_code failure, std::size_t) {
        if (!failure && self->response_.keep_alive()) {
          self->read();
        }
      });
    }

    std::shared_ptr<Impl> server_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_{2 * kMaxRequest};
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
  };

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code failure, tcp::socket socket) {
      if (!self->acceptor.is_open()) {
        return;
      }
      if (failure) {
        // Out of descriptors, most likely: try again a little later, not in a spin.
        self->pause.expires_after(std::chrono::milliseconds{100});
        self->pause.async_wait([self](error_code stopped) {
          if (!stopped && self->acceptor.is_open()) {
            self->accept();
          }
        });
        return;
      }
      if (self->sessions.size() < kMaxConnections) {
        std::make_shared<Session>(self, std::move(socket))->read();
      }
      self->accept();
    });
  }

  asio::io_context& loop;
  Pages pages;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::set<Session*> sessions;
};

PageServer::PageServer(asio::io_context& loop, Pages pages) : impl_(std::make_shared<Impl>(loop, std::move(pages))) {}

PageServer::~PageServer() { stop(); }

Status PageServer::start(const std::string& host, std::uint16_t port) {
  error_code failure;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failure);
  const std::string where = cat("metrics.listen ", host, ":", port);
  if (failure) {
    return error(ErrorCode::kInvalid, cat(where, ": not an IP address"));
  }
  auto& acceptor = impl_->acceptor;
  const tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), failure);
  if (!failure) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  }
  if (!failure) {
    acceptor.bind(endpoint, failure);
  }
  if (!failure) {
    acceptor.listen(asio::socket_base::max_listen_connections, failure);
  }
  if (failure) {
    return os_error(failure.value(), where);
  }
  impl_->accept();
  return {};
}

std::uint16_t PageServer::port() const {
  error_code failure;
  const auto endpoint = impl_->acceptor.local_endpoint(failure);
  return failure ? std::uint16_t{0} : endpoint.port();
}

void PageServer::stop() {
  error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->pause.cancel();
  for (Impl::Session* session : impl_->sessions) {
    session->close();
  }
}

}  // namespace respand::app
