#include "http/dialer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace respand::http {
namespace {

void turn_on(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

// The addresses with the two families by turns, each in its own order; the family of the first one begins.
SocketAddresses interleaved(const SocketAddresses& all) {
  SocketAddresses mixed;
  SocketAddresses others;
  for (const SocketAddress& address : all) {
    (address.bytes.ss_family == all.front().bytes.ss_family ? mixed : others).push_back(address);
  }
  std::size_t place = 1;
  for (const SocketAddress& address : others) {
    mixed.insert(mixed.begin() + static_cast<std::ptrdiff_t>(std::min(place, mixed.size())), address);
    place += 2;
  }
  return mixed;
}

}  // namespace

Dialer::Dialer(const SocketAddresses& addresses, Poller& poller, MonoTime now)
    : poller_(poller), addresses_(interleaved(addresses)), why_("no address") {
  try_next(now);
}

Dialer::~Dialer() {
  for (const UniqueFd& attempt : attempts_) {
    poller_.forget(attempt.get());
  }
}

bool Dialer::owns(int fd) const {
  return std::any_of(attempts_.begin(), attempts_.end(), [fd](const UniqueFd& one) { return one.get() == fd; });
}

// Begins with the next address that lets itself be begun with.
void Dialer::try_next(MonoTime now) {
  while (next_ < addresses_.size()) {
    const SocketAddress& address = addresses_[next_++];
    UniqueFd fd(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd) {
      turn_on(fd.get(), IPPROTO_TCP, TCP_NODELAY);
      turn_on(fd.get(), SOL_SOCKET, SO_KEEPALIVE);
      if (::connect(fd.get(), address.get(), address.size) == 0 || errno == EINPROGRESS) {
        poller_.watch(fd.get(), EPOLLOUT);
        attempts_.push_back(std::move(fd));
        next_at_ = now + kHeadStart;
        return;
      }
    }
    why_ = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is safe for known numbers
  }
}

void Dialer::end(std::size_t attempt) {
  poller_.forget(attempts_[attempt].get());
  attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(attempt));
}

void Dialer::on_event(int fd, MonoTime now) {
  const auto found =
      std::find_if(attempts_.begin(), attempts_.end(), [fd](const UniqueFd& one) { return one.get() == fd; });
  if (found == attempts_.end() || connected_) {
    return;
  }
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure == 0) {
    connected_ = std::move(*found);
    attempts_.erase(found);
    return;
  }
  why_ = std::strerror(failure);  // NOLINT(concurrency-mt-unsafe)
  end(static_cast<std::size_t>(found - attempts_.begin()));
  try_next(now);
}

MonoTime Dialer::due() const { return next_ < addresses_.size() && !connected_ ? next_at_ : MonoTime::max(); }

void Dialer::on_timer(MonoTime now) {
  if (now >= due()) {
    try_next(now);
  }
}

UniqueFd Dialer::take() { return std::move(connected_); }

}  // namespace respand::http
