#include "http/h2_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "respand/base/text.h"

namespace respand::http {
namespace {

// As much is encrypted before the socket is asked to take it: four full TLS records.
constexpr std::size_t kTurn = 64 * 1024;
// So often within one call; then others have their turn.
constexpr int kTurns = 16;

Duration quiet_time(const Target& target) {
  return std::clamp<Duration>(target.request_timeout / 3, std::chrono::seconds{1}, std::chrono::seconds{10});
}

}  // namespace

H2Connection::H2Connection(const H2Route& route, std::shared_ptr<TlsContext> tls, const Addresses& addresses,
                           Poller& poller, H2Scratch& scratch, MonoTime now)
    : route_(route),
      poller_(poller),
      scratch_(scratch),
      connect_by_(now + route.target().connect_timeout),
      expires_(now + route.target().connection_life),
      quiet_(quiet_time(route.target())),
      dialer_(std::make_unique<Dialer>(addresses, poller, now)),
      tls_context_(std::move(tls)) {}

H2Connection::~H2Connection() {
  if (socket_) {
    poller_.forget(socket_.get());
  }
}

bool H2Connection::owns(int fd) const { return socket_.get() == fd || (dialer_ && dialer_->owns(fd)); }

void H2Connection::close(Failure failure, std::string why) {
  if (state_ == State::kClosed) {
    return;
  }
  if (tls_) {
    tls_->close();
    static_cast<void>(send_all());
  }
  if (socket_) {
    poller_.forget(socket_.get());
    socket_.reset();
  }
  dialer_.reset();
  state_ = State::kClosed;
  failure_ = failure;
  why_ = std::move(why);
}

void H2Connection::on_event(int fd, MonoTime now) {
  if (state_ != State::kDialing) {
    receive(now);
    return;
  }
  dialer_->on_event(fd, now);
  socket_ = dialer_->take();
  if (socket_) {
    dialer_.reset();
    on_connected(now);
  }
}

void H2Connection::on_connected(MonoTime now) {
  poller_.watch(socket_.get(), EPOLLIN, true);
  if (tls_context_) {
    tls_ = std::make_unique<TlsStream>(tls_context_, route_.url().host);
    state_ = State::kHandshaking;
    take_encrypted(now);  // says hello
  } else {
    state_ = State::kSettling;
  }
  flush(now);
}

void H2Connection::receive(MonoTime now) {
  for (int turn = 0; turn < kTurns && state_ != State::kClosed; ++turn) {
    const ssize_t got = ::recv(socket_.get(), scratch_.received.data(), scratch_.received.size(), 0);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EAGAIN) {
      return;
    }
    if (got <= 0) {
      const bool early = state_ == State::kHandshaking;
      const std::string gone =
          got == 0 ? "the server closed the connection" : std::strerror(errno);  // NOLINT(concurrency-mt-unsafe)
      close(early ? Failure::kConnect : Failure::kBroken, session_.why().empty() ? gone : session_.why());
      return;
    }
    heard_ = now;
    waits_since_ = now;
    take(static_cast<std::size_t>(got), now);
    if (static_cast<std::size_t>(got) < scratch_.received.size()) {
      return;  // That was all: another call would find nothing.
    }
  }
}

void H2Connection::take(std::size_t size, MonoTime now) {
  const std::span<const std::uint8_t> bytes(scratch_.received.data(), size);
  if (tls_) {
    tls_->take(bytes);
    take_encrypted(now);
  } else {
    take_plain(bytes, now);
  }
}

void H2Connection::take_encrypted(MonoTime now) {
  if (state_ == State::kHandshaking) {
    switch (tls_->handshake()) {
      case TlsStream::Progress::kMore:
        static_cast<void>(send_all());
        return;
      case TlsStream::Progress::kClosed:
      case TlsStream::Progress::kFailed:
        static_cast<void>(send_all());  // the alert
        close(tls_->certificate_refused() ? Failure::kCertificate : Failure::kConnect, tls_->why());
        return;
      case TlsStream::Progress::kDone:
        break;
    }
    if (!tls_->chose_h2()) {
      refused_h2_ = true;
      close(Failure::kNone, "the server does not choose HTTP/2");
      return;
    }
    state_ = State::kSettling;
    flush(now);
  }
  while (state_ != State::kClosed) {
    std::size_t size = 0;
    switch (tls_->read(scratch_.plain, size)) {
      case TlsStream::Progress::kMore:
        return;
      case TlsStream::Progress::kClosed:
        close(Failure::kBroken, session_.why().empty() ? "the server closed the connection" : session_.why());
        return;
      case TlsStream::Progress::kFailed:
        close(Failure::kBroken, tls_->why());
        return;
      case TlsStream::Progress::kDone:
        take_plain(std::span(scratch_.plain).first(size), now);
    }
  }
}

