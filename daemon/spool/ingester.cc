#include "spool/ingester.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "spool/limits.h"

namespace respand::spool {
namespace {

// What opening a file and looking at its end costs, in bytes read; so a step opens at most 256.
constexpr std::uint64_t kOpenCost = 4096;
// Two writes that are further apart than this have different stamps: file systems count time in steps of up to 10 ms.
constexpr Duration kClockStep = std::chrono::milliseconds{50};

}  // namespace

bool Ingester::take(MonoTime now) {
  for (std::uint64_t work = 0; work < kStepBytes;) {
    if (!batches_.has_room()) {
      return false;
    }
    if (active_ == nullptr && !next_turn(now)) {
      batches_.offer(now);  // Nothing more is going to share this batch.
      return false;
    }
    const bool large = turn_of_large_;
    const std::uint64_t cost = advance(now);
    work += cost;
    turn_ += cost;
    new_work_ += large ? 0 : cost;
    if (active_ != nullptr && turn_ >= kTurn) {
      end_turn();
    }
  }
  return true;
}

MonoTime Ingester::next_wake() const {
  MonoTime next = MonoTime::max();
  if (batches_.has_room() && (!shared_.files.all_open() || !unlinked_.empty())) {
    next = shared_.queue.next();
  }
  for (const SpoolFile* file : unlinked_) {
    next = active_ == nullptr ? std::min(next, file->until) : next;
  }
  return next;
}

// Files that have not had a turn yet go first, but for a turn of a large one now and then.
bool Ingester::next_turn(MonoTime now) {
  turn_ = 0;
  turn_of_large_ = false;
  const bool large_is_due = !large_.empty() && new_work_ >= kTurn;
  if (!large_is_due && open_next(now)) {
    return true;
  }
  if (large_.empty()) {
    return false;
  }
  new_work_ = 0;
  turn_of_large_ = true;
  active_ = large_.front();
  large_.pop_front();
  return true;
}

// The file is a large one. Where too many are being read already it waits for one of them to end: what is durable of it
// by then is not taken again.
void Ingester::end_turn() {
  if (turn_of_large_ || large_.size() < kMaxLarge) {
    large_.push_back(active_);
    active_ = nullptr;
    return;
  }
  SpoolFile& file = *active_;
  file.put_off = true;
  again(file, kIssueInterval);
}

void Ingester::call_put_off(MonoTime now) {
  if (!put_off_.empty() && large_.size() < kMaxLarge) {
    shared_.queue.finished(*put_off_.begin(), now);
    put_off_.erase(put_off_.begin());
  }
}

bool Ingester::open_next(MonoTime now) {
  SpoolQueue::Due due;
  while (true) {
    if (shared_.files.all_open() && !unlinked_.empty()) {
      unlinked_.front()->until = now;
      look_at_unlinked(now);
      if (active_ != nullptr) {
        return true;
      }
    }
    if (shared_.files.all_open() || !shared_.queue.pop(now, due)) {
      return false;
    }
    if (ready(due, now) && open_file(due, now)) {
      return true;
    }
  }
}

// A file that was not heard of as finished has to have lain untouched; else it goes back into the queue.
bool Ingester::ready(const SpoolQueue::Due& due, MonoTime now) {
  if (due.finished) {
    return true;
  }
  const SpoolLook look = shared_.directory.look(due.name);
  const Duration age = shared_.report.age(look.stamp);
  if (look.entry != SpoolEntry::kFile || shared_.queue.untouched(due, look.stamp, age)) {
    return true;
  }
  shared_.queue.seen(due.name, look.stamp, age, now);
  return false;
}

// True where it is now the one that is read.
bool Ingester::open_file(const SpoolQueue::Due& due, MonoTime now) {
  SpoolOpened opened = shared_.directory.open_file(due.name);
  if (opened.entry != SpoolEntry::kFile) {
    // The next listing brings it up again.
    shared_.report.note_unreadable(due.name, {.entry = opened.entry, .os_error = opened.os_error});
    return false;
  }
  if (shared_.directory.writers(opened.fd.get(), due.name) == SpoolWriters::kSome) {
    shared_.report.waiting().note(due.name, SpoolWait::kOpen, shared_.clock.wall());
    // It is not finished. Its closing is heard of, and else the listing brings it up again; the kernel may speak of a
    // closing a moment before it counts it.
    if (due.finished) {
      shared_.queue.held(due.name, shared_.settings.quiet_period, now);
    }
    return false;
  }
  return begin_file(due, std::move(opened), now);
}

// Takes a file in hand. False where it is in hand already (its own end will show whether it was written to), too soon,
// or has nothing left to be read.
bool Ingester::begin_file(const SpoolQueue::Due& due, SpoolOpened opened, MonoTime now) {
  shared_.files.drop_predecessors(opened.id);
  SpoolFile& file = shared_.files.find_or_add(opened.id);
  if (file.state != SpoolState::kKnown) {
    file.touched = file.touched || due.finished;
    return false;
  }
  file.name = due.name;
  if (held_back(file, opened.stamp, now)) {
    return false;
  }
  file.put_off = false;
  (void)judge_name(file.name, file.kind);
  file.owner = opened.owner;
  file.replayed = opened.own && writers_name(file.name).starts_with(kReplayPrefix);
  file.fresh = shared_.report.age(opened.stamp) < kClockStep;
  file.touched = false;
  shared_.report.waiting().note(file.name, SpoolWait::kQueued, shared_.report.since(opened.stamp));
  file.whole = file.whole && file.stamp == opened.stamp;
  file.stamp = opened.stamp;
  shared_.files.note_open(file, std::move(opened.fd));
  if (file.whole) {
    file.state = SpoolState::kWaiting;
    shared_.files.note_done(file);
    return false;
  }
  begin_reading(file);
  return true;
}

// Whether the file is not to be read now, although it is ready.
bool Ingester::held_back(SpoolFile& file, const SpoolStamp& stamp, MonoTime now) {
  if (now < file.not_before) {
    shared_.queue.later(file.name, file.not_before - now, now);
    return true;
  }
  if (file.unkept && file.stamp == stamp && !shared_.rejected.open(SpoolRejected::Make::kYes)) {
    return true;  // Nothing has changed, and to read it again would change nothing.
  }
  if (file.put_off && large_.size() >= kMaxLarge) {
    put_off(file);
    shared_.queue.later(file.name, kIssueInterval, now);
    return true;
  }
  return false;
}

// Where records of it are durable, it is proved first that they are still what it holds.
void Ingester::begin_reading(SpoolFile& file) {
  file.state = file.taken.empty() ? SpoolState::kTaking : SpoolState::kProving;
  read_from_start(file);
}

void Ingester::read_from_start(SpoolFile& file) {
  active_ = &file;
  file.proof = 0;
  file.refused = {};
  file.refused_bytes = 0;
  file.unkept = false;
  // A file without a name can't be moved away: of it the refused bytes are kept, whatever its kind.
  file.rejects = std::make_unique<SpoolRejects>(shared_.rejected, file.id,
                                                file.unlinked ? SpoolPacking::kPlain : file.kind.packing);
  file.reader =
      std::make_unique<SpoolReader>(file.fd.get(), file.kind, shared_.settings.encoder.max_record, file.stamp);
}

// Does the next bit of work on the active file; returns what it cost.
std::uint64_t Ingester::advance(MonoTime now) {
  SpoolFile& file = *active_;
  const std::uint64_t before = file.reader->position();
  const SpoolReader::Event event = file.reader->next();
  const std::uint64_t cost = file.reader->position() - before;
  if (file.state == SpoolState::kProving) {
    prove_event(file, event, now);
  } else {
    take_event(file, event, now);
  }
  return active_ == &file ? cost : cost + kOpenCost;
}

void Ingester::take_event(SpoolFile& file, SpoolReader::Event event, MonoTime now) {
  switch (event) {
    case SpoolReader::Event::kMore:
      return;
    case SpoolReader::Event::kRecord:
      take_record(file, now);
      return;
    case SpoolReader::Event::kRefused:
      refuse(file, file.reader->refusal(), now);
      return;
    case SpoolReader::Event::kRest:
      keep_raw(file, file.reader->raw(), now);
      return;
    case SpoolReader::Event::kEnd:
      end_file(file, now);
      return;
    case SpoolReader::Event::kChanged:
      again(file, shared_.settings.quiet_period);
      return;
    case SpoolReader::Event::kDamaged:
      refuse(file, file.reader->refusal(), now);
      end_file(file, now);
      return;
    case SpoolReader::Event::kFailed:
      failed(file, file.reader->os_error(), now);
      return;
  }
}

void Ingester::prove_event(SpoolFile& file, SpoolReader::Event event, MonoTime now) {
  switch (event) {
    case SpoolReader::Event::kMore:
    case SpoolReader::Event::kRest:
      return;
    case SpoolReader::Event::kRecord:
      if (file.taken.contains(file.reader->ordinal())) {
        file.proof += SpoolTaken::mark(file.reader->ordinal(), crc_of(file.reader->text()));
      }
      [[fallthrough]];
    case SpoolReader::Event::kRefused:
      if (file.reader->ordinal() + 1 < file.taken.end()) {
        return;
      }
      break;
    case SpoolReader::Event::kEnd:
    case SpoolReader::Event::kDamaged:
      break;
    case SpoolReader::Event::kChanged:
    case SpoolReader::Event::kFailed:
      take_event(file, event, now);
      return;
  }
  if (file.proof != file.taken.sum()) {
    log::warning("a spool file was rewritten in place after records of it were taken: it is taken anew",
                 {{"file", writers_name(file.name)}});
    file.taken.start_version();
  }
  file.state = SpoolState::kTaking;
  read_from_start(file);
}

void Ingester::take_record(SpoolFile& file, MonoTime now) {
  if (file.taken.contains(file.reader->ordinal())) {
    return;
  }
  if (const std::optional<record::Refusal> refusal = encoder_.take(file)) {
    file.refused_bytes += file.reader->text().size();
    refuse(file, *refusal, now);
  }
}

void Ingester::refuse(SpoolFile& file, const record::Refusal& refusal, MonoTime now) {
  ++file.refused[static_cast<std::size_t>(refusal.reason)];
  if (file.unkept) {
    return;
  }
  std::string line;
  if (!file.rejects->full()) {  // Of a bomb there may be many millions.
    const std::string place = file.reader->place();
    line = cat(place, place.empty() ? "" : cat(", byte ", refusal.byte, ": "), refusal.message);
  }
  if (Status kept = file.rejects->begin(line); !kept) {
    shared_.note_unkept(file, kept.error(), now);
    return;
  }
  keep_raw(file, file.reader->raw(), now);
}

void Ingester::keep_raw(SpoolFile& file, const SpoolReader::Raw& raw, MonoTime now) {
  for (const std::string_view bytes : {raw.head, raw.tail, std::string_view(raw.add_line_end ? "\n" : "")}) {
    if (file.unkept) {
      return;
    }
    if (Status kept = file.rejects->append(bytes); !kept) {
      shared_.note_unkept(file, kept.error(), now);
    }
  }
}

void Ingester::failed(SpoolFile& file, int os_error_number, MonoTime now) {
  shared_.report.issue(SpoolFault::kFileNotRead, writers_name(file.name), os_error(os_error_number, "read"), now);
  shared_.report.waiting().note(file.name, SpoolWait::kFailed, shared_.report.since(file.stamp));
  again(file, kIssueInterval);
}

void Ingester::end_file(SpoolFile& file, MonoTime now) {
  if (file.rejects) {
    if (Status kept = file.rejects->close(); !kept) {
      shared_.note_unkept(file, kept.error(), now);
    }
  }
  file.state = SpoolState::kWaiting;
  let_go(file);
}

// Gives the file up for now. What of it is on its way stays so, and is remembered when it is durable.
void Ingester::again(SpoolFile& file, Duration delay) {
  file.state = SpoolState::kAgain;
  file.delay = delay;
  file.rejects.reset();
  let_go(file);
}

void Ingester::let_go(SpoolFile& file) {
  active_ = nullptr;
  file.reader.reset();
  if (file.uncommitted == 0) {
    shared_.files.note_done(file);
  }
}

void Ingester::keep_open(SpoolFile& file, MonoTime until) {
  file.state = SpoolState::kLingering;
  file.until = until;
  unlinked_.push_back(&file);
}

void Ingester::look_at_unlinked(MonoTime now) {
  for (std::size_t i = 0; i < unlinked_.size();) {
    SpoolFile& file = *unlinked_[i];
    if (file.until > now) {
      ++i;
      continue;
    }
    const auto stamp = stamp_of(file.fd.get());
    const bool written = stamp && *stamp != file.stamp;
    if (!written && !shared_.files.all_open() && shared_.settings.calls.writers(file.fd.get()) == SpoolWriters::kSome) {
      file.until = now + shared_.settings.quiet_period;  // He may write yet.
      ++i;
      continue;
    }
    if (written && active_ != nullptr) {
      ++i;
      continue;
    }
    unlinked_.erase(unlinked_.begin() + static_cast<std::ptrdiff_t>(i));
    if (written) {
      file.stamp = *stamp;
      begin_reading(file);
      turn_ = 0;
      turn_of_large_ = false;
    } else {
      shared_.files.forget(file);
    }
  }
}

}  // namespace respand::spool
