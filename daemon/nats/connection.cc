#include "nats/connection.h"

#include <algorithm>
#include <utility>

#include "nats/commands.h"
#include "nats/login.h"
#include "respand/base/text.h"

namespace respand::nats {
namespace {

// A server with TLS that says nothing for so long wants the handshake first.
constexpr Duration kQuietBeforeTls = std::chrono::seconds{1};
constexpr std::size_t kMaxSaid = 200;  // bytes of a server's words that people get to see
constexpr std::size_t kMaxSubject = 512;

bool contains_word(std::string_view text, std::string_view lower_case) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) != text.end();
}

// What stands between the first two quotation marks: the subject that a denial is about.
std::string quoted(std::string_view text) {
  const std::size_t begin = std::min(text.find('"'), text.size() - 1) + 1;
  return printable(text.substr(begin, text.find('"', begin) - begin), kMaxSubject);
}

// A configuration that names files for TLS asks for TLS.
bool wants_tls(const Target& target, const Server& server) {
  return server.address.tls || !target.ca_file.empty() || !target.cert_file.empty();
}

}  // namespace

Connection::Connection(const Target& target, Server server, const Clock& clock, Poller& poller)
    : target_(target),
      clock_(clock),
      poller_(poller),
      server_(std::move(server)),
      deadline_(clock.mono() + target.connect_timeout),
      dialer_(server_.address.host, server_.address.port, clock, poller),
      silence_(target.ping_interval, clock.mono()) {}

void Connection::fail(Failure kind, std::string detail) {
  phase_ = Phase::kFailed;
  failure_ = {kind, std::move(detail)};
}

MonoTime Connection::due() const {
  if (channel_ && channel_->has_more()) {
    return MonoTime::min();
  }
  if (phase_ == Phase::kUp) {
    return silence_.due();
  }
  if (phase_ == Phase::kDialing) {
    return std::min(deadline_, dialer_.due());
  }
  const bool may_begin = phase_ == Phase::kGreeting && wants_tls(target_, server_) && !channel_->has_tls();
  return may_begin ? std::min(deadline_, connected_at_ + kQuietBeforeTls) : deadline_;
}

void Connection::step(bool ready) {
  const Phase before = phase_;
  switch (phase_) {
    case Phase::kDialing:
      dial(ready);
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
    constexpr std::string_view kWhile[] = {"connecting", "waiting for its INFO", "in the TLS handshake",
                                           "waiting for an answer to CONNECT"};
    fail(Failure::kConnect,
         cat("timed out after ", to_text(target_.connect_timeout), ", ", kWhile[static_cast<std::size_t>(phase_)]));
  }
  if (channel_ && phase_ != Phase::kFailed) {
    flush();
  }
}

void Connection::dial(bool ready) {
  switch (dialer_.step(ready)) {
    case Dialer::Progress::kResolving:
      if (clock_.mono() >= deadline_) {
        fail(Failure::kResolve,
             cat("can't resolve ", server_.address.host, ": no answer within ", to_text(target_.connect_timeout)));
      }
      break;
    case Dialer::Progress::kConnecting:
      break;
    case Dialer::Progress::kDone:
      channel_.emplace(dialer_.take_socket(), poller_);
      connected_at_ = clock_.mono();
      phase_ = Phase::kGreeting;
      break;
    case Dialer::Progress::kFailed:
      fail(dialer_.failure().kind, dialer_.failure().detail);
      break;
  }
}

bool Connection::fill() {
  const std::string why = said_.empty() ? said_ : cat(": ", said_);
  switch (channel_->fill()) {
    case Channel::Fill::kNothing:
      return false;
    case Channel::Fill::kBytes:
      silence_.heard(clock_.mono());
      return true;
    case Channel::Fill::kClosed:
      fail(Failure::kClosed, cat("the server closed the connection", why));
      return false;
    case Channel::Fill::kFailed:
      fail(channel_->failure().kind, channel_->failure().detail + why);
      return false;
  }
  return false;
}

