#include "nats/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "nats/commands.h"
#include "nats/nkey.h"
#include "respand/base/text.h"

namespace respand::nats {
namespace {

constexpr std::size_t kMaxSaid = 200;  // bytes of a server's words that people get to see

bool contains_word(std::string_view text, std::string_view lower_case) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) != text.end();
}

}  // namespace

Connection::Connection(const Target& target, Server server, const Clock& clock, Poller& poller)
    : target_(target),
      clock_(clock),
      poller_(poller),
      server_(std::move(server)),
      deadline_(clock.mono() + target.connect_timeout) {
  resolver_.emplace(server_.address.host, server_.address.port);
  watch(resolver_->fd(), EPOLLIN);
}

// Descriptors leave the poller's set as they are closed, but not one that another thread still holds.
Connection::~Connection() {
  if (resolver_) {
    poller_.forget(resolver_->fd());
  }
}

void Connection::watch(int fd, std::uint32_t events) {
  if (fd != watched_ || events != watched_events_) {
    poller_.watch(fd, events, fd == watched_);
    watched_ = fd;
    watched_events_ = events;
  }
}

void Connection::fail(Trouble trouble, std::string detail) {
  phase_ = Phase::kFailed;
  trouble_ = trouble;
  detail_ = std::move(detail);
}

MonoTime Connection::due() const {
  if (channel_ && channel_->has_more()) {
    return MonoTime::min();
  }
  if (phase_ == Phase::kUp) {
    return (pinged_ ? pinged_at_ : heard_at_) + target_.ping_interval;
  }
  const bool may_begin = phase_ == Phase::kGreeting && wants_tls() && !channel_->has_tls();
  return may_begin ? std::min(deadline_, connected_at_ + kQuietBeforeTls) : deadline_;
}

void Connection::step(bool ready) {
  const Phase before = phase_;
  switch (phase_) {
    case Phase::kResolving:
      resolve();
      break;
    case Phase::kConnecting:
      if (ready) {
        check_connected();
      }
      break;
    case Phase::kGreeting:
      greet();
      break;
    case Phase::kHandshake:
      shake_hands();
      break;
    case Phase::kAuthenticating:
      await_pong();
      break;
    case Phase::kUp:
      if (ready || channel_->has_more()) {
        static_cast<void>(fill());
      }
      keep_alive();
      return;
    case Phase::kFailed:
      return;
  }
  if (phase_ == before && clock_.mono() >= deadline_) {
    constexpr std::string_view kWhile[] = {"looking up its name", "connecting", "waiting for its INFO",
                                           "the TLS handshake", "waiting for an answer to CONNECT"};
    fail(phase_ == Phase::kResolving ? Trouble::kResolve : Trouble::kConnect,
         cat("timed out after ", to_text(target_.connect_timeout), ", ", kWhile[static_cast<std::size_t>(phase_)]));
  }
  if (channel_ && phase_ != Phase::kFailed) {
    flush();
  }
}

void Connection::resolve() {
  auto found = resolver_->take();
  if (!found) {
    return;
  }
  poller_.forget(resolver_->fd());
  watched_ = -1;
  resolver_.reset();
  if (!*found) {
    fail(Trouble::kResolve, (*found).error().message);
    return;
  }
  addresses_ = std::move(**found);
  connect_to_next();
}

// Addresses of one name are tried one after the other: names of a NATS cluster lead to its servers, of which any will
// do.
void Connection::connect_to_next() {
  while (next_address_ < addresses_.size()) {
    const SocketAddress& address = addresses_[next_address_++];
    watched_ = -1;
    socket_.reset(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) {
      fail(Trouble::kConnect, cat("no socket: ", std::strerror(errno)));
      return;
    }
    if (::connect(socket_.get(), address.get(), address.size) == 0) {
      open_channel();
      return;
    }
    if (errno == EINPROGRESS) {
      phase_ = Phase::kConnecting;
      watch(socket_.get(), EPOLLOUT);
      return;
    }
    detail_ = std::strerror(errno);
  }
  fail(Trouble::kConnect, cat("can't connect: ", detail_));
}

