// Journal: what needs no further work, the cursor that remembers it, and segments that may go.

#include <algorithm>

#include "journal/journal.h"

namespace respand::journal {

std::uint64_t Journal::acknowledge(std::span<const Ack> done) {
  const std::uint64_t fresh = progress_.with([&](Progress& progress) {
    std::uint64_t count = 0;
    for (const Ack& record : done) {
      if (progress.state.acked.add(record.sequence)) {
        ++count;
        progress.state.acked_bytes += record.length;
      }
    }
    progress.state.keep_from = keep_to_persist();
    auto written = progress.cursor.write(progress.state);
    if (!written && progress.failures.open(clock_.mono())) {
      log::warning("the journal's cursor could not be written: after a crash some records may be sent again",
                   {{"error", written.error().message}});
    }
    return count;
  });
  note_progress();
  return fresh;
}

void Journal::note_progress() {
  const bool first_change = !cursor_changed_.load(std::memory_order_relaxed) && !cursor_changed_.exchange(true);
  const bool capacity = wants_capacity_.load() && wants_capacity_.exchange(false);
  if (first_change || capacity) {
    sleeper_.wake();
  }
}

void Journal::lost(const Ref& ref, std::string_view why) {
  if (progress_.with([&](const Progress& progress) { return progress.state.acked.contains(ref.sequence); })) {
    return;  // Dropped between the look and the read: it is counted.
  }
  Place place{ref.segment->id(), ref.offset};
  if (const auto now = place_of(ref)) {
    place = {now->segment->id(), now->offset};
    quarantine_->keep(place.segment, *now->file, place.offset, place.offset + record_extent(ref.length));
  }
  lose(ref.sequence, ref.sequence.next(), ref.length, place, why);
}

void Journal::lose(Sequence first, Sequence end, std::uint64_t bytes, const Place& place, std::string_view why) {
  const std::uint64_t lost = progress_.with([&](Progress& progress) {
    const std::uint64_t fresh = progress.state.acked.add_range(first, end);
    progress.state.acked_bytes += fresh > 0 ? bytes : 0;
    return fresh;
  });
  if (lost == 0) {
    return;
  }
  dropped_damaged_.add(static_cast<double>(lost));
  note_progress();
  log::error("records of the journal can't be read any more; what is left of them is in its quarantine folder",
             {{"first_sequence", first.value},
              {"records", lost},
              {"segment", place.segment.value},
              {"offset", place.offset},
              {"why", why}});
}

void Journal::note_acked_before(Sequence first, Sequence end) {
  if (progress_.with([&](Progress& progress) { return progress.state.acked.add_range(first, end); }) > 0) {
    note_progress();
  }
}

void Journal::acknowledge_passed_over() {
  if (!backlog_.passed_over().empty()) {
    dropped_sampled_out_.add(static_cast<double>(acknowledge(backlog_.passed_over())));
    backlog_.forget_passed_over();
  }
}

void Journal::keep_from(Sequence floor) noexcept {
  if (floor.value > keep_from_) {
    keep_from_ = floor.value;
    note_progress();  // A segment may have become free.
  }
}

Sequence Journal::hold() noexcept {
  const std::uint64_t end = durable_end_;
  keep_from_ = std::min(keep_from_.load(), end);
  return Sequence{end};
}

// What a later run may have to look back to. The end is read first: where nothing is held by then, whatever the spool
// offers afterwards comes behind it.
Sequence Journal::keep_to_persist() const {
  const std::uint64_t end = durable_end_;
  return Sequence{std::min(end, keep_from_.load())};
}

void Journal::save_cursor(MonoTime now) {
  if (save_at_ != MonoTime::max()) {
    if (now >= save_at_) {
      persist_cursor();
    }
  } else if (cursor_changed_.load(std::memory_order_relaxed)) {
    save_at_ = now + kCursorDelay;
  }
}

void Journal::persist_cursor() {
  save_at_ = MonoTime::max();
  cursor_changed_ = false;
  Cursor* cursor = nullptr;
  AckedSet acked{Sequence{0}};
  Status saved = progress_.with([&](Progress& progress) {
    cursor = &progress.cursor;
    if (progress.state.acked.floor().value == durable_end_) {
      progress.state.acked_bytes = appended_;  // those of lost records were not known
    }
    progress.state.keep_from = keep_to_persist();
    acked = progress.state.acked;
    return progress.cursor.prepare(progress.state);
  });
  if (saved) {
    saved = cursor->sync();  // outside the lock: workers do not wait for the disk
  }
  save_failed_ = !saved;
  if (saved) {
    saved_ = std::move(acked);
    return;
  }
  save_at_ = clock_.mono() + kCursorDelay;
  if (cursor_gate_.open(clock_.mono())) {
    log::warning("the journal's cursor could not be saved: after a power cut some records may be sent again",
                 {{"error", saved.error().message}, {"held_back", cursor_gate_.held_back()}});
  }
}

// Before a segment is given up the cursor on disk must say that its records are acknowledged, or a start after a crash
// would count them as lost. False where the disk does not take the cursor.
bool Journal::persist_acks_below(Sequence end) {
  const bool failed_just_now = save_failed_ && clock_.mono() < save_at_;
  if (saved_.floor() < end && !failed_just_now) {
    persist_cursor();
  }
  return saved_.floor() >= end;
}

void Journal::recycle(ReclaimPurpose purpose) {
  const Sequence floor = needed_from();
  const Sequence read{tail_from_};
  switch (purpose) {
    case ReclaimPurpose::kTidiness:
      reclaim(std::min(floor, read));
      return;
    case ReclaimPurpose::kOneMore:
      reclaim(std::min(floor, read));
      if (const auto oldest = segments_.oldest(); oldest && !segments_.capacity()) {
        reclaim(std::min(floor, oldest->limit));
      }
      break;
    case ReclaimPurpose::kCapacity:
      reclaim(floor);
      break;
  }
  if (const auto oldest = segments_.oldest(); oldest && read < oldest->name.first) {
    say_ledger_lost(oldest->name.first);
  }
}

void Journal::say_ledger_lost(Sequence oldest) {
  if (tail_throttle_.open(clock_.mono())) {
    log::warning("the journal needs room: it gave up records that the ledger had not read yet",
                 {{"sequence", tail_from_.load()}, {"oldest", oldest.value}});
  }
}

// Everything below is acknowledged, and the spool does not look back to it.
Sequence Journal::needed_from() const {
  const Sequence floor = progress_.with([](const Progress& progress) { return progress.state.acked.floor(); });
  return std::min(floor, Sequence{keep_from_});
}

// Where the cursor can't be saved segments stay, but while their room is needed: else nobody could write any more.
void Journal::reclaim(Sequence floor) {
  const auto oldest = segments_.oldest();
  if (oldest && oldest->limit <= floor && (persist_acks_below(floor) || !segments_.capacity())) {
    segments_.recycle(floor);
  }
}

}  // namespace respand::journal
