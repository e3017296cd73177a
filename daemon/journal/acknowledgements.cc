#include "journal/acknowledgements.h"

#include <utility>

namespace respand::journal {

Acknowledgements::Acknowledgements(CursorState state, Cursor cursor, const DurableEnd& end, const RetentionPins& pins,
                                   ProgressSignal& progress, const Clock& clock)
    : end_(end),
      pins_(pins),
      signal_(progress),
      clock_(clock),
      progress_(Progress{std::move(state), std::move(cursor), log::LogThrottle{}}) {}

std::uint64_t Acknowledgements::acknowledge(std::span<const Ack> done) {
  const std::uint64_t fresh = progress_.with([&](Progress& progress) {
    std::uint64_t count = 0;
    for (const Ack& record : done) {
      if (progress.state.acked.add(record.sequence)) {
        ++count;
        progress.state.acked_bytes += record.length;
      }
    }
    // Written for the whole turn of a worker, not for each record, and under the lock: a later state must not be
    // overwritten by an earlier one.
    progress.state.keep_from = pins_.persistable();
    auto written = progress.cursor.write(progress.state);
    if (!written && progress.failures.open(clock_.mono())) {
      log::warning("the journal's cursor could not be written: after a crash some records may be sent again",
                   {{"error", written.error().message}});
    }
    return count;
  });
  signal_.note();
  return fresh;
}

std::uint64_t Acknowledgements::add_range(Sequence first, Sequence end, std::uint64_t bytes) {
  const std::uint64_t fresh = progress_.with([&](Progress& progress) {
    const std::uint64_t added = progress.state.acked.add_range(first, end);
    progress.state.acked_bytes += added > 0 ? bytes : 0;
    return added;
  });
  if (fresh > 0) {
    signal_.note();
  }
  return fresh;
}

// Without the write a kill -9 would bring back records that are counted as dropped.
std::uint64_t Acknowledgements::drop_range(Sequence first, Sequence end, std::uint64_t bytes) {
  const std::uint64_t fresh = progress_.with([&](Progress& progress) {
    const std::uint64_t added = progress.state.acked.add_range(first, end);
    progress.state.acked_bytes += bytes;
    static_cast<void>(progress.cursor.write(progress.state));
    return added;
  });
  signal_.note();
  return fresh;
}

bool Acknowledgements::contains(Sequence sequence) const {
  return progress_.with([&](const Progress& progress) { return progress.state.acked.contains(sequence); });
}

Sequence Acknowledgements::floor() const {
  return progress_.with([](const Progress& progress) { return progress.state.acked.floor(); });
}

std::vector<SequenceRange> Acknowledgements::open_in(Sequence first, Sequence end) const {
  return progress_.with([&](const Progress& progress) { return progress.state.acked.open_in(first, end); });
}

Acknowledgements::Open Acknowledgements::open() const {
  return progress_.with([&](const Progress& progress) { return open(progress); });
}

// Counted by subtraction, so that a look costs the same however long the backlog is. The end is read without the
// journal thread's knowledge, so the differences may come out negative for a moment; they count as 0 then.
Acknowledgements::Open Acknowledgements::open(const Progress& progress) const {
  const AckedSet& acked = progress.state.acked;
  const std::uint64_t end = end_.next().value;
  const std::uint64_t below = acked.floor().value + acked.above_floor();
  const std::uint64_t appended = end_.appended();
  Open open;
  open.records = end > below ? end - below : 0;
  open.bytes = open.records > 0 && appended > progress.state.acked_bytes ? appended - progress.state.acked_bytes : 0;
  return open;
}

Acknowledgements::Look Acknowledgements::look(Sequence first, Sequence end) const {
  return progress_.with([&](const Progress& progress) {
    return Look{.open = progress.state.acked.open_count(first, end),
                .acked_bytes = progress.state.acked_bytes,
                .all = open(progress)};
  });
}

void Acknowledgements::save_if_due(MonoTime now) {
  if (save_at_ != MonoTime::max()) {
    if (now >= save_at_) {
      save();
    }
  } else if (signal_.changed()) {
    save_at_ = now + kCursorDelay;
  }
}

// The change flag is cleared before the table is read: what is acknowledged after that sets it anew, and is saved next.
bool Acknowledgements::save() {
  save_at_ = MonoTime::max();
  signal_.clear_changed();
  Cursor* cursor = nullptr;
  AckedSet acked{Sequence{0}};
  Status saved = progress_.with([&](Progress& progress) {
    cursor = &progress.cursor;
    if (progress.state.acked.floor() == end_.next()) {
      progress.state.acked_bytes = end_.appended();  // all is acknowledged; the bytes of lost records were not known
    }
    progress.state.keep_from = pins_.persistable();
    acked = progress.state.acked;
    return progress.cursor.prepare(progress.state);
  });
  if (saved) {
    saved = cursor->sync();  // outside the lock: workers do not wait for the disk
  }
  save_failed_ = !saved;
  if (saved) {
    saved_ = std::move(acked);
    return true;
  }
  save_at_ = clock_.mono() + kCursorDelay;
  if (save_failures_.open(clock_.mono())) {
    log::warning("the journal's cursor could not be saved: after a power cut some records may be sent again",
                 {{"error", saved.error().message}, {"held_back", save_failures_.held_back()}});
  }
  return false;
}

// A segment is given up only when the cursor on disk says that its records are acknowledged. Otherwise a start after a
// crash would count them as lost.
bool Acknowledgements::save_below(Sequence end) {
  if (saved_.floor() < end && !failed_just_now()) {
    save();
  }
  return saved_.floor() >= end;
}

std::optional<std::vector<SequenceRange>> Acknowledgements::open_on_disk(Sequence first, Sequence end) {
  if (failed_just_now() || !save()) {
    return std::nullopt;
  }
  // The cursor may have had no room for the highest ranges: their records are open after a crash, and must be kept.
  return Cursor::as_stored(saved_).open_in(first, end);
}

Status Acknowledgements::renew(const std::string& directory) {
  return progress_.with([&](Progress& progress) {
    Status made = progress.cursor.renew(directory);
    return made ? progress.cursor.write(progress.state) : made;
  });
}

}  // namespace respand::journal
