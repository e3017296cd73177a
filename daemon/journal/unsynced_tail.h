#pragma once
// UnsyncedTail: under journal.sync: interval, records whose fdatasync failed. Journal thread.
//
// The groups behind the last good sync are acknowledged and gone from memory. Reads still find them, in the page cache;
// but the kernel takes them for written, and another fdatasync of that file would say so, whether they are or not. So
// they are read back and written anew, under the same sequences, to a file that becomes the next segment when all of it
// is durable: until then the old one holds them, for the start after a kill -9. Nothing new becomes durable before.
//
// What holds: while there is a tail no segment is open.

#include <cstdint>
#include <memory>
#include <optional>

#include "journal/durable_end.h"
#include "journal/segments.h"
#include "respand/base/clock.h"

namespace respand::journal {

// Up to where a segment is synced.
struct SyncedEnd {
  std::uint64_t offset = 0;
  Sequence next;               // of the first record behind
  std::uint64_t appended = 0;  // bytes of all records before that
};

class UnsyncedTail {
 public:
  // All is borrowed.
  UnsyncedTail(Segments& segments, DurableEnd& end, const Clock& clock)
      : segments_(segments), end_(end), clock_(clock) {}

  // The fdatasync of the segment failed: what it holds behind `synced` is the tail. `why`: for the log.
  void keep(std::shared_ptr<Segment> segment, const SyncedEnd& synced, const Error& why);
  [[nodiscard]] bool exists() const { return tail_.has_value(); }
  // What the segment holds was dropped, or is durable elsewhere: of the tail nothing is left where it was that one.
  void discard(SegmentId segment);

  // When rewrite() is to be tried again; MonoTime::max() where there is no tail.
  [[nodiscard]] MonoTime retry_at() const { return tail_ ? retry_at_ : MonoTime::max(); }
  // Not again before kRetryInterval.
  void postpone();

  struct Rewritten {
    std::shared_ptr<Segment> segment;
    std::uint64_t end = 0;  // where its records end
  };
  // Writes the tail anew; on return it is durable, live, and no tail any more. After a failure it is as it was.
  // Requires: exists(), and capacity for a segment.
  [[nodiscard]] Result<Rewritten> rewrite();

 private:
  struct Tail {
    std::shared_ptr<Segment> segment;
    SyncedEnd from;
    std::uint32_t tries = 0;
  };

  Segments& segments_;
  DurableEnd& end_;
  const Clock& clock_;
  std::optional<Tail> tail_;
  MonoTime retry_at_{};
};

}  // namespace respand::journal
