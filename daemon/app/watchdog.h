#pragma once
// Watchdog: finds threads that make no progress. A look finds those that have not begun a turn since the look before.
// It then nudges all of them, so that a thread with nothing to do begins a turn as well. io thread.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "respand/base/units.h"

namespace respand::app {

class Watchdog {
 public:
  struct Thread {
    std::string name;
    std::function<std::uint64_t()> turns;  // how many turns it has begun so far
    std::function<void()> nudge;           // makes it begin another turn soon
  };

  explicit Watchdog(std::vector<Thread> threads);
  // The names of the threads that stand still, with commas; empty: there are none.
  [[nodiscard]] std::string look();

 private:
  const std::vector<Thread> threads_;
  std::vector<std::uint64_t> seen_;
};

// How often to look. Several looks fit into the service manager's time, so that one slow write to the disk does not end
// the daemon. Zero: the manager has no watchdog.
[[nodiscard]] Duration watchdog_interval();

}  // namespace respand::app
