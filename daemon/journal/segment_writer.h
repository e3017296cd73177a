#pragma once
// SegmentWriter: the open segment, to which groups of batches are written. A group is written behind the last good one,
// synced as journal.sync says, and then made part of the segment. Where the segment is closed before that, it is cut at
// the end of the last good group. Journal thread.
//
// What holds: behind offset() lies nothing but the batches of the group, written() of them.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "journal/durable_end.h"
#include "journal/log_tailer.h"
#include "journal/segments.h"
#include "journal/settings.h"
#include "journal/unsynced_tail.h"
#include "respand/base/clock.h"
#include "respand/journal/writer.h"

namespace respand::journal {

class SegmentWriter {
 public:
  using Group = std::span<const std::unique_ptr<Batch>>;

  // All is borrowed.
  SegmentWriter(const Settings& settings, Segments& segments, const DurableEnd& end, UnsyncedTail& tail,
                LogTailer& tailer, const Clock& clock)
      : settings_(settings), segments_(segments), end_(end), tail_(tail), tailer_(tailer), clock_(clock) {}

  [[nodiscard]] bool is_open() const { return segment_ != nullptr; }
  // Null where none is open.
  [[nodiscard]] const std::shared_ptr<Segment>& segment() const { return segment_; }
  // Where the next group begins in the open segment, or would begin in a new one.
  [[nodiscard]] std::uint64_t offset() const { return segment_ ? offset_ : SegmentHeader::kSize; }
  // Batches of the group that are in the open segment, behind offset(), and not made part of it.
  [[nodiscard]] std::size_t written() const { return written_; }

  // Opens a new segment. Requires: none is open.
  [[nodiscard]] Status open_new();
  // Goes on writing in this segment, which is durable up to `offset`. Requires: none is open.
  void open(std::shared_ptr<Segment> segment, std::uint64_t offset);
  // Gives the records of batches that are not written yet their sequences and checksums. Requires: a segment is open.
  void seal(Group group);
  // Writes the group's batches, but for those that are written already. Nothing is durable. Requires: the group is
  // sealed, and holds at least written() batches.
  [[nodiscard]] Status write(Group group);
  // Does what journal.sync asks for before the group is acknowledged. After a failure the segment has to be closed as
  // failed.
  [[nodiscard]] Status sync();
  // Makes the first `bytes` behind offset() part of the segment.
  void advance(std::uint64_t bytes);
  // Closes the segment, if one is open. `failed`: a write or sync of it failed; a segment without a group is then
  // removed.
  void close(bool failed);
  // Under journal.sync: interval, syncs where the interval is over, and closes the segment where that fails.
  void sync_if_due(MonoTime now);
  // When that is; MonoTime::max(): all is synced.
  [[nodiscard]] MonoTime sync_at() const { return sync_at_; }
  // With true, the segment that is closed next is held as an open file, until a call with false: its name is gone, and
  // nobody else may have it open.
  void hold_closed(bool hold);

 private:
  [[nodiscard]] bool sync_interval();
  void note_synced() { synced_ = {offset_, end_.next(), end_.appended()}; }

  const Settings& settings_;
  Segments& segments_;
  const DurableEnd& end_;
  UnsyncedTail& tail_;
  LogTailer& tailer_;
  const Clock& clock_;

  std::shared_ptr<Segment> segment_;
  std::uint64_t offset_ = 0;  // end of the last good group in segment_
  std::size_t written_ = 0;
  std::vector<fs::ConstBytes> parts_;   // of one write
  SyncedEnd synced_;                    // under journal.sync: interval
  MonoTime sync_at_ = MonoTime::max();  // another time only while segment_ has groups that are not synced
  bool holds_closed_ = false;
  std::shared_ptr<Segment> closed_;  // the last one that was open, while it is to be held
};

}  // namespace respand::journal
