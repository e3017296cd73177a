#include "journal/compaction.h"

#include <algorithm>

#include "journal/settings.h"

namespace respand::journal {

Compaction::Compaction(const Parts& parts, Bytes segment_size)
    : parts_(parts), segment_size_(segment_size.value), compactor_(parts.segments, segment_size.value, hooks()) {}

Compactor::Hooks Compaction::hooks() {
  return {
      .look = [this](Sequence first, Sequence end) { return look(first, end); },
      .durable_end = [this] { return parts_.end.next(); },
      .open = [this](Sequence first, Sequence end) { return parts_.acknowledgements.open_in(first, end); },
      // The cursor is saved before anything is left out: a start after a crash must know that it was acknowledged.
      .open_on_disk = [this](Sequence first, Sequence end) { return parts_.acknowledgements.open_on_disk(first, end); },
      .lost = [this](Sequence first, Sequence end, const Place& place,
                     std::string_view why) { parts_.lost.lose(first, end, 0, place, why); },
      .keep_aside = [this](const Segment& segment, std::uint64_t offset,
                           std::uint64_t end) { parts_.lost.keep_aside(segment.id(), *segment.file(), offset, end); },
      .leave = [this](std::span<const SegmentId> segments) { parts_.dispatch.leave(segments); }};
}

Compactor::Look Compaction::look(Sequence first, Sequence end) const {
  const Acknowledgements::Look seen = parts_.acknowledgements.look(first, end);
  return {.now = {.open = seen.open, .segment_readers = parts_.pins.readers(), .acked_bytes = seen.acked_bytes},
          .usual = seen.all.on_disk() / std::max<std::uint64_t>(1, seen.all.records)};
}

// Whether the files take more than twice the open bytes and so many segments.
bool Compaction::holds_too_much(std::uint64_t segments) const {
  return parts_.segments.live_bytes().value > 2 * parts_.acknowledgements.open().on_disk() + segments * segment_size_;
}

bool Compaction::step(MonoTime now, std::uint64_t appended) {
  const bool eager = parts_.availability.needs_capacity();
  if (parts_.tail.exists() || now < retry_at_ || !(eager || compactor_.busy() || holds_too_much(kSlackSegments))) {
    return false;
  }
  // Compaction reads twice as fast as records come in; if it were slower than they, the bound would not hold.
  const std::uint64_t bytes = std::max(kTurn, 2 * appended);
  const Compactor::Scope scope{.newest = eager && !parts_.writer.is_open(),
                               .ledger_gives_way = eager || holds_too_much(kLedgerSlackSegments)};
  return turn(bytes, scope) != Compactor::Turn::kNothing && now >= retry_at_;
}

// Works without limit: no group can be written before there is room, so nothing waits for this that would not wait
// anyway.
bool Compaction::make_capacity(bool ledger_gives_way) {
  if (parts_.tail.exists() || parts_.clock.mono() < retry_at_) {
    return false;
  }
  for (;;) {
    switch (turn(~0ULL, {.newest = !parts_.writer.is_open(), .ledger_gives_way = ledger_gives_way})) {
      case Compactor::Turn::kMore:
        break;
      case Compactor::Turn::kDone:
        return true;
      case Compactor::Turn::kNothing:
      case Compactor::Turn::kFailed:
        return false;
    }
  }
}

Compactor::Turn Compaction::turn(std::uint64_t bytes, const Compactor::Scope& scope) {
  const Compactor::Turn done = compactor_.step(bytes, scope);
  if (done == Compactor::Turn::kDone) {
    note_done();
  } else if (done == Compactor::Turn::kFailed) {
    const MonoTime now = parts_.clock.mono();
    retry_at_ = now + kRetryInterval;
    if (failures_.open(now)) {
      log::warning("old segments of the journal can't be compacted and take more room than what is open",
                   {{"error", compactor_.failure()->message}, {"held_back", failures_.held_back()}});
    }
  }
  return done;
}

void Compaction::note_done() {
  const Compactor::Done& done = compactor_.done();
  if (done.end == parts_.end.next()) {
    parts_.end.move(done.segment, done.last_offset);  // The newest segment was compacted: its last record has moved.
  }
  if (done.ledger_lost_below > parts_.pins.ledger()) {
    parts_.pins.report_ledger_loss(done.ledger_lost_below);
  }
}

Status Compaction::rescue(const Segments::Entry& segment) {
  Status copied = compactor_.rescue(segment);
  if (copied && segment.name.first < parts_.end.next()) {
    note_done();
  }
  return copied;
}

}  // namespace respand::journal
