#pragma once
// GroupCommit: makes all batches that wait one group, writes it, syncs it once, publishes its records and hands the
// batches back to their producers. Journal thread.
//
// What holds: a batch is handed back exactly once, and as kDurable only after what journal.sync asks for was done for
// the bytes of all its records, and the file that holds them was seen to have a name.

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
  // A group takes no further batch at this many bytes. That is enough to spread the cost of the sync, and little enough
  // that its first record does not wait long for the last one.
  static constexpr std::size_t kMaxGroup = 8U << 20;
  // A group of batches that nobody waits for is synced without waiting for more at this many batches or bytes. Half of
  // a producer's batches are then free to be filled meanwhile.
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

  // Takes waiting batches into the group, as far as they fit into one write and the open segment.
  void collect(MonoTime now);
  // Where nobody waits for the group, writes it at once and lets its sync wait for more batches; waits_for_more() is
  // then true.
  void write_ahead(MonoTime now);
  // While a group waits for more, takes waiting batches into it and writes them. Returns whether the group still waits,
  // so that there is nothing for the journal's thread to do yet.
  [[nodiscard]] bool join_ahead(MonoTime now);
  // Makes the group durable, or as much of it as the disk has room for, and hands that back as kDurable. After a
  // failure nothing is handed back. Requires: !empty().
  [[nodiscard]] WriteOutcome commit();
  // Hands back the group and all batches that wait, which are not written. Requires: nothing of the group is in a
  // segment, where the next start would find it.
  void refuse_all(CommitResult result);
  // Has no group wait for further batches from now on.
  void end_gathering() { ends_ = true; }

  [[nodiscard]] bool empty() const { return group_.empty(); }
  // Whether the group waits for further batches (and not for room).
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
  MonoTime since_{};      // when its first batch came
  bool waits_for_more_ = false;
  bool ends_ = false;
};

}  // namespace respand::journal
