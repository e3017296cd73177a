#include "journal/journal.h"

#include <algorithm>
#include <utility>

#include "journal/journal_parts.h"
#include "respand/base/thread.h"

namespace respand::journal {

Result<std::unique_ptr<Journal>> Journal::open(const Settings& settings, fs::FileSystem& fs,
                                               metrics::Registry& registry, const Clock& clock, Random& random) {
  auto folder = open_folder(settings, fs, clock, random);
  if (!folder) {
    return std::move(folder).error();
  }
  return std::unique_ptr<Journal>(
      new Journal(std::make_unique<JournalParts>(settings, fs, std::move(*folder), registry, clock)));
}

Journal::Journal(std::unique_ptr<JournalParts> parts) : parts_(std::move(parts)) {
  parts_->queue.set_write_ahead([this] { return write_ahead(); });
}

Journal::~Journal() { stop(); }

void Journal::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Journal::run(const std::stop_token& stop) {
  name_this_thread("journal");
  while (!stop.stop_requested()) {
    turns_.fetch_add(1, std::memory_order_relaxed);
    const MonoTime next = step();
    if (next <= parts_->clock.mono()) {
      continue;
    }
    if (may_wait()) {
      parts_->sleeper.wait_until(next);
      parts_->queue.disarm();
    }
  }
}

// Arms the bell. While a group waits for room no batch could be taken, so the bell stays silent, and an acknowledgement
// wakes the thread.
bool Journal::may_wait() {
  const MutexLock lock(parts_->turn);
  return !parts_->group.takes_more() || parts_->queue.arm();
}

// A producer's thread: while a group gathers, the journal's thread sleeps until the sync is due, and waking it for each
// batch would cost more than writing the batch here. It is a write to the page cache; whatever needs more than that
// wakes the thread. So does a batch that comes while somebody else has the turn.
bool Journal::write_ahead() {
  if (!gathers_.load(std::memory_order_relaxed) || !parts_->turn.try_lock()) {
    return false;
  }
  const bool gathers = parts_->group.join_ahead(parts_->clock.mono());
  gathers_.store(gathers, std::memory_order_relaxed);
  parts_->turn.unlock();
  return gathers;
}

void Journal::stop() {
  if (std::exchange(stopped_, true)) {
    return;  // the destructor calls it once more, when the readers' bells may be gone already
  }
  if (thread_.joinable()) {
    thread_.request_stop();
    parts_->sleeper.wake();
    thread_.join();
  }
  JournalParts& p = *parts_;
  p.group.end_gathering();
  // A step commits one group; the rest of the queue needs further ones. Nothing is left in the queue that a producer
  // could wait for.
  for (;;) {
    static_cast<void>(step());
    if (!p.group.empty()) {
      p.group.refuse_all(CommitResult::kStopped);  // It can't be written now, and was acknowledged to nobody.
    }
    if (p.queue.empty()) {
      break;
    }
  }
  p.compaction.abandon();
  p.writer.close(false);
  if (p.tail.exists()) {
    static_cast<void>(p.roller.rewrite_tail());
    p.writer.close(false);
  }
  p.acknowledgements.save();
  p.end.close();
}

MonoTime Journal::step() {
  const MutexLock lock(parts_->turn);
  const MonoTime next = turn();
  gathers_.store(parts_->group.waits_for_more(), std::memory_order_relaxed);
  return next;
}

// The order matters. The wish for capacity is set before segments are recycled, so that no acknowledgement is missed in
// between. Room is made before batches are taken. What was committed is published in the same turn. Saving the cursor,
// syncing by interval and compaction come last, because nobody waits for them.
MonoTime Journal::turn() {
  JournalParts& p = *parts_;
  const MonoTime now = p.clock.mono();
  const std::uint64_t appended = p.end.appended();
  p.full.want_capacity();
  if (p.presence.look(now)) {
    clear_issue_if_idle();
  }
  p.reclaimer.recycle(p.availability.needs_capacity() ? Reclaimer::Purpose::kCapacity : Reclaimer::Purpose::kTidiness);
  p.full.reopen_if_due(now);
  p.group.collect(now);
  if (!p.availability.accepting()) {
    p.group.refuse_all(CommitResult::kFull);
  }
  p.group.write_ahead(now);
  if (p.group.is_ready() && p.full.may_try(now)) {
    p.full.take(p.group.commit(), now);
  }
  bool more = p.dispatch.publish(now);
  p.acknowledgements.save_if_due(now);
  p.writer.sync_if_due(now);
  if (p.roller.retry_tail(now)) {
    clear_issue_if_idle();
  }
  more = p.compaction.step(now, p.end.appended() - appended) || more;
  more = more || (p.group.takes_more() && !p.queue.empty());
  return more ? now : next_turn(now);
}

// When the thread has something to do although nothing happens. Before that an acknowledgement wakes it where it wants
// capacity, and a batch where it can take one.
MonoTime Journal::next_turn(MonoTime now) const {
  const JournalParts& p = *parts_;
  const MonoTime group = p.group.empty()            ? MonoTime::max()
                         : p.group.waits_for_more() ? p.group.gathers_until()
                                                    : p.full.retry_at();
  return std::min({group, p.presence.look_at(), p.acknowledgements.save_at(), p.compaction.retry_at(now),
                   p.writer.sync_at(), p.tail.retry_at(), p.full.reopen_at(now), p.dispatch.retry_at()});
}

// Clears the issue after the files were made anew, unless a group still waits for something else.
void Journal::clear_issue_if_idle() {
  if (parts_->group.empty() && parts_->availability.accepting()) {
    parts_->availability.clear_issue();
  }
}

void Journal::nudge() { parts_->sleeper.wake(); }

JournalWriter& Journal::writer() { return parts_->queue; }
RetentionPin& Journal::retention() { return parts_->pins; }
JournalReader& Journal::reader() { return parts_->dispatch; }
const AttributeScan& Journal::history() const { return parts_->history; }
JournalTailer& Journal::tailer() { return parts_->tailer; }
Settlement& Journal::settlement() { return parts_->settlement; }

Snapshot Journal::snapshot() const { return parts_->status.snapshot(); }

std::vector<SequenceRange> Journal::open_among(Sequence first, Sequence end, std::size_t most) const {
  auto open = parts_->acknowledgements.open_in(first, end);
  open.resize(std::min(open.size(), most));
  return open;
}

Sequence Journal::durable_end() const { return parts_->end.next(); }
std::optional<WallTime> Journal::oldest() const { return parts_->status.oldest(); }

}  // namespace respand::journal
