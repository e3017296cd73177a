#include "sockets/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "sockets/connections.h"

namespace respand::sockets {
namespace {

// How much input is thrown away after the last answer. If the socket were closed with unread input, the kernel would
// reset the connection, and the peer might never read that answer.
constexpr std::size_t kLingerLimit = std::size_t{32} << 20;

}  // namespace

Connection::Connection(Connections& home, UniqueFd socket, net::Transport transport, PeerQuota* user)
    : home_(home),
      transport_(transport),
      watcher_(std::make_unique<net::FdWatcher>(
          home.shared.loop, std::move(socket), [this] { on_readable(); }, [this] { on_writable(); })),
      gate_(home.shared, user,
            {.memory_free =
                 [this] {
                   gate_.restart(home_.shared.clock.mono());
                   watcher_->when_readable();
                 },
             .ask_again = [this] { want_input(); }}),
      activity_(home.shared.clock.mono()) {
  user_ = user;
}

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

// Frees everything else after watcher_ is gone.
void Connection::end() {
  const auto self = shared_from_this();
  gate_.close();
  if (user_ != nullptr) {
    PeerQuotas::disconnect(*std::exchange(user_, nullptr));
  }
  rest_.release();
  output_.release();
  home_.budget_changed();
  home_.forget(*this);
}

// Waits for input, unless memory or the peer's rate limit must be waited for first.
void Connection::want_input() {
  if (gate_.waits_for_memory() || ending_.leaving || gate_.held_back()) {
    return;
  }
  if (!gate_.has_memory()) {
    gate_.wait_for_memory();
    home_.budget_changed();
    return;
  }
  if (gate_.gathers()) {
    watcher_->pause();
  } else if (watcher_->resume()) {
    watcher_->when_readable();
    return;
  }
  home_.shared.gathered.add(std::static_pointer_cast<Connection>(shared_from_this()));
}

void Connection::on_readable() {
  const auto self = shared_from_this();
  if (ending_.lingering) {
    linger();
  } else if (need_ == WaitFor::kInput && !gate_.held_back() && !read()) {
    want_input();
  }
}

void Connection::read_gathered() {
  if (watcher_ == nullptr || ending_.lingering || need_ != WaitFor::kInput || gate_.held_back() || read()) {
    return;
  }
  gate_.note_nothing();
  want_input();
}

// Reads once and works on it. The last read at a stop ignores the rate limit. False: there was nothing to read.
bool Connection::read(bool last) {
  const std::size_t most = gate_.allowance(last);
  if (most == 0) {
    return false;
  }
  char* const scratch = home_.shared.scratch->data();
  const ssize_t n = ::recv(watcher_->fd(), scratch, most, MSG_DONTWAIT);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      return false;
    }
    close();  // The connection was reset: a last line without its end may be cut off, so it doesn't count.
    return true;
  }
  if (n == 0) {
    ending_.eof = true;
    run({});
    return true;
  }
  const auto size = static_cast<std::size_t>(n);
  if (protocol_ == nullptr) {
    const bool http = transport_ == net::Transport::kTcp || (*scratch >= 'A' && *scratch <= 'Z');
    speak(http ? Speaks::kHttp : Speaks::kLines);
  }
  protocol_->counters().bytes.add(static_cast<double>(size));
  const MonoTime now = home_.shared.clock.mono();
  gate_.note_read(size, protocol_->answers(), now);
  activity_.heard(size, now);
  run({scratch, size});
  return true;
}

// Requires: not kNothing.
void Connection::speak(Speaks what) {
  if (what == Speaks::kHttp) {
    protocol_ = std::make_unique<HttpServer>(
        home_.shared.http_server, *this,
        transport_ == net::Transport::kTcp ? HttpServer::Reach::kTcp : HttpServer::Reach::kUnix);
  } else {
    protocol_ = std::make_unique<Lines>(home_.shared.lines, *this);
  }
}

// One step of work: the protocol takes input, what it could not take is kept, answers are sent, and the connection
// waits for what the protocol needs next. Each step may close the connection (watcher_ is then null).
void Connection::run(std::string_view input) {
  if (protocol_ == nullptr) {
    close();  // The peer closed without having sent anything.
    return;
  }
  WaitFor waits_for = protocol_->take(input, output_.text());
  if (waits_for == WaitFor::kInput && ending_.stopping && !ending_.leaving) {
    waits_for = protocol_->stop(output_.text());
  } else if (waits_for == WaitFor::kInput && ending_.eof) {
    waits_for = protocol_->end(output_.text());
  }
  protocol_->hold();
  rest_.keep(input);  // `input` is now the end of the scratch memory, or of what was kept before.
  count_memory(waits_for);
  need_ = waits_for;
  write();
  if (watcher_ != nullptr && !leave() && watcher_ != nullptr) {
    wait_for(need_);
  }
  note_phase();
}

