#pragma once
// Compaction: decides when the compactor (compactor.h) works, and acts on its results. It keeps the size of the
// journal's files bounded by the bytes of open records (docs/decisions/0008). Journal thread.

#include <cstdint>

#include "journal/acknowledgements.h"
#include "journal/availability.h"
#include "journal/compactor.h"
#include "journal/dispatch.h"
#include "journal/durable_end.h"
#include "journal/lost_records.h"
#include "journal/retention_pins.h"
#include "journal/segment_writer.h"
#include "journal/segments.h"
#include "journal/unsynced_tail.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"

namespace respand::journal {

class Compaction {
 public:
  // The files take at most twice the open bytes and four segments. Compaction begins at two segments, because one more
  // may be filled, and one written as a copy, before it is done.
  static constexpr std::uint64_t kSlackSegments = 2;
  // Records that the ledger has not read are given up only at three segments: the ledger may be a moment behind.
  static constexpr std::uint64_t kLedgerSlackSegments = 3;
  // The bytes of old segments that one turn reads, so that a group waits for it a few milliseconds at most.
  static constexpr std::uint64_t kTurn = 1U << 20;

  // What it works with, all borrowed.
  struct Parts {
    Segments& segments;
    Acknowledgements& acknowledgements;
    RetentionPins& pins;
    DurableEnd& end;
    LostRecords& lost;
    Dispatch& dispatch;
    const Availability& availability;
    const SegmentWriter& writer;
    const UnsyncedTail& tail;
    const Clock& clock;
  };
  Compaction(const Parts& parts, Bytes segment_size);

  // Does one turn of work; `appended` bytes came in since the last one. Returns whether there is more to do at once.
  bool step(MonoTime now, std::uint64_t appended);
  // Where there is no room for another segment: works until one run of segments is compacted. Returns whether one was.
  [[nodiscard]] bool make_capacity(bool ledger_gives_way);
  // Copies a segment whose file was removed, and is only held open, to a new file of its name.
  [[nodiscard]] Status rescue(const Segments::Entry& segment);
  // Gives up the work that was begun.
  void abandon() { compactor_.abandon(); }
  // After a failure: when it is to be tried again, where that is later than `now`; otherwise MonoTime::max().
  [[nodiscard]] MonoTime retry_at(MonoTime now) const { return retry_at_ > now ? retry_at_ : MonoTime::max(); }

 private:
  [[nodiscard]] Compactor::Hooks hooks();
  [[nodiscard]] Compactor::Look look(Sequence first, Sequence end) const;
  [[nodiscard]] bool holds_too_much(std::uint64_t segments) const;
  [[nodiscard]] Compactor::Turn turn(std::uint64_t bytes, const Compactor::Scope& scope);
  void note_done();

  const Parts parts_;
  const std::uint64_t segment_size_;
  Compactor compactor_;
  MonoTime retry_at_{};
  log::LogThrottle failures_;
};

}  // namespace respand::journal
