#pragma once
// UnsyncedTail: under journal.sync: interval, the records whose fdatasync failed. Journal thread.
//
// The groups behind the last good sync are acknowledged to their producers and gone from memory. Reads still find them
// in the page cache. But the kernel takes them for written, so another fdatasync of that file would succeed whether
// they are on the disk or not. Therefore they are read back and written anew, under the same sequences, to a file that
// becomes the next segment when all of it is durable. Until the copy is durable and renamed into place, the old segment
// stays in the table, so that a restart after kill -9 still finds these records. No new record becomes durable before
// that.
//
// What holds: while there is a tail no segment is open.

#include <cstdint>
#include <memory>
#include <optional>

#include "journal/durable_end.h"
#include "journal/segments.h"
#include "respand/base/clock.h"

namespace respand::journal {

// The place up to which a segment is synced.
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

  // The fdatasync of the segment failed: the records behind `synced` are the tail. `why`: for the log.
  void keep(std::shared_ptr<Segment> segment, const SyncedEnd& synced, const Error& why);
  [[nodiscard]] bool exists() const { return tail_.has_value(); }
  // The segment's records were dropped, or are durable elsewhere: where it held the tail, there is no tail any more.
  void discard(SegmentId segment);

  // When rewrite() is to be tried next; MonoTime::max() where there is no tail.
  [[nodiscard]] MonoTime retry_at() const { return tail_ ? retry_at_ : MonoTime::max(); }
  // Puts the next try off by kRetryInterval.
  void postpone();

  struct Rewritten {
    std::shared_ptr<Segment> segment;
    std::uint64_t end = 0;  // where its records end
  };
  // Writes the tail anew. On return its records are durable in a live segment, and there is no tail any more. After a
  // failure the tail is as it was.
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
