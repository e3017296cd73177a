#include "app/page_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <set>
#include <utility>

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/http1/trust.h"
#include "respand/net/bind.h"
#include "respand/net/path_watch.h"

namespace respand::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
using Protocol = asio::generic::stream_protocol;
using Socket = Protocol::socket;
using beast::error_code;

// Who asks is on this host or next to it; whoever needs longer for a line of request is not one.
constexpr std::chrono::seconds kTimeout{10};
constexpr std::size_t kMaxRequest = 8192;
// What a browser may do with a page: nothing but what is ours, in no frame, without a script or style inside the page.
constexpr std::array<std::pair<const char*, const char*>, 4> kGuards{{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
}};
constexpr std::size_t kStreamPiece = std::size_t{64} << 10;

// Nothing where the kernel does not tell.
std::optional<Caller> caller_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) {
    return std::nullopt;
  }
  return Caller{peer.pid, peer.uid};
}

}  // namespace

struct PageServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, Pages p) : loop(io), pages(std::move(p)), acceptor(io), pause(io) {}

  class Session : public std::enable_shared_from_this<Session> {
   public:
    Session(std::shared_ptr<Impl> server, Socket socket, const Caller& caller)
        : server_(std::move(server)), caller_(caller), stream_(std::move(socket)) {
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
      waits_since_ = system_clock().mono();
      read_on();
    }
    // Since when it has waited for a request; nothing while one is answered.
    [[nodiscard]] std::optional<MonoTime> waits_since() const { return waits_since_; }
    void close() {
      waits_since_.reset();
      source_.reset();
      stream_.close();
    }

   private:
    // Line ends in front of a request are skipped (RFC 9112, 2.2).
    void read_on() {
      while (buffer_.size() > 0) {
        const char first = *static_cast<const char*>(buffer_.data().data());
        if (first != '\r' && first != '\n') {
          break;
        }
        buffer_.consume(1);
      }
      if (buffer_.size() == 0) {
        stream_.async_read_some(buffer_.prepare(kMaxRequest),
                                [self = shared_from_this()](error_code failure, std::size_t size) {
                                  if (!failure) {
                                    self->buffer_.commit(size);
                                    self->read_on();
                                  }
                                });
        return;
      }
      beast_http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code failure, std::size_t) {
        if (!failure) {
          self->waits_since_.reset();
          self->answer();
        }
      });
    }
    [[nodiscard]] Page page() const {
      const auto& request = parser_->get();
      if (const auto hosts = request.count(beast_http::field::host);
          hosts > 1 || (hosts == 0 && request.version() >= 11)) {
        return {400, "text/plain", "a request has one Host header\n"};
      }
      if (const auto host = request[beast_http::field::host];
          server_->checks_host && request.version() >= 11 &&
          !http1::is_known_host(server_->trust, {host.data(), host.size()})) {
        return {421, "text/plain", "this host is none of respand's: name it in http.hosts\n"};
      }
      const std::string_view target(request.target().data(), request.target().size());
      const std::string_view path = target.substr(0, target.find('?'));
      const std::string_view method(request.method_string().data(), request.method_string().size());
      if (const auto found = server_->pages.find(cat(method == "HEAD" ? "GET" : method, " ", path));
          found != server_->pages.end()) {
        const std::string_view query = target.substr(std::min(target.size(), path.size() + 1));
        return found->second({caller_, query, request.body()});
      }
      const bool other_method = std::any_of(server_->pages.begin(), server_->pages.end(), [&](const auto& entry) {
        return std::string_view(entry.first).substr(entry.first.find(' ') + 1) == path;
      });
      return other_method ? Page{405, "text/plain", "not with this method\n"}
                          : Page{404, "text/plain", cat("no such page: there is ", server_->page_list(), "\n")};
    }
    void answer() {
      Page content = page();
      if (content.later) {
        stream_.expires_never();
        content.later([self = shared_from_this()](Page made) { self->reply(std::move(made)); });
      } else {
        reply(std::move(content));
      }
    }
    void reply(Page content) {
      if (content.stream != nullptr && parser_->get().method() != beast_http::verb::head) {
        begin_stream(content);
        return;
      }
      const auto& request = parser_->get();
      response_ = {static_cast<beast_http::status>(content.status), request.version()};
      response_.set(beast_http::field::content_type, content.type);
      response_.set(beast_http::field::cache_control, "no-store");
      for (const auto& [name, value] : kGuards) {
        response_.set(name, value);
      }
      response_.keep_alive(request.keep_alive());
      response_.body() = std::move(content.body);
      response_.prepare_payload();
      if (request.method() == beast_http::verb::head) {
        response_.body().clear();
      }
      stream_.expires_after(kTimeout);
      beast_http::async_write(stream_, response_, [self = shared_from_this()](error_code failure, std::size_t) {
        if (!failure && self->response_.keep_alive()) {
          self->read();
        }
      });
    }

    void begin_stream(const Page& content) {
      stream_.expires_never();
      source_ = content.stream;
      source_->start([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
          self->go_on();
        }
      });
      text_ = cat("HTTP/1.1 200 OK\r\nContent-Type: ", content.type,
                  "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
      // Whoever streams has nothing more to say: what comes, most likely the end, ends it.
      stream_.async_read_some(asio::buffer(&ignored_, 1),
                              [self = shared_from_this()](error_code, std::size_t) { self->close(); });
      send();
    }
    void go_on() {
      if (sending_ || source_ == nullptr) {
        return;
      }
      source_->take(text_, kStreamPiece);
      if (!text_.empty()) {
        send();
      }
    }
    void send() {
      sending_ = true;
      asio::async_write(stream_, asio::buffer(text_), [self = shared_from_this()](error_code failure, std::size_t) {
        self->sending_ = false;
        self->text_.clear();
        if (failure) {
          self->close();
        } else {
          self->go_on();
        }
      });
    }

    std::shared_ptr<Impl> server_;
    const Caller caller_;
    beast::basic_stream<Protocol> stream_;
    beast::flat_buffer buffer_{2 * kMaxRequest};
    std::optional<beast_http::request_parser<beast_http::string_body>> parser_;
    beast_http::response<beast_http::string_body> response_;
    std::shared_ptr<Stream> source_;  // while it streams
    std::optional<MonoTime> waits_since_;
    std::string text_;
    char ignored_ = 0;
    bool sending_ = false;
  };

  // "GET /healthz, GET /readyz".
  [[nodiscard]] std::string page_list() const {
    std::string list;
    for (const auto& [name, page] : pages) {
      list += cat(list.empty() ? "" : ", ", name);
    }
    return list;
  }

  // Also in place of one whose file is gone.
  [[nodiscard]] Status bind(const std::string& path, std::uint32_t mode) {
    auto bound = net::UnixSocket::bind(path, net::SocketType::kStream, mode, {});
    if (!bound) {
      return std::move(bound).error();
    }
    error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    unix_socket = std::move(*bound);
    return listen(unix_socket.take_fd(), AF_UNIX);
  }

  // Takes a listening socket and begins to accept.
  [[nodiscard]] Status listen(UniqueFd socket, int family) {
    error_code failure;
    acceptor.assign(Protocol(family, 0), socket.get(), failure);
    if (failure) {
      return os_error(failure.value(), "listen");
    }
    static_cast<void>(socket.release());
    accept();
    return {};
  }

  [[nodiscard]] bool admits(const std::optional<Caller>& caller) {
    if (!only_us || (caller && (caller->uid == 0 || caller->uid == ::geteuid()))) {
      return true;
    }
    if (refused.open(system_clock().mono())) {
      log::warning("the control socket answers only root and the daemon's own user",
                   {{"uid", caller ? static_cast<std::uint64_t>(caller->uid) : 0}, {"held_back", refused.held_back()}});
    }
    return false;
  }

  // Where all places are taken, who has waited longest without asking for anything gives way.
  [[nodiscard]] bool make_room() {
    if (sessions.size() < max_connections) {
      return true;
    }
    Session* longest = nullptr;
    for (Session* session : sessions) {
      if (session->waits_since() && (longest == nullptr || *session->waits_since() < *longest->waits_since())) {
        longest = session;
      }
    }
    if (longest == nullptr) {
      return false;
    }
    longest->close();
    return true;
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code failure, Socket socket) {
      if (!self->acceptor.is_open() || failure == asio::error::operation_aborted) {
        return;  // closed, or another socket is accepted from by now
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
      const auto caller = self->only_us ? caller_of(socket.native_handle()) : std::nullopt;
      if (self->admits(caller) && self->make_room()) {
        std::make_shared<Session>(self, std::move(socket), caller.value_or(Caller{}))->read();
      }
      self->accept();
    });
  }

  asio::io_context& loop;
  Pages pages;
  asio::basic_socket_acceptor<Protocol> acceptor;
  asio::steady_timer pause;
  std::set<Session*> sessions;
  std::size_t max_connections = kMaxConnections;
  bool only_us = false;
  bool checks_host = false;
  http1::HttpTrust trust;
  log::LogThrottle refused;
  net::UnixSocket unix_socket;  // keeps the path
  std::optional<net::PathWatch> file;
  log::LogThrottle lost;
  std::uint16_t port = 0;
};