void Connection::greet() {
  if (fill()) {
    take_greeting();
    return;
  }
  if (phase_ == Phase::kGreeting && !channel_->has_tls() && wants_tls(target_, server_) && channel_->reader().empty() &&
      clock_.mono() >= connected_at_ + kQuietBeforeTls) {
    begin_tls();
  }
}

void Connection::take_greeting() {
  const Event event = channel_->reader().next();
  if (event == Event::kNone) {
    return;
  }
  if (event != Event::kInfo) {
    const bool refused = event == Event::kError;
    fail(refused ? Failure::kClosed : Failure::kProtocol,
         refused ? printable(channel_->reader().text(), kMaxSaid) : "what came first is not NATS");
    return;
  }
  take_info();
  if (phase_ == Phase::kFailed) {
    return;
  }
  const bool wanted = wants_tls(target_, server_);
  if (!greeting_->info.headers) {
    fail(Failure::kProtocol, cat("the server knows no headers: it is older than 2.2 (", greeting_->info.version, ")"));
  } else if (channel_->has_tls()) {
    authenticate();
  } else if (greeting_->tls_required || (wanted && greeting_->tls_available)) {
    if (channel_->reader().empty()) {
      begin_tls();
    } else {
      fail(Failure::kProtocol, "bytes came between INFO and TLS");
    }
  } else if (wanted) {
    fail(Failure::kCertificate, "the server offers no TLS, which the configuration asks for");
  } else {
    authenticate();
  }
}

void Connection::begin_tls() {
  auto context = TlsContext::make(target_);
  if (!context) {
    fail(Failure::kCertificate, context.error().message);
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
      if (greeting_) {
        authenticate();
      } else {
        phase_ = Phase::kGreeting;
        greet();
      }
      break;
    case TlsSession::Progress::kClosed:
      fail(Failure::kClosed, "the server closed the connection in the TLS handshake");
      break;
    case TlsSession::Progress::kFailed:
      channel_->flush();  // the alert
      fail(channel_->failure().kind, channel_->failure().detail);
      break;
  }
}

void Connection::authenticate() {
  if (const Status said = login(target_, server_.address, *greeting_, channel_->has_tls(), channel_->out()); !said) {
    fail(Failure::kCredentials, said.error().message);
    return;
  }
  channel_->out().append(kPingLine);
  phase_ = Phase::kAuthenticating;
}

void Connection::await_pong() {
  if (!fill()) {
    if (phase_ == Phase::kFailed && failure_.kind == Failure::kClosed && contains_word(said_, "auth")) {
      failure_.kind = Failure::kCredentials;
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
      return;
    }
    if (event == Event::kMessage) {
      fail(Failure::kProtocol, "a message came before anything was subscribed to");
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
      fail(Failure::kProtocol, cat("what came is not NATS: ", channel_->reader().text()));
      break;
  }
  return phase_ != Phase::kFailed;
}

void Connection::take_info() {
  auto greeting = read_greeting(channel_->reader().text());
  if (!greeting) {
    fail(Failure::kProtocol, greeting.error().message);
    return;
  }
  greeting_ = std::move(*greeting);
  news_ = true;
}

// Refused permissions leave the connection as it is; after any other error the server closes it. Errors about who we
// are end it from our side as well, because not every server does.
void Connection::take_error(std::string_view text) {
  said_ = printable(text, kMaxSaid);
  if (contains_word(text, "permissions violation")) {
    denied_ = {said_, quoted(text), denied_.count + 1};
    news_ = true;
    return;
  }
  if (contains_word(text, "authorization") || contains_word(text, "authentication") || contains_word(text, "nkey")) {
    fail(Failure::kCredentials, cat("the server refuses the credentials: ", said_));
  }
}

void Connection::keep_alive() {
  if (phase_ != Phase::kUp) {
    return;
  }
  switch (silence_.ask(clock_.mono())) {
    case KeepAlive::Verdict::kAlive:
      break;
    case KeepAlive::Verdict::kAsk:
      channel_->out().append(kPingLine);
      flush();
      break;
    case KeepAlive::Verdict::kDead:
      fail(Failure::kClosed, cat("the server has been silent for ", to_text(2 * target_.ping_interval)));
      break;
  }
}

}  // namespace respand::nats
