#pragma once
// GroupCommit: all batches that wait become one group, which is written, synced once, published and handed back to its
// producers. Journal thread.
//
// What holds: a batch is handed back exactly once; kDurable only after the bytes of all its records are covered by what
// journal.sync asks for and the file that holds them has a name.

#include <cstddef>
#include <memory>
#include <vector>

#include "journal/availability.h"
#include "journal/batch_queue.h"
#include "journal/dispatch.h"
#include "journal/durable_end.h"
#include "journal/file_presence.h"
#include "journal/log_tailer.h"
#include "journal/segment_roller.h"
#include "journal/segment_writer.h"
#include "journal/settings.h"
#include "respand/base/clock.h"
#include "respand/metrics/metrics.h"

namespace respand::journal {

class GroupCommit {
 public:
  // A group is at most this much in one write: enough that the sync's cost is spread, short enough that its first
  // record does not wait long for the last one. A larger batch makes a group of its own.
  static constexpr std::size_t kMaxGroup = 8U << 20;
  // Of batches that nobody waits for so many, or so many bytes, are synced without waiting for more: their producers go
  // on to fill others meanwhile.
  static constexpr std::size_t kMostGathered = JournalWriter::kMaxOutstanding / 2;
  static constexpr std::size_t kMostGatheredBytes = 1U << 20;

  // What it works with, all borrowed.
  struct Parts {
    const Settings& settings;
    BatchQueue& queue;
    SegmentRoller& roller;
    SegmentWriter& writer;
    FilePresence& presence;
    Dispatch& dispatch;
    LogTailer& tailer;
    DurableEnd& end;
    Availability& availability;
    const Clock& clock;
  };
  // `commit_seconds`: how long commit() takes.
  GroupCommit(const Parts& parts, metrics::Histogram commit_seconds) : parts_(parts), commit_seconds_(commit_seconds) {}

  // Takes batches that wait into the group, as far as it fits into one write and its segment.
  void collect(MonoTime now);
  // Where nobody waits for the group it is written at once and its sync waits for more; waits_for_more() says so.
  void write_ahead(MonoTime now);
  // Makes the group, or as much of it as the disk has room for, durable, and hands that back as kDurable. Else nothing
  // is handed back. Requires: !empty().
  [[nodiscard]] WriteOutcome commit();
  // Hands back the group and all that waits. Requires: nothing of the group is in a segment, where the next start would
  // find it.
  void refuse_all(CommitResult result);
  // From now on nothing waits for more.
  void end_gathering() { ends_ = true; }

  [[nodiscard]] bool empty() const { return group_.empty(); }
  // It waits for others, not for room.
  [[nodiscard]] bool waits_for_more() const { return waits_for_more_; }
  // Whether there is a group to commit now.
  [[nodiscard]] bool is_ready() const { return !group_.empty() && !waits_for_more_; }
  // Whether batches in the queue could be taken.
  [[nodiscard]] bool takes_more() const { return group_.empty() || waits_for_more_; }
  // Until when it waits for more. Requires: waits_for_more().
  [[nodiscard]] MonoTime gathers_until() const { return since_ + parts_.settings.sync_delay; }

 private:
  [[nodiscard]] bool gathers(MonoTime now) const;
  [[nodiscard]] SegmentWriter::Group first(std::size_t batches) const { return {group_.data(), batches}; }
  [[nodiscard]] Result<std::size_t> make_durable();
  void publish(std::size_t batches);
  void complete(std::size_t batches, CommitResult result);

  const Parts parts_;
  metrics::Histogram commit_seconds_;
  std::vector<std::unique_ptr<Batch>> group_;
  std::size_t size_ = 0;  // bytes
  MonoTime since_{};      // its first batch came
  bool waits_for_more_ = false;
  bool ends_ = false;
};

}  // namespace respand::journal
