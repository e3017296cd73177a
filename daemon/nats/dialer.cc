#include "nats/dialer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "respand/base/text.h"

namespace respand::nats {
namespace {

// More addresses than this of one name are not tried.
constexpr std::size_t kMostAddresses = 16;

}  // namespace

Dialer::Dialer(std::string host, std::uint16_t port, const Clock& clock, Poller& poller)
    : host_(std::move(host)), clock_(clock), poller_(poller) {
  lookup_.emplace(host_, port);
  poller_.watch(lookup_->fd(), EPOLLIN);
}

// Descriptors leave the poller's set as they are closed, but not one that the look-up's thread still holds.
Dialer::~Dialer() {
  if (lookup_) {
    poller_.forget(lookup_->fd());
  }
}

Dialer::Progress Dialer::fail(Failure failure, std::string detail) {
  failure_ = {failure, std::move(detail)};
  return Progress::kFailed;
}

Dialer::Progress Dialer::step(bool ready) {
  if (lookup_) {
    return resolve();
  }
  if (ready) {
    return check_connected();
  }
  if (clock_.mono() >= give_up_at_) {
    last_error_ = std::strerror(ETIMEDOUT);
    return connect_to_next();
  }
  return Progress::kConnecting;
}

Dialer::Progress Dialer::resolve() {
  auto found = lookup_->take();
  if (!found) {
    return Progress::kResolving;
  }
  poller_.forget(lookup_->fd());
  lookup_.reset();
  if (!*found) {
    return fail(Failure::kResolve, cat("can't resolve ", host_, ": ", found->error().message));
  }
  addresses_ = std::move(**found);
  addresses_.resize(std::min(addresses_.size(), kMostAddresses));
  return connect_to_next();
}

Dialer::Progress Dialer::connect_to_next() {
  give_up_at_ = MonoTime::max();
  while (next_ < addresses_.size()) {
    const SocketAddress& address = addresses_[next_++];
    socket_.reset(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
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
      poller_.watch(socket_.get(), EPOLLOUT);
      give_up_at_ = next_ < addresses_.size() ? clock_.mono() + kNextAddressAfter : MonoTime::max();
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