// Sets the deadline for what is waited for. Only HTTP has deadlines, and over TCP every peer speaks HTTP.
void Connection::note_phase() {
  if (watcher_ == nullptr) {
    return;
  }
  Patience::Phase phase = Patience::Phase::kNone;
  if (protocol_ == nullptr) {
    phase = transport_ == net::Transport::kTcp ? Patience::Phase::kRequest : phase;
  } else if (const Patience::Phase waits = protocol_->waits_for(); waits != Patience::Phase::kNone) {
    const bool leaves = ending_.lingering || output_.blocked();
    phase = leaves ? Patience::Phase::kLeave : need_ == WaitFor::kInput ? waits : phase;
  }
  if (phase == Patience::Phase::kNone) {
    activity_.patience().end();
    return;
  }
  activity_.patience().enter(phase, home_.shared.clock.mono());
  home_.expect_by(*activity_.patience().deadline(home_.shared.settings.patience));
}

std::optional<MonoTime> Connection::deadline() const {
  return activity_.patience().deadline(home_.shared.settings.patience);
}

void Connection::time_out() {
  const auto self = shared_from_this();
  // Where respand itself keeps the peer waiting, the peer is not to blame.
  if (gate_.waits()) {
    activity_.patience().excuse(home_.shared.clock.mono());
    return;
  }
  const bool leaves = activity_.patience().phase() == Patience::Phase::kLeave;
  home_.shared.closed.timed_out.add(leaves ? 0 : 1);
  if (activity_.patience().phase() != Patience::Phase::kRequest || protocol_ == nullptr) {
    close();
    return;
  }
  need_ = protocol_->time_out(output_.text());
  write();
  if (watcher_ != nullptr) {
    wait_for(need_);
  }
  note_phase();
}

// A peer that is answered only once its records are on the cluster may have left long ago, which nobody sees while
// nothing is read of it.
std::optional<MonoTime> Connection::idle_since() const {
  if (watcher_ != nullptr && need_ == WaitFor::kCommit && is_held_back()) {
    return activity_.last_heard();
  }
  if (watcher_ == nullptr || ending_.lingering || need_ != WaitFor::kInput) {
    return watcher_ != nullptr && ending_.lingering ? std::optional(activity_.patience().since()) : std::nullopt;
  }
  if (activity_.patience().phase() == Patience::Phase::kNext) {
    return activity_.patience().since();
  }
  if (protocol_ != nullptr && protocol_->completed() > 0) {
    return std::nullopt;
  }
  return activity_.idle_since();
}

// Notes how much memory the connection holds. A record that is complete but waits for room or for its turn counts as
// the same record as before.
void Connection::count_memory(WaitFor waits_for) {
  PartialRecordPool::Holds holds = PartialRecordPool::Holds::kTheSame;
  if (waits_for == WaitFor::kInput && activity_.note_completed(protocol_->completed())) {
    holds = PartialRecordPool::Holds::kAnother;
    activity_.patience().end();
  }
  gate_.set_memory(protocol_->memory() + rest_.memory(), holds);
  home_.budget_changed();
}

void Connection::wait_for(WaitFor waits_for) {
  switch (waits_for) {
    case WaitFor::kInput:
      want_input();
      break;
    case WaitFor::kRoom:
      home_.shared.producer.wait_for_room(*this);
      break;
    case WaitFor::kCommit:
      break;
    case WaitFor::kDrain:
      if (!output_.blocked()) {
        home_.next_turn(*this);
      }
      break;
    case WaitFor::kTurn:
      home_.next_turn(*this);
      break;
    case WaitFor::kLinger:
      if (!ending_.eof && !ending_.stopping && !output_.deaf()) {
        ending_.lingering = true;
        if (!output_.blocked()) {
          ::shutdown(watcher_->fd(), SHUT_WR);
        }
        rest_.release();
        gate_.set_memory(0, PartialRecordPool::Holds::kTheSame);
        watcher_->when_readable();
        break;
      }
      [[fallthrough]];
    case WaitFor::kClose:
      if (!output_.blocked()) {
        close();
      }
      break;
  }
}

// Goes on with the input that was kept, after a wait.
void Connection::go_on() {
  gate_.restart(home_.shared.clock.mono());
  run(rest_.view());
}

void Connection::on_turn() {
  if (watcher_ != nullptr && (need_ == WaitFor::kTurn || (need_ == WaitFor::kDrain && !output_.blocked()))) {
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
  output_.note_writable();
  write();
  if (watcher_ == nullptr || output_.blocked()) {
    return;
  }
  note_phase();
  if (need_ == WaitFor::kDrain) {
    go_on();
  } else if (need_ == WaitFor::kClose || need_ == WaitFor::kLinger) {
    wait_for(need_);
  }
}

// Sends answers until there are no more, or the peer's buffer is full.
void Connection::write() {
  if (output_.blocked()) {
    return;
  }
  do {
    protocol_->answer(output_.text());
  } while (output_.send(watcher_->fd()));
  if (output_.blocked()) {
    watcher_->when_writable();
  }
}

void Connection::linger() {
  const ssize_t n = ::recv(watcher_->fd(), home_.shared.scratch->data(), ConnectionShared::kScratch, MSG_DONTWAIT);
  if (n > 0 && ending_.lingered < kLingerLimit) {
    ending_.lingered += static_cast<std::size_t>(n);
    watcher_->when_readable();
  } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    watcher_->when_readable();
  } else {
    close();
  }
}

std::optional<MonoTime> Connection::stalled_since(MonoTime now, Duration grace) const {
  return need_ == WaitFor::kInput ? gate_.stalled_since(now, grace) : std::nullopt;
}

}  // namespace respand::sockets
