#pragma once
// LedgerStatus: the state that the status page reads, and what the log hears of a ledger that can't count. The ledger's
// thread writes it; state() is for any thread.
//
// What holds: the log hears of the first failure at once, of more at most once in kThrottle, and of the end of each.

#include <cstdint>

#include "ledger/spend_tracker.h"
#include "ledger/state.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::ledger {

class LedgerStatus {
 public:
  // An outage that lasts writes a line of the log this often.
  static constexpr Duration kThrottle = std::chrono::minutes{1};

  // The last turn did what it had to.
  void set_working();
  // The file could not be written or read; it will be tried again.
  void set_failed(const Error& why, MonoTime now);
  // The file was broken and is not in place any more. Who set it aside has told the log.
  void set_broken(const Error& why);
  // Records that went uncounted, and what was spent in the day and the periods that `hour` is in.
  void show(std::uint64_t missed, const SpendTracker& spend, std::int64_t hour);

  [[nodiscard]] State state() const;

 private:
  void set(Condition condition, const std::string& issue);

  LockGuarded<State> state_;
  log::LogThrottle failures_{kThrottle};  // the ledger's thread
};

}  // namespace respand::ledger
