#include "respand/net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace respand::net {
namespace {

// How many connections are accepted before other work of the loop gets its turn.
constexpr int kAcceptsATurn = 64;
// At the end, more than any listen queue holds (net.core.somaxconn is 4096 by default).
constexpr int kAcceptsAtEnd = 8192;
// While the process has no descriptor left the socket stays readable. It is looked at again after this time, when a
// connection may have closed.
constexpr Duration kPause = std::chrono::milliseconds{100};

}  // namespace

Listener::Listener(Loop& loop, UniqueFd socket, Transport transport, Calls calls)
    : transport_(transport),
      calls_(std::move(calls)),
      watcher_(loop, std::move(socket), [this] { on_readable(); }),
      again_(loop, [this] { watcher_.when_readable(); }) {}

Status Listener::start() {
  if (!watcher_.ok()) {
    return error(ErrorCode::kIo, "the event loop can't watch a listening socket");
  }
  watcher_.when_readable();
  return {};
}

Listener::Accepted Listener::accept_one() {
  UniqueFd socket(::accept4(watcher_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket) {
    if (transport_ == Transport::kTcp) {
      const int on =
          1;  // An answer is one small write that must not wait for another; a peer that is gone is to be found out.
      static_cast<void>(::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
      static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
    }
    calls_.accepted(std::move(socket));
    return Accepted::kOne;
  }
  const int failed = errno;
  switch (failed) {
    case EAGAIN:
      return Accepted::kNone;
    case ECONNABORTED:  // These mean that this one connection is gone (accept(2)): the next one follows.
    case EINTR:
    case EPERM:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EOPNOTSUPP:
      return Accepted::kOne;
    default:  // No descriptor or no memory left, most likely.
      calls_.failed(failed);
      return Accepted::kFailed;
  }
}

void Listener::on_readable() {
  for (int n = 0; n < kAcceptsATurn; ++n) {
    switch (accept_one()) {
      case Accepted::kOne:
        continue;
      case Accepted::kNone:
        break;
      case Accepted::kFailed:
        again_.set(kPause);
        return;
    }
    break;
  }
  watcher_.when_readable();
}

void Listener::accept_rest() {
  for (int n = 0; n < kAcceptsAtEnd && accept_one() == Accepted::kOne; ++n) {
  }
}

}  // namespace respand::net