void H2Connection::take_plain(std::span<const std::uint8_t> bytes, MonoTime now) {
  if (!session_.take(bytes, now)) {
    fill();  // its last words
    static_cast<void>(send_all());
    close(Failure::kBroken, session_.why());
    return;
  }
  if (state_ == State::kSettling && session_.settled()) {
    state_ = State::kOpen;
    was_open_ = true;
  }
}

// Moves what the session has to say to out().
void H2Connection::fill() {
  std::string& plain = tls_ ? scratch_.to_send : clear_out_;
  scratch_.to_send.clear();
  if (!session_.fill(plain, kTurn)) {
    close(Failure::kBroken, session_.why());
  } else if (tls_ && !tls_->write(plain)) {
    close(Failure::kBroken, tls_->why());
  }
}

void H2Connection::flush(MonoTime now) {
  for (int turn = 0; turn < kTurns && socket_ && send_all() && state_ >= State::kSettling; ++turn) {
    if (!session_.wants_to_send()) {
      break;
    }
    fill();
    if (socket_ && out().empty()) {
      break;
    }
  }
  if (state_ == State::kOpen && (session_.draining() || now >= expires_)) {
    close_when_idle();
  }
  if (socket_ && state_ >= State::kSettling && session_.over()) {
    close(Failure::kBroken, session_.why().empty() ? "the server breaks the rules of HTTP/2" : session_.why());
  }
}

void H2Connection::close_when_idle() {
  session_.drain();
  if (session_.streams() == 0 && session_.ended().empty()) {
    const std::string why = session_.why();
    session_.shut_down();
    fill();
    close(Failure::kNone, why);
  }
}

// True: out() is empty.
bool H2Connection::send_all() {
  std::string& bytes = out();
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
  bytes.erase(0, sent);
  if (socket_ && watches_writes_ == bytes.empty()) {
    watches_writes_ = !bytes.empty();
    poller_.watch(socket_.get(), watches_writes_ ? EPOLLIN | EPOLLOUT : EPOLLIN, true);
  }
  return bytes.empty();
}

std::size_t H2Connection::room(MonoTime now) {
  if (state_ != State::kOpen) {
    return 0;
  }
  if (now >= expires_) {
    session_.drain();
  }
  return session_.room();
}

bool H2Connection::submit(Exchange& exchange, const std::vector<nghttp2_nv>& fields, MonoTime now) {
  // One that has been idle may have been forgotten by what lies between: a dead one is found out soon.
  if (session_.streams() == 0) {
    if (now - heard_ > quiet_) {
      session_.ping();
    }
    waits_since_ = now;
  }
  exchange.could_leave = now;
  exchange.connection = this;
  return session_.submit(exchange, fields);
}

void H2Connection::give_up(Exchange& exchange) {
  session_.drop(exchange);
  if (heard_ <= exchange.could_leave) {
    session_.drain();
  }
}

MonoTime H2Connection::due() const {
  switch (state_) {
    case State::kDialing:
      return dialer_->failed() ? MonoTime{} : std::min(connect_by_, dialer_->due());
    case State::kHandshaking:
    case State::kSettling:
      return connect_by_;
    case State::kOpen:
      return session_.streams() > 0 ? waits_since_ + quiet_ : expires_;
    case State::kClosed:
      return MonoTime::max();
  }
  return MonoTime::max();
}

void H2Connection::on_timer(MonoTime now) {
  if (connecting()) {
    if (dialer_) {
      dialer_->on_timer(now);
    }
    if (dialer_ && dialer_->failed()) {
      close(Failure::kConnect,
            cat("Failed to connect to ", route_.url().host, " port ", route_.url().port, ": ", dialer_->why()));
    } else if (now >= connect_by_) {
      const auto waited = std::chrono::ceil<std::chrono::milliseconds>(route_.target().connect_timeout).count();
      close(Failure::kTimeout, cat("Connection timed out after ", waited, " milliseconds"));
    }
    return;
  }
  if (state_ != State::kOpen || now < due()) {
    return;
  }
  if (session_.streams() == 0) {
    close_when_idle();
  } else if (session_.pinging()) {
    close(Failure::kBroken, "the server has not answered a PING");
  } else {
    session_.ping();
    waits_since_ = now;  // It has as long again for the answer.
  }
}

}  // namespace respand::http
