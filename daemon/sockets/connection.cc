#include "sockets/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "sockets/connections.h"

namespace respand::sockets {
namespace {

// Input that is thrown away behind a last answer, so that the peer can read that answer before the connection is reset.
constexpr std::size_t kLingerLimit = std::size_t{32} << 20;

// Memory for answers that an idle connection keeps: a few acks.
constexpr std::size_t kKeptOutput = 256;

}  // namespace

Connection::Connection(Connections& home, UniqueFd socket, net::Transport transport, PeerQuota* user)
    : home_(home),
      transport_(transport),
      watcher_(std::make_unique<net::FdWatcher>(
          home.loop, std::move(socket), [this] { on_readable(); }, [this] { on_writable(); })),
      opened_(home.clock.mono()),
      heard_(opened_) {
  lease_.wake = [this] { on_budget(); };
  user_ = user;
}

Connection::~Connection() = default;

bool Connection::start() {
  if (!watcher_->ok()) {
    return false;
  }
  want_input();
  note_phase();
  return true;
}

void Connection::close() {
  if (watcher_ == nullptr) {
    return;
  }
  watcher_.reset();
  end();
}

// Behind the end of watcher_.
void Connection::end() {
  const auto self = shared_from_this();
  held_back_.reset();
  if (user_ != nullptr) {
    PeerQuotas::disconnect(*std::exchange(user_, nullptr));
  }
  std::string().swap(rest_);
  std::string().swap(out_);
  home_.pool.give_up(lease_);
  home_.budget_changed();
  home_.forget(*this);
}

void Connection::want_input() {
  if (lease_.waiting || leaving_ || held_back()) {
    return;
  }
  if (home_.pool.allowance(lease_, Connections::kScratch) == 0) {
    home_.pool.wait(lease_);
    home_.budget_changed();
    return;
  }
  watcher_->when_readable();
}

// Whether its user or address has used up what the rate limit gives; then it goes on by itself when there is more. A
// record that takes shared memory is read to its end first: others may wait for that memory.
bool Connection::held_back() {
  // Rather a little more at once than often; and not so late that a limit which was lifted meanwhile is kept to.
  constexpr Duration kLeastWait = std::chrono::milliseconds{5};
  constexpr Duration kMostWait = std::chrono::milliseconds{100};
  if (user_ == nullptr || lease_.bytes > PartialRecordPool::kFree) {
    return false;
  }
  const Duration wait = user_->wait(home_.clock.mono());
  if (wait == Duration{0}) {
    return false;
  }
  if (held_back_ == nullptr) {
    held_back_ = std::make_unique<net::Timer>(home_.loop, [this] { want_input(); });
  }
  home_.rate_limit_waits.add();
  held_back_->set(std::clamp(wait, kLeastWait, kMostWait));
  return true;
}

void Connection::on_budget() {
  lease_.since = home_.clock.mono();
  lease_.read = 0;
  watcher_->when_readable();
}

void Connection::on_readable() {
  const auto self = shared_from_this();
  if (lingering_) {
    linger();
  } else if (need_ == WaitFor::kInput && !held_back() && !read()) {
    want_input();
  }
}

// One read, worked on; the last one of all takes no heed of the rate limit. False where there was nothing to read.
bool Connection::read(bool last) {
  std::size_t most = home_.pool.allowance(lease_, Connections::kScratch);
  if (most == 0) {
    return false;
  }
  if (user_ != nullptr && !last) {
    most = user_->allowance(most);
  }
  const ssize_t n = ::recv(watcher_->fd(), home_.scratch().data(), most, MSG_DONTWAIT);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      return false;
    }
    close();  // Reset: a last line without its end may be cut off, so it doesn't count.
    return true;
  }
  if (n == 0) {
    eof_ = true;
    run({});
    return true;
  }
  const auto size = static_cast<std::size_t>(n);
  if (protocol_ == nullptr) {
    choose_protocol(home_.scratch().front());
  }
  protocol_->counters().bytes.add(static_cast<double>(size));
  if (user_ != nullptr) {
    user_->took_bytes(size);
  }
  heard_ = home_.clock.mono();
  bytes_ += size;
  patience_.heard(size);
  home_.pool.note_read(lease_, size, heard_);
  run({home_.scratch().data(), size});
  return true;
}

