#pragma once
// Compaction: when the compactor (compactor.h) works, and what comes of it. It keeps what the journal's files take
// bounded by what is open (docs/decisions/0008). Journal thread.

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
  // The segments hold at most twice the open bytes and four segments. Compaction begins at two: one may be filled, and
  // one written anew, before it has done.
  static constexpr std::uint64_t kSlackSegments = 2;
  // What the ledger has not read goes for it at three only: it may be a moment behind.
  static constexpr std::uint64_t kLedgerSlackSegments = 3;
  // Bytes of old segments that one turn looks at, so that a group waits for it a few milliseconds at most.
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

  // One turn, while `appended` bytes came in. Whether there is more to do at once.
  bool step(MonoTime now, std::uint64_t appended);
  // Where there is no room for another segment: all at once, until one run of segments is written anew. Whether one
  // was.
  [[nodiscard]] bool make_capacity(bool ledger_gives_way);
  // Writes a segment whose file was removed, and is only held open, to a new file of its name.
  [[nodiscard]] Status rescue(const Segments::Entry& segment);
  // Forgets what it was at.
  void abandon() { compactor_.abandon(); }
  // After a failure: when it is to be tried again, where that is behind `now`; else MonoTime::max().
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
