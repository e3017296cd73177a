#pragma once
// Availability: whether the journal takes records, and what keeps it from doing so. A change is logged, but not more
// often than once in a while. Journal thread, but for accepting() and issue().

#include <atomic>
#include <string>

#include "journal/settings.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/result.h"
#include "respand/journal/snapshot.h"

namespace respand::journal {

class Availability {
 public:
  // What keeps the journal from taking records.
  struct Issue {
    Condition condition = Condition::kNone;
    std::string text;  // for people; empty: nothing
  };

  // `clock` is borrowed.
  Availability(WhenFull policy, const Clock& clock) : policy_(policy), clock_(clock) {}

  // False while records are refused (WhenFull::kReject). Any thread; a hint.
  [[nodiscard]] bool accepting() const noexcept { return accepting_.load(std::memory_order_relaxed); }
  // Any thread.
  [[nodiscard]] Issue issue() const;

  void set_accepting(bool accepting) { accepting_ = accepting; }
  void set_issue(Condition condition, std::string text);
  void clear_issue();
  // Sets the issue to that of a failed write or sync, and notes whether the disk is full. Where no condition is given
  // it is what the error means.
  void fail_with(const Error& error) { fail_with(condition_of(error), error); }
  void fail_with(Condition condition, const Error& error);

  // Whether the last failure was a full disk, and no group was written since.
  [[nodiscard]] bool disk_full() const { return disk_full_; }
  void clear_disk_full() { disk_full_ = false; }
  // Whether a group waits for room or for the disk.
  [[nodiscard]] bool pressed() const { return pressed_; }
  void set_pressed(bool pressed) { pressed_ = pressed; }
  // Whether records wait or are refused, so that they need all the room that there can be.
  [[nodiscard]] bool needs_capacity() const { return pressed_ || !accepting(); }

 private:
  const WhenFull policy_;
  const Clock& clock_;
  std::atomic<bool> accepting_ = true;
  LockGuarded<Issue> issue_;

  // Journal thread.
  bool disk_full_ = false;
  bool pressed_ = false;
  bool issue_said_ = false;
  log::LogThrottle issues_;
};

}  // namespace respand::journal