void Connection::check_connected() {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) {
    code = errno;
  }
  if (code == 0) {
    open_channel();
    return;
  }
  detail_ = std::strerror(code);
  connect_to_next();
}

void Connection::open_channel() {
  const int on = 1;
  // What is sent was gathered for a turn; nothing is gained by holding it back further.
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int fd = socket_.get();
  channel_.emplace(std::move(socket_));
  connected_at_ = clock_.mono();
  phase_ = Phase::kGreeting;
  watch(fd, EPOLLIN);
}

bool Connection::wants_tls() const {
  return server_.address.tls || !target_.ca_file.empty() || !target_.cert_file.empty();
}

bool Connection::fill() {
  switch (channel_->fill()) {
    case Channel::Fill::kNothing:
      return false;
    case Channel::Fill::kBytes:
      heard_at_ = clock_.mono();
      pinged_ = false;
      return true;
    case Channel::Fill::kClosed:
      fail(Trouble::kClosed,
           said_.empty() ? "the server closed the connection" : cat("the server closed the connection: ", said_));
      return false;
    case Channel::Fill::kFailed:
      fail(channel_->trouble(), said_.empty() ? channel_->detail() : cat(channel_->detail(), ": ", said_));
      return false;
  }
  return false;
}

void Connection::greet() {
  if (fill()) {
    read_greeting_line();
    return;
  }
  if (phase_ == Phase::kGreeting && !channel_->has_tls() && wants_tls() && channel_->reader().empty() &&
      clock_.mono() >= connected_at_ + kQuietBeforeTls) {
    begin_tls();
  }
}

void Connection::read_greeting_line() {
  const Event event = channel_->reader().next();
  if (event == Event::kNone) {
    return;
  }
  if (event != Event::kInfo) {
    const bool refused = event == Event::kError;
    fail(refused ? Trouble::kClosed : Trouble::kProtocol,
         refused ? printable(channel_->reader().text(), kMaxSaid) : "what came first is not NATS");
    return;
  }
  take_info();
  if (phase_ == Phase::kFailed) {
    return;
  }
  if (!greeting_.info.headers) {
    fail(Trouble::kProtocol, cat("the server knows no headers: it is older than 2.2 (", greeting_.info.version, ")"));
  } else if (channel_->has_tls()) {
    authenticate();
  } else if (greeting_.tls_required || (wants_tls() && greeting_.tls_available)) {
    if (channel_->reader().empty()) {
      begin_tls();
    } else {
      fail(Trouble::kProtocol, "bytes came between INFO and TLS");
    }
  } else if (wants_tls()) {
    fail(Trouble::kCertificate, "the server offers no TLS, which the configuration asks for");
  } else {
    authenticate();
  }
}

void Connection::begin_tls() {
  auto context = TlsContext::make(target_);
  if (!context) {
    fail(Trouble::kCertificate, context.error().message);
    return;
  }
  std::vector<std::string> names{server_.address.host};
  names.insert(names.end(), server_.other_names.begin(), server_.other_names.end());
  channel_->start_tls(*context, std::move(names));
  phase_ = Phase::kHandshake;
  shake_hands();
}

void Connection::shake_hands() {
  switch (channel_->handshake()) {
    case TlsSession::Progress::kMore:
      break;
    case TlsSession::Progress::kDone:
      if (greeted_) {
        authenticate();
      } else {
        phase_ = Phase::kGreeting;
        greet();
      }
      break;
    case TlsSession::Progress::kClosed:
      fail(Trouble::kClosed, "the server closed the connection in the TLS handshake");
      break;
    case TlsSession::Progress::kFailed:
      channel_->flush();  // the alert
      fail(channel_->trouble(), channel_->detail());
      break;
  }
}

