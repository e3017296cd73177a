#pragma once
// Report: what the spool tells of itself, in the log, the metrics and `status`: what is wrong with the directory, which
// files wait in it and why, what it could not do. Spool thread, but where it says otherwise.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/result.h"
#include "respand/metrics/metrics.h"
#include "spool/check.h"
#include "spool/directory.h"
#include "spool/fault.h"
#include "spool/rejected.h"
#include "spool/waiting.h"

namespace respand::spool {

class Report {
 public:
  // What is wrong with the directory, and which files wait in it.
  struct State {
    std::vector<SpoolProblem> problems{};
    SpoolWaiters waiting{};
    std::uint64_t rejects_removed = 0;  // files in rejected/ that went for the sake of newer ones
  };

  // All are borrowed.
  Report(const SpoolDirectory& directory, const SpoolRejected& rejected, metrics::Registry& registry,
         const Clock& clock);

  [[nodiscard]] SpoolWaiting& waiting() { return waiting_; }
  // A name that can't be read as a file, and why.
  void note_unreadable(const std::string& name, const SpoolLook& look);
  // Since when a file with this stamp waits: from its last write on, or from now on where that lies ahead.
  [[nodiscard]] WallTime since(const SpoolStamp& stamp) const;
  // How long ago it was last written by the wall clock, which may be wrong.
  [[nodiscard]] Duration age(const SpoolStamp& stamp) const;

  void look_for_problems();
  // Something that could not be done: for the log, at most once a minute, and for current_issue().
  void issue(SpoolFault fault, std::string_view name, const Error& error, MonoTime now);
  // Brings metrics, state() and the log up to date. `listing`: the directory is being listed, so that what waits is not
  // known yet.
  void tell(MonoTime now, bool listing);

  // The last issue, where it is young. Any thread.
  [[nodiscard]] SpoolIssue current_issue() const;
  // Any thread.
  [[nodiscard]] State state() const {
    return state_.with([](const State& state) { return state; });
  }

 private:
  struct Said {
    SpoolIssue issue;
    MonoTime until{};
  };

  const SpoolDirectory& directory_;
  const SpoolRejected& rejected_;
  const Clock& clock_;
  const std::vector<metrics::Gauge> waiting_gauges_;  // by SpoolWait

  // Their own synchronisation; written by the spool's thread.
  LockGuarded<Said> said_;
  LockGuarded<State> state_;

  // Spool thread only.
  SpoolWaiting waiting_;
  SpoolWaiters waiters_;      // as they were told last
  std::string waiting_said_;  // the last line of the log
  MonoTime say_at_{};
  MonoTime say_again_at_{};
  log::LogThrottle issue_throttle_{std::chrono::minutes{1}};
};

}  // namespace respand::spool
