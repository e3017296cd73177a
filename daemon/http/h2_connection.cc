#include "http/h2_connection.h"

#include <algorithm>
#include <chrono>
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

H2Connection::H2Connection(const H2Route& route, std::shared_ptr<TlsContext> tls, const SocketAddresses& addresses,
                           Poller& poller, Scratch& scratch, MonoTime now)
    : route_(route),
      connect_by_(now + route.target().connect_timeout),
      expires_(now + route.target().connection_life),
      quiet_(quiet_time(route.target())),
      dialer_(std::make_unique<Dialer>(addresses, poller, now)),
      tls_(std::move(tls)),
      channel_(poller, scratch) {}

bool H2Connection::owns(int fd) const {
  return channel_.is_open() ? channel_.fd() == fd : dialer_ && dialer_->owns(fd);
}

void H2Connection::close(Failure failure, std::string why) {
  if (state_ == State::kClosed) {
    return;
  }
  channel_.close();
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
  UniqueFd socket = dialer_->take();
  if (socket) {
    dialer_.reset();
    channel_.open(std::move(socket), tls_ ? std::make_unique<TlsStream>(tls_, route_.url().host) : nullptr);
    state_ = tls_ ? State::kHandshaking : State::kSettling;
    if (!tls_ || shake_hands(now)) {
      flush(now);
    }
  }
}

void H2Connection::receive(MonoTime now) {
  for (int turn = 0; turn < kTurns && state_ != State::kClosed; ++turn) {
    const Channel::Incoming incoming = channel_.receive();
    if (incoming == Channel::Incoming::kNothing) {
      return;
    }
    if (incoming == Channel::Incoming::kGone) {
      const bool early = state_ == State::kHandshaking;
      close(early ? Failure::kConnect : Failure::kBroken, session_.why().empty() ? channel_.why() : session_.why());
      return;
    }
    heard_ = now;
    waits_since_ = now;
    if (state_ != State::kHandshaking || shake_hands(now)) {
      take(now);
    }
    if (incoming == Channel::Incoming::kSome) {
      return;
    }
  }
}

// True: the handshake is over, and HTTP/2 begins.
bool H2Connection::shake_hands(MonoTime now) {
  TlsStream& tls = *channel_.tls();
  switch (tls.handshake()) {
    case TlsStream::Progress::kMore:
      static_cast<void>(channel_.send());
      return false;
    case TlsStream::Progress::kClosed:
    case TlsStream::Progress::kFailed:
      static_cast<void>(channel_.send());  // the alert
      close(tls.certificate_refused() ? Failure::kCertificate : Failure::kConnect, tls.why());
      return false;
    case TlsStream::Progress::kDone:
      break;
  }
  if (!tls.chose_h2()) {
    refused_h2_ = true;
    close(Failure::kNone, "the server does not choose HTTP/2");
    return false;
  }
  state_ = State::kSettling;
  flush(now);
  return state_ != State::kClosed;
}

// Passes on to the session what was received.
void H2Connection::take(MonoTime now) {
  while (state_ != State::kClosed) {
    std::span<const std::uint8_t> bytes;
    switch (channel_.read(bytes)) {
      case TlsStream::Progress::kMore:
        return;
      case TlsStream::Progress::kClosed:
      case TlsStream::Progress::kFailed:
        close(Failure::kBroken, session_.why().empty() ? channel_.why() : session_.why());
        return;
      case TlsStream::Progress::kDone:
        break;
    }
    if (!session_.take(bytes, now)) {
      fill();  // its last words
      static_cast<void>(channel_.send());
      close(Failure::kBroken, session_.why());
    } else if (state_ == State::kSettling && session_.has_settings()) {
      state_ = State::kOpen;
      was_open_ = true;
    }
  }
}

// Moves what the session has to say to the channel.
void H2Connection::fill() {
  if (!session_.fill(channel_.to_write(), kTurn)) {
    close(Failure::kBroken, session_.why());
  } else if (!channel_.write()) {
    close(Failure::kBroken, channel_.why());
  }
}

void H2Connection::flush(MonoTime now) {
  for (int turn = 0; turn < kTurns && channel_.is_open() && channel_.send() && state_ >= State::kSettling; ++turn) {
    if (!session_.wants_to_send()) {
      break;
    }
    fill();
  }
  if (channel_.is_open()) {
    static_cast<void>(channel_.send());
  }
  // A PING waits behind the bytes of large bodies: while these move, no answer to it is expected.
  if (channel_.take_progress()) {
    waits_since_ = now;
  }
  if (state_ == State::kOpen && (session_.draining() || now >= expires_)) {
    close_when_idle();
  }
  if (channel_.is_open() && state_ >= State::kSettling && session_.over()) {
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
  // Where the socket has taken all of a turn, nothing else would say that there is more to send.
  if ((state_ == State::kSettling || state_ == State::kOpen) && !channel_.is_blocked() && session_.wants_to_send()) {
    return MonoTime{};
  }
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
  if (state_ != State::kOpen || due() == MonoTime{} || now < due()) {
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