void Connection::authenticate() {
  ConnectOptions options;
  options.name = target_.name;
  options.tls = channel_->has_tls();
  Result<Credentials> credentials = Credentials{};
  std::string signature;
  // A server that gives no nonce asks for no signature, and where it asks for nothing else, none is needed.
  if (!target_.credentials.empty() && !greeting_.nonce.empty()) {
    credentials = read_credentials(target_.credentials);
    if (!credentials) {
      fail(Trouble::kCredentials, cat("the credentials can't be used: ", credentials.error().message));
      return;
    }
    auto made = credentials->key.sign(greeting_.nonce);
    if (!made) {
      fail(Trouble::kCredentials, made.error().message);
      return;
    }
    signature = std::move(*made);
    options.jwt = credentials->jwt;
    options.nkey = credentials->jwt.empty() ? std::string_view(credentials->key.public_key()) : std::string_view{};
    options.signature = signature;
  }
  if (server_.address.has_password) {
    options.user = server_.address.user;
    options.password = server_.address.password;
  } else {
    options.token = server_.address.user;
  }
  append_connect(channel_->out(), options);
  channel_->out().append(kPingLine);
  phase_ = Phase::kAuthenticating;
}

void Connection::await_pong() {
  if (!fill()) {
    if (phase_ == Phase::kFailed && trouble_ == Trouble::kClosed && contains_word(said_, "auth")) {
      trouble_ = Trouble::kCredentials;
    }
    return;
  }
  for (;;) {
    const Event event = channel_->reader().next();
    if (event == Event::kNone) {
      return;
    }
    if (event == Event::kPong) {
      phase_ = Phase::kUp;
      heard_at_ = clock_.mono();
      return;
    }
    if (event == Event::kMessage) {
      fail(Trouble::kProtocol, "a message came before anything was subscribed to");
    }
    if (event == Event::kMessage || !take_control(event)) {
      return;
    }
  }
}

const ReceivedMessage* Connection::next() {
  while (phase_ == Phase::kUp) {
    const Event event = channel_->reader().next();
    if (event == Event::kMessage) {
      return &channel_->reader().message();
    }
    if (event == Event::kNone || !take_control(event)) {
      break;
    }
  }
  return nullptr;
}

// What is no message. False: the connection has failed.
bool Connection::take_control(Event event) {
  switch (event) {
    case Event::kNone:
    case Event::kMessage:
    case Event::kOk:
    case Event::kPong:
      break;
    case Event::kPing:
      channel_->out().append(kPongLine);
      break;
    case Event::kInfo:
      take_info();
      break;
    case Event::kError:
      take_error(channel_->reader().text());
      break;
    case Event::kBroken:
      fail(Trouble::kProtocol, cat("what came is not NATS: ", channel_->reader().text()));
      break;
  }
  return phase_ != Phase::kFailed;
}

void Connection::take_info() {
  auto greeting = read_greeting(channel_->reader().text());
  if (!greeting) {
    fail(Trouble::kProtocol, greeting.error().message);
    return;
  }
  greeting_ = std::move(*greeting);
  greeted_ = true;
  news_ = true;
}

// Refused permissions leave the connection as it is; after any other error the server closes it. Errors about who we
// are end it from our side as well, because not every server does.
void Connection::take_error(std::string_view text) {
  said_ = printable(text, kMaxSaid);
  if (contains_word(text, "permissions violation")) {
    denied_ = said_;
    news_ = true;
    return;
  }
  if (contains_word(text, "authorization") || contains_word(text, "authentication") || contains_word(text, "nkey")) {
    fail(Trouble::kCredentials, cat("the server refuses the credentials: ", said_));
  }
}

void Connection::keep_alive() {
  if (phase_ != Phase::kUp) {
    return;
  }
  const MonoTime now = clock_.mono();
  if (pinged_ && now >= pinged_at_ + target_.ping_interval) {
    fail(Trouble::kClosed, cat("the server has been silent for ", to_text(2 * target_.ping_interval)));
  } else if (!pinged_ && now >= heard_at_ + target_.ping_interval) {
    pinged_ = true;
    pinged_at_ = now;
    channel_->out().append(kPingLine);
    flush();
  }
}

void Connection::flush() {
  channel_->flush();
  watch(channel_->fd(), channel_->is_blocked() ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

}  // namespace respand::nats
