#include "nats/channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "respand/base/text.h"

namespace respand::nats {
namespace {

// Four records of TLS.
constexpr std::size_t kEncryptedAtOnce = 65536;
// Buffers that became larger than this are given back after so many writes that needed less: not at once, because pages
// that come and go cost more than what is copied into them.
constexpr std::size_t kUsualOut = 256U << 10;
constexpr unsigned kWhileOut = 64;

void shrink(std::string& buffer) {
  if (buffer.empty() && buffer.capacity() > kUsualOut) {
    buffer.shrink_to_fit();
  }
}

}  // namespace

Channel::Channel(UniqueFd socket, Poller& poller) : poller_(poller), socket_(std::move(socket)) {
  poller_.watch(socket_.get(), EPOLLIN, true);
}

void Channel::start_tls(const TlsContext& context, std::vector<std::string> names) {
  encrypted_.resize(kEncryptedAtOnce);
  tls_.emplace(context, std::move(names));
}

Channel::Fill Channel::receive(std::span<char> into, std::size_t& count) {
  const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), 0);
  count = got > 0 ? static_cast<std::size_t>(got) : 0;
  if (got > 0) {
    return Fill::kBytes;
  }
  if (got == 0) {
    return Fill::kClosed;
  }
  if (errno == EAGAIN || errno == EINTR) {
    return Fill::kNothing;
  }
  failure_ = {Failure::kClosed, cat("the connection broke: ", std::strerror(errno))};
  return Fill::kFailed;
}

Channel::Fill Channel::failed(TlsSession::Progress progress) {
  if (progress == TlsSession::Progress::kClosed) {
    return Fill::kClosed;
  }
  failure_ = tls_->failure();
  return Fill::kFailed;
}

TlsSession::Progress Channel::handshake() {
  std::size_t count = 0;
  const Fill got = receive(encrypted_, count);
  if (got == Fill::kBytes) {
    tls_->receive({encrypted_.data(), count});
  }
  const TlsSession::Progress progress = tls_->handshake();
  tls_->take_output(wire_);
  if (progress == TlsSession::Progress::kMore && (got == Fill::kClosed || got == Fill::kFailed)) {
    return TlsSession::Progress::kClosed;
  }
  if (progress == TlsSession::Progress::kFailed) {
    failure_ = tls_->failure();
  }
  return progress;
}

Channel::Fill Channel::fill() {
  if (tls_) {
    return fill_from_tls();
  }
  std::size_t count = 0;
  const Fill got = receive(reader_.room(), count);
  reader_.filled(count);
  return got;
}

Channel::Fill Channel::fill_from_tls() {
  std::size_t count = 0;
  Fill got = Fill::kNothing;
  if (!has_more_) {
    got = ended_ ? Fill::kClosed : receive(encrypted_, count);
    tls_->receive({encrypted_.data(), count});
    ended_ = ended_ || got == Fill::kClosed;
  }
  std::span<char> room = reader_.room();
  bool any = false;
  TlsSession::Progress progress = TlsSession::Progress::kDone;
  while (!room.empty() && progress == TlsSession::Progress::kDone) {
    progress = tls_->read(room, count);
    reader_.filled(count);
    room = room.subspan(count);
    any = any || count > 0;
  }
  has_more_ = room.empty();
  tls_->take_output(wire_);  // an answer of TLS itself, such as to a change of keys
  if (any) {
    return Fill::kBytes;  // what else there was is found again by the next call
  }
  const bool ended = progress == TlsSession::Progress::kClosed || progress == TlsSession::Progress::kFailed;
  return ended ? failed(progress) : got == Fill::kBytes ? Fill::kNothing : got;
}

// Only what is complete is encrypted, and only once the socket has taken what came before: so little is held twice.
void Channel::load_wire() {
  since_large_ = out_.size() > kUsualOut ? 0 : since_large_ + 1;
  wire_.clear();
  sent_ = 0;
  // One of the two is empty at a time, so each gets its turn.
  if (since_large_ > kWhileOut) {
    shrink(wire_);
    shrink(out_);
  }
  if (!tls_) {
    wire_.swap(out_);
    return;
  }
  if (!out_.empty()) {
    broken_ = !tls_->write(out_) || broken_;
    out_.clear();
  }
  tls_->take_output(wire_);
}

void Channel::send_wire() {
  while (is_blocked() && !broken_) {
    const ssize_t sent = ::send(socket_.get(), wire_.data() + sent_, wire_.size() - sent_, MSG_NOSIGNAL);
    if (sent >= 0) {
      sent_ += static_cast<std::size_t>(sent);
    } else if (errno != EINTR) {
      broken_ = errno != EAGAIN;
      return;
    }
  }
}

void Channel::flush() {
  send_wire();
  if (!is_blocked() && !broken_) {
    load_wire();
    send_wire();
  }
  if (broken_) {
    out_.clear();
    wire_.clear();
    sent_ = 0;
  }
  if (is_blocked() != watches_out_) {
    watches_out_ = is_blocked();
    poller_.watch(socket_.get(), watches_out_ ? EPOLLIN | EPOLLOUT : EPOLLIN, true);
  }
}

}  // namespace respand::nats
