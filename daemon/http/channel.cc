#include "http/channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace respand::http {

void Channel::open(UniqueFd socket, std::unique_ptr<TlsStream> tls) {
  socket_ = std::move(socket);
  tls_ = std::move(tls);
  poller_.watch(socket_.get(), EPOLLIN);
}

void Channel::reset() {
  if (socket_) {
    poller_.forget(socket_.get());
    socket_.reset();
  }
}

Channel::Incoming Channel::receive() {
  ssize_t got = 0;
  do {
    got = ::recv(socket_.get(), scratch_.received.data(), scratch_.received.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) {
    return Incoming::kNothing;
  }
  if (got <= 0) {
    why_ = got == 0 ? "the server closed the connection"
                    : std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is safe for known numbers
    return Incoming::kGone;
  }
  const std::span bytes(scratch_.received.data(), static_cast<std::size_t>(got));
  if (tls_) {
    tls_->take(bytes);
  } else {
    clear_in_ = bytes;
  }
  // Where there is room left, another call would find nothing.
  return bytes.size() < scratch_.received.size() ? Incoming::kSome : Incoming::kMore;
}

TlsStream::Progress Channel::read(std::span<const std::uint8_t>& bytes) {
  using Progress = TlsStream::Progress;
  if (!tls_) {
    bytes = std::exchange(clear_in_, {});
    return bytes.empty() ? Progress::kMore : Progress::kDone;
  }
  std::size_t size = 0;
  const Progress progress = tls_->read(scratch_.plain, size);
  bytes = std::span(scratch_.plain).first(progress == Progress::kDone ? size : 0);
  if (progress == Progress::kClosed || progress == Progress::kFailed) {
    why_ = progress == Progress::kClosed ? "the server closed the connection" : tls_->why();
  }
  return progress;
}

std::string& Channel::to_write() {
  if (!tls_) {
    return clear_out_;
  }
  scratch_.to_send.clear();
  return scratch_.to_send;
}

bool Channel::write() {
  if (tls_ && !tls_->write(scratch_.to_send)) {
    why_ = tls_->why();
    return false;
  }
  return true;
}

bool Channel::send() {
  std::string& bytes = tls_ ? tls_->out() : clear_out_;
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t taken = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (taken < 0 && errno == EINTR) {
      continue;
    }
    if (taken < 0) {
      // An error that is more than a full buffer is told by the next recv(), too, behind what the server has said.
      break;
    }
    sent += static_cast<std::size_t>(taken);
  }
  progress_ = progress_ || sent > 0;
  bytes.erase(0, sent);
  if (socket_ && watches_writes_ == bytes.empty()) {
    watches_writes_ = !bytes.empty();
    poller_.watch(socket_.get(), watches_writes_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }
  return bytes.empty();
}

void Channel::close() {
  if (socket_ && tls_) {
    tls_->close();
    static_cast<void>(send());
  }
  reset();
}

}  // namespace respand::http