void Connection::choose_protocol(char first) {
  speak(transport_ == net::Transport::kTcp || (first >= 'A' && first <= 'Z') ? Speaks::kHttp : Speaks::kLines);
}

// Requires: not kNothing.
void Connection::speak(Speaks what) {
  if (what == Speaks::kHttp) {
    protocol_ = std::make_unique<HttpServer>(
        home_.http_server, *this,
        transport_ == net::Transport::kTcp ? HttpServer::Reach::kTcp : HttpServer::Reach::kUnix);
  } else {
    protocol_ = std::make_unique<Lines>(home_.lines, *this);
  }
}

void Connection::run(std::string_view input) {
  if (protocol_ == nullptr) {
    close();  // It went without a word.
    return;
  }
  WaitFor waits_for = protocol_->take(input, out_);
  if (waits_for == WaitFor::kInput && stopping_ && !leaving_) {
    waits_for = protocol_->stop(out_);
  } else if (waits_for == WaitFor::kInput && eof_) {
    waits_for = protocol_->end(out_);
  }
  keep(input);
  count_memory(waits_for);
  need_ = waits_for;
  write();
  if (watcher_ != nullptr && !leave() && watcher_ != nullptr) {
    wait_for(need_);
  }
  note_phase();
}

// Only HTTP is waited for with a limit; a peer over TCP speaks nothing else.
void Connection::note_phase() {
  if (watcher_ == nullptr) {
    return;
  }
  Patience::Phase phase = Patience::Phase::kNone;
  if (protocol_ == nullptr) {
    phase = transport_ == net::Transport::kTcp ? Patience::Phase::kRequest : phase;
  } else if (const Patience::Phase waits = protocol_->waits_for(); waits != Patience::Phase::kNone) {
    const bool leaves = lingering_ || blocked_;
    phase = leaves ? Patience::Phase::kLeave : need_ == WaitFor::kInput ? waits : phase;
  }
  if (phase == Patience::Phase::kNone) {
    patience_.end();
    return;
  }
  patience_.enter(phase, home_.clock.mono());
  home_.expect_by(*patience_.deadline(home_.settings.patience));
}

std::optional<MonoTime> Connection::deadline() const { return patience_.deadline(home_.settings.patience); }

void Connection::time_out() {
  const auto self = shared_from_this();
  // Who is kept waiting by respand itself, for memory or its rate, is not to blame.
  if (lease_.waiting || (held_back_ != nullptr && held_back_->is_set())) {
    patience_.excuse(home_.clock.mono());
    return;
  }
  const bool leaves = patience_.phase() == Patience::Phase::kLeave;
  home_.closed.timed_out.add(leaves ? 0 : 1);
  if (patience_.phase() != Patience::Phase::kRequest || protocol_ == nullptr) {
    close();
    return;
  }
  need_ = protocol_->time_out(out_);
  write();
  if (watcher_ != nullptr) {
    wait_for(need_);
  }
  note_phase();
}

std::optional<MonoTime> Connection::idle_since() const {
  if (watcher_ == nullptr || lingering_ || need_ != WaitFor::kInput) {
    return watcher_ != nullptr && lingering_ ? std::optional(patience_.since()) : std::nullopt;
  }
  if (patience_.phase() == Patience::Phase::kNext) {
    return patience_.since();
  }
  if (protocol_ != nullptr && protocol_->completed() > 0) {
    return std::nullopt;
  }
  // Trickling bytes are no use either.
  return bytes_ < PartialRecordPool::kFree ? opened_ : heard_;
}

// Keeps what the protocol has left of its input. `input` is the end of the scratch memory or of rest_.
void Connection::keep(std::string_view input) {
  protocol_->hold();
  if (input.empty()) {
    std::string().swap(rest_);
    rest_at_ = 0;
  } else if (rest_.empty()) {
    rest_.assign(input);
    rest_at_ = 0;
  } else {
    rest_at_ = rest_.size() - input.size();
  }
}

