#pragma once
// FullPolicy: decides what becomes of a group that could not be written, and when it is tried again. As
// journal.when_full says, its writers wait or are refused, or the oldest records are dropped to make room. Journal
// thread.

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

  // Has every acknowledgement from now on wake the thread, while a group waits or is refused. Called before segments
  // are recycled for what was acknowledged earlier, so that no acknowledgement is missed in between.
  void want_capacity();
  // Takes records again, where they were refused and there is room now.
  void reopen_if_due(MonoTime now);
  // Whether the group is to be tried now.
  [[nodiscard]] bool may_try(MonoTime now) const { return now >= retry_at_ || capacity_came(); }
  // Draws the consequences of an attempt to write.
  void take(WriteOutcome outcome, MonoTime now);
  // When the group is tried again; MonoTime::max(): when there is room.
  [[nodiscard]] MonoTime retry_at() const { return retry_at_; }
  // While records are refused: when to look again, where that is later than `now`; otherwise MonoTime::max().
  [[nodiscard]] MonoTime reopen_at(MonoTime now) const;

 private:
  [[nodiscard]] bool capacity_came() const;
  [[nodiscard]] bool may_reopen(MonoTime now);
  void on_no_capacity(MonoTime now);
  void on_failure(MonoTime now);
  void refuse(MonoTime reopen_at);

  const Parts parts_;
  MonoTime retry_at_{};
  MonoTime reopen_at_{};  // while records are refused: they are not accepted again before this
};

}  // namespace respand::journal
