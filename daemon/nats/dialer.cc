#include "nats/dialer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "respand/base/text.h"

namespace respand::nats {

Dialer::Dialer(const std::string& host, std::uint16_t port, Poller& poller) : poller_(poller) {
  resolver_.emplace(host, port);
  poller_.watch(resolver_->fd(), EPOLLIN, false);
}

// Descriptors leave the poller's set as they are closed, but not one that the look-up's thread still holds.
Dialer::~Dialer() {
  if (resolver_) {
    poller_.forget(resolver_->fd());
  }
}

Dialer::Progress Dialer::fail(Failure failure, std::string detail) {
  failure_ = {failure, std::move(detail)};
  return Progress::kFailed;
}

Dialer::Progress Dialer::step(bool ready) {
  if (resolver_) {
    return resolve();
  }
  return ready ? check_connected() : Progress::kConnecting;
}

Dialer::Progress Dialer::resolve() {
  auto found = resolver_->take();
  if (!found) {
    return Progress::kResolving;
  }
  poller_.forget(resolver_->fd());
  resolver_.reset();
  if (!*found) {
    return fail(Failure::kResolve, found->error().message);
  }
  addresses_ = std::move(**found);
  return connect_to_next();
}

Dialer::Progress Dialer::connect_to_next() {
  while (next_ < addresses_.size()) {
    const SocketAddress& address = addresses_[next_++];
    socket_.reset(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) {
      return fail(Failure::kConnect, cat("no socket: ", std::strerror(errno)));
    }
    // What is sent was gathered for a turn; nothing is gained by holding it back further.
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_.get(), address.get(), address.size) == 0) {
      return Progress::kDone;
    }
    if (errno == EINPROGRESS) {
      poller_.watch(socket_.get(), EPOLLOUT, false);
      return Progress::kConnecting;
    }
    last_error_ = std::strerror(errno);
  }
  return fail(Failure::kConnect, cat("can't connect: ", last_error_));
}

Dialer::Progress Dialer::check_connected() {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) {
    code = errno;
  }
  if (code == 0) {
    return Progress::kDone;
  }
  last_error_ = std::strerror(code);
  return connect_to_next();
}

}  // namespace respand::nats