// A record that is complete but waits for room, or for its turn, is held on.
void Connection::count_memory(WaitFor waits_for) {
  PartialRecordPool::Holds holds = PartialRecordPool::Holds::kTheSame;
  if (waits_for == WaitFor::kInput && completed_ != protocol_->completed()) {
    completed_ = protocol_->completed();
    holds = PartialRecordPool::Holds::kAnother;
    patience_.end();
  }
  home_.pool.set(lease_, protocol_->memory() + rest_.capacity(), holds);
  home_.budget_changed();
}

void Connection::wait_for(WaitFor waits_for) {
  switch (waits_for) {
    case WaitFor::kInput:
      want_input();
      break;
    case WaitFor::kRoom:
      home_.producer.wait_for_room(*this);
      break;
    case WaitFor::kCommit:
      break;
    case WaitFor::kDrain:
      if (!blocked_) {
        home_.next_turn(*this);
      }
      break;
    case WaitFor::kTurn:
      home_.next_turn(*this);
      break;
    case WaitFor::kLinger:
      if (!eof_ && !stopping_ && !deaf_) {
        lingering_ = true;
        if (!blocked_) {
          ::shutdown(watcher_->fd(), SHUT_WR);
        }
        std::string().swap(rest_);
        rest_at_ = 0;
        home_.pool.set(lease_, 0);
        watcher_->when_readable();
        break;
      }
      [[fallthrough]];
    case WaitFor::kClose:
      if (!blocked_) {
        close();
      }
      break;
  }
}

// Works on with what is at hand, after a wait.
void Connection::go_on() {
  lease_.since = home_.clock.mono();
  lease_.read = 0;
  run(std::string_view(rest_).substr(rest_at_));
}

void Connection::on_turn() {
  if (watcher_ != nullptr && (need_ == WaitFor::kTurn || (need_ == WaitFor::kDrain && !blocked_))) {
    go_on();
  }
}

void Connection::on_room() {
  if (watcher_ != nullptr && need_ == WaitFor::kRoom) {
    go_on();
  }
}

void Connection::on_committed(const PendingAck& pending, journal::CommitResult outcome) {
  protocol_->committed(pending, outcome);
}

void Connection::on_news() {
  if (watcher_ == nullptr) {
    return;
  }
  if (need_ == WaitFor::kCommit || (need_ == WaitFor::kInput && protocol_->over())) {
    go_on();
    return;
  }
  write();
  static_cast<void>(watcher_ != nullptr && leave());
  note_phase();
}

void Connection::on_writable() {
  const auto self = shared_from_this();
  blocked_ = false;
  write();
  if (watcher_ == nullptr || blocked_) {
    return;
  }
  note_phase();
  if (need_ == WaitFor::kDrain) {
    go_on();
  } else if (need_ == WaitFor::kClose || need_ == WaitFor::kLinger) {
    wait_for(need_);
  }
}

// Sends what there is to say until nothing is left or the peer's buffer is full.
void Connection::write() {
  while (!blocked_) {
    if (out_at_ == out_.size()) {
      out_.clear();
      out_at_ = 0;
    }
    protocol_->answer(out_);
    if (out_.empty() || deaf_) {
      out_.clear();
      out_at_ = 0;
      if (out_.capacity() > kKeptOutput) {
        std::string().swap(out_);
      }
      return;
    }
    const ssize_t n = ::send(watcher_->fd(), out_.data() + out_at_, out_.size() - out_at_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
      out_at_ += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      blocked_ = true;
      watcher_->when_writable();
    } else if (errno != EINTR) {
      deaf_ = true;
    }
  }
}

void Connection::linger() {
  const ssize_t n = ::recv(watcher_->fd(), home_.scratch().data(), Connections::kScratch, MSG_DONTWAIT);
  if (n > 0 && lingered_ < kLingerLimit) {
    lingered_ += static_cast<std::size_t>(n);
    watcher_->when_readable();
  } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    watcher_->when_readable();
  } else {
    close();
  }
}

bool Connection::stalled(MonoTime now, Duration grace) const {
  return need_ == WaitFor::kInput && home_.pool.stalled(lease_, now, grace);
}

}  // namespace respand::sockets