PageServer::PageServer(asio::io_context& loop, Pages pages) : impl_(std::make_shared<Impl>(loop, std::move(pages))) {}

PageServer::~PageServer() { stop(); }

Status PageServer::start(const std::string& host, std::uint16_t port) {
  auto socket = net::listen_tcp(host, port);
  if (!socket) {
    return std::move(socket).fail(cat("metrics.listen ", host, ":", port));
  }
  impl_->port = net::port_of(socket->get());
  impl_->checks_host = net::is_loopback(socket->get());
  return impl_->listen(std::move(*socket), host.find(':') == std::string::npos ? AF_INET : AF_INET6);
}

Status PageServer::start_private(const std::string& path, std::uint32_t mode) {
  impl_->only_us = true;
  Status bound = impl_->bind(path, mode);
  if (!bound) {
    return std::move(bound).fail("control.path");
  }
  impl_->file.emplace(impl_->loop);
  impl_->file->add(
      path, [impl = impl_.get()] { return impl->unix_socket.in_place(); },
      [impl = impl_.get(), path, mode] {
        const Status again = impl->bind(path, mode);
        if (again) {
          log::warning("the file of the control socket was taken away: bound again", {{"path", path}});
        } else if (impl->lost.open(system_clock().mono())) {
          log::warning("the file of the control socket was taken away, and it can't be bound again",
                       {{"path", path}, {"why", again.error().message}});
        }
        return static_cast<bool>(again);
      });
  return {};
}

void PageServer::know_hosts(std::vector<std::string> hosts) { impl_->trust.hosts = std::move(hosts); }

void PageServer::set_most(std::size_t connections) { impl_->max_connections = std::min(connections, kMaxConnections); }

std::uint16_t PageServer::port() const { return impl_->port; }

void PageServer::stop() {
  error_code ignored;
  impl_->file.reset();
  impl_->acceptor.close(ignored);
  impl_->unix_socket.remove();
  impl_->pause.cancel();
  for (Impl::Session* session : impl_->sessions) {
    session->close();
  }
}

}  // namespace respand::app
