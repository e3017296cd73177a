#include "spool/ingester.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "spool/limits.h"

namespace respand::spool {
namespace {

// What opening a file and looking at its end counts for, as if so many bytes were read: a step opens at most 256 files.
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
      batches_.offer(now);  // No further record is going to share this batch.
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

// Chooses the file to be read next: one that has not had a turn yet, but a large one now and then, so that many small
// files do not hold up the large ones for ever.
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

// Ends the turn of a file that is larger than one turn. Where too many such files are being read already it has to wait
// until one of them ends; the records that are durable by then are not taken again.
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

// Whether the file may be opened: a notice said that it is finished, or it has lain untouched for the quiet period. If
// not, it goes back into the queue.
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

// Opens a file that is ready, if nobody writes to it. True where it is now the active one.
bool Ingester::open_file(const SpoolQueue::Due& due, MonoTime now) {
  SpoolOpened opened = shared_.directory.open_file(due.name);
  if (opened.entry != SpoolEntry::kFile) {
    // The next listing brings it up again.
    shared_.report.note_unreadable(due.name, {.entry = opened.entry, .os_error = opened.os_error});
    return false;
  }
  if (shared_.directory.writers(*opened.file, due.name) == fs::Writers::kSome) {
    shared_.report.waiting().note(due.name, SpoolWait::kOpen, shared_.clock.wall());
    // Somebody is still writing. A notice will tell when the file is closed, and if it is missed the next listing finds
    // the file. A file that a notice has called finished is asked about once more: the kernel sends the notice a moment
    // before it stops to count the writer.
    if (due.finished) {
      shared_.queue.held(due.name, shared_.settings.quiet_period, now);
    }
    return false;
  }
  return begin_file(due, std::move(opened), now);
}

// Makes the opened file the active one. False where it is being read or removed already (its stamp will show then
// whether it was written to), where it is too soon, or where nothing of it is left to be read.
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
  shared_.files.note_open(file, std::move(opened.file));
  if (file.whole) {
    file.state = SpoolState::kWaiting;
    shared_.files.note_done(file);
    return false;
  }
  begin_reading(file);
  return true;
}

// Whether the file has to wait although it is ready; then it is back in the queue, or the next listing brings it.
bool Ingester::held_back(SpoolFile& file, const SpoolStamp& stamp, MonoTime now) {
  if (now < file.not_before) {
    shared_.queue.later(file.name, file.not_before - now, now);
    return true;
  }
  if (file.unkept && file.stamp == stamp && !shared_.rejected.open(SpoolRejected::Make::kYes)) {
    return true;  // Its refused lines still have no place, and the file is the same: reading it again would change
                  // nothing.
  }
  if (file.put_off && large_.size() >= kMaxLarge) {
    put_off(file);
    shared_.queue.later(file.name, kIssueInterval, now);
    return true;
  }
  return false;
}

// Begins to read the file. Where some of its records are durable, a first pass proves that it still holds them.
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
  // A file without a name can't be moved to rejected/, so its refused bytes are kept there, packed or not.
  file.rejects = std::make_unique<SpoolRejects>(shared_.rejected, file.id,
                                                file.unlinked ? SpoolPacking::kPlain : file.kind.packing);
  file.reader = std::make_unique<SpoolReader>(*file.open, file.kind, shared_.settings.encoder.max_record, file.stamp);
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

// The first pass over a file of which records are durable adds up their marks, up to the last of them. Where the sum is
// not the one that the journal's evidence gives, the file is another version and is taken anew.
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

// Counts a refusal and puts aside its reason and its first bytes. Where that fails, nothing more of this file is put
// aside: the file stays and is read again, so that rejected/ gets all of its refused bytes or none.
void Ingester::refuse(SpoolFile& file, const record::Refusal& refusal, MonoTime now) {
  ++file.refused[static_cast<std::size_t>(refusal.reason)];
  if (file.unkept) {
    return;
  }
  std::string line;
  if (!file.rejects->full()) {  // A packed bomb may hold many millions, and none of their lines would be kept.
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

// Stops reading the file for now. Its records that are on their way go on, and are remembered when they are durable.
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
    const auto stamp = stamp_of(*file.open);
    const bool written = stamp && *stamp != file.stamp;
    if (!written && !shared_.files.all_open() && file.open->writers() == fs::Writers::kSome) {
      file.until = now + shared_.settings.quiet_period;  // Its writer may go on writing.
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
