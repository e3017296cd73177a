#include "app/page_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "app/page_session.h"
#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/net/bind.h"
#include "respand/net/path_watch.h"

namespace respand::app {
namespace {

namespace asio = boost::asio;
using Protocol = asio::generic::stream_protocol;
using boost::system::error_code;

// The process at the other end of a Unix socket; nothing where the kernel does not say.
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
  Impl(asio::io_context& io, Pages pages)
      : loop(io), sessions(new PageSessions{.pages = std::move(pages)}), acceptor(io), pause(io) {}

  // Binds the control socket, also again after its file was taken away.
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

  // Where all places are taken, the session that has waited longest without a request gives way.
  [[nodiscard]] bool make_room() {
    if (sessions->open.size() < max_connections) {
      return true;
    }
    PageSession* longest = nullptr;
    for (PageSession* session : sessions->open) {
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
    acceptor.async_accept([self = shared_from_this()](error_code failure, Protocol::socket socket) {
      if (!self->acceptor.is_open() || failure == asio::error::operation_aborted) {
        return;  // closed, or another socket is the one that accepts by now
      }
      if (failure) {
        // The process is out of descriptors, most likely: a short pause keeps this from spinning.
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
        std::make_shared<PageSession>(self->sessions, std::move(socket), caller.value_or(Caller{}))->start();
      }
      self->accept();
    });
  }

  asio::io_context& loop;
  const std::shared_ptr<PageSessions> sessions;
  asio::basic_socket_acceptor<Protocol> acceptor;
  asio::steady_timer pause;
  std::size_t max_connections = kMaxConnections;
  bool only_us = false;
  log::LogThrottle refused;
  net::UnixSocket unix_socket;  // owns the path of the control socket
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
  impl_->sessions->checks_host = net::is_loopback(socket->get());
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

void PageServer::know_hosts(std::vector<std::string> hosts) { impl_->sessions->trust.hosts = std::move(hosts); }

void PageServer::set_most(std::size_t connections) { impl_->max_connections = std::min(connections, kMaxConnections); }

std::uint16_t PageServer::port() const { return impl_->port; }

void PageServer::stop() {
  error_code ignored;
  impl_->file.reset();
  impl_->acceptor.close(ignored);
  impl_->unix_socket.remove();
  impl_->pause.cancel();
  for (PageSession* session : impl_->sessions->open) {
    session->close();
  }
}

}  // namespace respand::app
