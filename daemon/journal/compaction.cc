// Journal: keeps what its files take bounded by what is open (compactor.h, docs/decisions/0008).

#include <algorithm>

#include "journal/journal.h"

namespace respand::journal {

// Bytes that open records take, with their headers.
std::uint64_t Journal::open_bytes() const {
  return progress_.with([&](const Progress& progress) { return open_bytes(progress); });
}

std::uint64_t Journal::open_bytes(const Progress& progress) const {
  const std::uint64_t records = backlog_records(progress);
  const std::uint64_t appended = appended_;
  const std::uint64_t bytes =
      records > 0 && appended > progress.state.acked_bytes ? appended - progress.state.acked_bytes : 0;
  return bytes + records * RecordHeader::kSize;
}

std::uint64_t Journal::backlog_records(const Progress& progress) const {
  const AckedSet& acked = progress.state.acked;
  const std::uint64_t end = durable_end_;
  const std::uint64_t below = acked.floor().value + acked.above_floor();
  return end > below ? end - below : 0;
}

bool Journal::holds_too_much(std::uint64_t segments) const {
  return segments_.live_bytes().value > 2 * open_bytes() + segments * settings_.segment_size.value;
}

SegmentReaders Journal::segment_readers() const {
  return {.spool = Sequence{keep_from_}, .ledger = Sequence{tail_from_}};
}

Compactor::Hooks Journal::compactor_hooks() {
  const auto look = [this](Sequence first, Sequence end) {
    Compactor::Look seen{.now = {.segment_readers = segment_readers()}};
    progress_.with([&](const Progress& progress) {
      seen.now.open = progress.state.acked.open_count(first, end);
      seen.now.acked_bytes = progress.state.acked_bytes;
      seen.usual = open_bytes(progress) / std::max<std::uint64_t>(1, backlog_records(progress));
    });
    return seen;
  };
  return {
      .look = look,
      .durable_end = [this] { return durable_end(); },
      .open =
          [this](Sequence first, Sequence end) {
            return progress_.with([&](const Progress& progress) { return progress.state.acked.open_in(first, end); });
          },
      .open_on_disk = [this](Sequence first, Sequence end) { return open_on_disk(first, end); },
      .lost = [this](Sequence first, Sequence end, const Place& place,
                     std::string_view why) { lose(first, end, 0, place, why); },
      .keep_aside = [this](const Segment& segment, std::uint64_t offset,
                           std::uint64_t end) { quarantine_->keep(segment.id(), *segment.file(), offset, end); },
      .leave =
          [this](std::span<const SegmentId> segments) {
            backlog_.leave(segments);
            routes_.leave(segments);
          }};
}

// The cursor on disk comes first: a start after a crash must know that what is gone was acknowledged.
std::optional<std::vector<SequenceRange>> Journal::open_on_disk(Sequence first, Sequence end) {
  if (save_failed_ && clock_.mono() < save_at_) {
    return std::nullopt;
  }
  persist_cursor();
  if (save_failed_) {
    return std::nullopt;
  }
  return Cursor::as_stored(saved_).open_in(first, end);
}

// Whether there is more to do at once.
bool Journal::compact(MonoTime now, std::uint64_t appended) {
  const bool eager = !accepting() || pressed_;
  if (unsynced_ || now < compact_at_ || !(eager || compactor_.busy() || holds_too_much(kSlackSegments))) {
    return false;
  }
  // As fast as records come in, at least, or the bound would not hold while they do.
  const std::uint64_t bytes = std::max(kCompactionTurn, 2 * appended);
  const Compactor::Scope scope{.newest = eager && !segment_,
                               .ledger_gives_way = eager || holds_too_much(kLedgerSlackSegments)};
  return compaction_turn(bytes, scope) != Compactor::Turn::kNothing && now >= compact_at_;
}

// Where there is no room for another segment: all at once, who waits for it waits anyway.
bool Journal::compact_for_capacity(bool ledger_gives_way) {
  if (unsynced_ || clock_.mono() < compact_at_) {
    return false;
  }
  for (;;) {
    switch (compaction_turn(~0ULL, {.newest = !segment_, .ledger_gives_way = ledger_gives_way})) {
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

Compactor::Turn Journal::compaction_turn(std::uint64_t bytes, const Compactor::Scope& scope) {
  const Compactor::Turn turn = compactor_.step(bytes, scope);
  if (turn == Compactor::Turn::kDone) {
    note_compacted();
  } else if (turn == Compactor::Turn::kFailed) {
    compact_at_ = clock_.mono() + kRetryInterval;
    if (compaction_gate_.open(clock_.mono())) {
      log::warning("old segments of the journal can't be compacted and take more room than what is open",
                   {{"error", compactor_.failure()->message}, {"held_back", compaction_gate_.held_back()}});
    }
  }
  return turn;
}

void Journal::note_compacted() {
  const Compactor::Done& done = compactor_.done();
  if (done.end == durable_end()) {
    // It is the newest one: that is where the end is now.
    mark_ = EndMark{.journal = id_,
                    .segment = done.segment,
                    .offset = done.last_offset,
                    .sequence = Sequence{done.end.value - 1},
                    .appended = appended_};
    note_end();
  }
  if (done.ledger_lost_below > Sequence{tail_from_}) {
    say_ledger_lost(done.ledger_lost_below);
  }
}

}  // namespace respand::journal
