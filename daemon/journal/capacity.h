#pragma once
// Capacity: makes room for another segment, under journal.max_size and on the disk. Room comes, in this order, from
// segments that nobody needs, from old segments that are compacted, and from records that only the ledger still looks
// for. Dropping the oldest records is the caller's decision. Journal thread.

#include <cstdint>

#include "journal/acknowledgements.h"
#include "journal/availability.h"
#include "journal/compaction.h"
#include "journal/dispatch.h"
#include "journal/durable_end.h"
#include "journal/reclaimer.h"
#include "journal/record_reader.h"
#include "journal/segment_writer.h"
#include "journal/segments.h"
#include "journal/unsynced_tail.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/metrics/metrics.h"

namespace respand::journal {

class Capacity {
 public:
  // What it works with, all borrowed.
  struct Parts {
    Segments& segments;
    Acknowledgements& acknowledgements;
    Reclaimer& reclaimer;
    Compaction& compaction;
    Dispatch& dispatch;
    RecordReader& records;
    const Availability& availability;
    const DurableEnd& end;
    const SegmentWriter& writer;
    UnsyncedTail& tail;
    const Clock& clock;
  };
  // `dropped` counts what drop_oldest() drops.
  Capacity(const Parts& parts, metrics::Counter dropped) : parts_(parts), dropped_(dropped) {}

  // Makes room where there is none. Returns whether there is room for a segment under journal.max_size. Requires: no
  // open segment.
  [[nodiscard]] bool make_for_segment();
  // For a full disk: whether the next segment needs no new file.
  [[nodiscard]] bool can_reuse() const;
  // Drops the oldest segment with all open records in it. False where it is the segment that is being written, or there
  // is none.
  [[nodiscard]] bool drop_oldest();

 private:
  [[nodiscard]] std::uint64_t open_bytes_in(const Segments::Entry& segment, Sequence limit) const;
  void say_dropped(std::uint64_t records);
  // Whether nobody needs any durable record.
  [[nodiscard]] bool all_is_done() const { return parts_.reclaimer.needed_from() >= parts_.end.next(); }

  const Parts parts_;
  metrics::Counter dropped_;
  std::uint64_t dropped_unsaid_ = 0;
  log::LogThrottle drops_;
};

}  // namespace respand::journal
