#pragma once
// FullPolicy: what becomes of a group that could not be written, as journal.when_full says: its writers wait, are
// refused, or take the room of the oldest records; and when it is tried again. Journal thread.

#include "journal/availability.h"
#include "journal/capacity.h"
#include "journal/group_commit.h"
#include "journal/progress_signal.h"
#include "journal/reclaimer.h"
#include "journal/segment_roller.h"
#include "journal/segment_writer.h"
#include "journal/segments.h"
#include "journal/settings.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

class FullPolicy {
 public:
  // What it works with, all borrowed.
  struct Parts {
    const Settings& settings;
    fs::FileSystem& fs;
    const Segments& segments;
    const SegmentWriter& writer;
    SegmentRoller& roller;
    Capacity& capacity;
    Reclaimer& reclaimer;
    GroupCommit& group;
    Availability& availability;
    ProgressSignal& progress;
  };
  explicit FullPolicy(const Parts& parts) : parts_(parts) {}

  // While a group waits or is refused, what is acknowledged from now on wakes the thread. It comes before what was
  // acknowledged earlier is recycled, so that none is missed.
  void want_capacity();
  // Takes records again, where they were refused and there is room now.
  void reopen_if_due(MonoTime now);
  // Whether the group is to be tried now.
  [[nodiscard]] bool may_try(MonoTime now) const { return now >= retry_at_ || capacity_came(); }
  // What follows from an attempt.
  void take(WriteOutcome outcome, MonoTime now);
  // When the group is tried again; MonoTime::max(): when there is room.
  [[nodiscard]] MonoTime retry_at() const { return retry_at_; }
  // While records are refused: when to look again, where that is behind `now`; else MonoTime::max().
  [[nodiscard]] MonoTime reopen_at(MonoTime now) const;

 private:
  [[nodiscard]] bool capacity_came() const;
  [[nodiscard]] bool may_reopen(MonoTime now);
  void on_no_capacity(MonoTime now);
  void on_failure(MonoTime now);
  void refuse(MonoTime reopen_at);

  const Parts parts_;
  MonoTime retry_at_{};
  MonoTime reopen_at_{};  // while not accepting: not before
};

}  // namespace respand::journal
