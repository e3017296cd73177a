#pragma once
// Watchdog: which threads get on. A look finds those that have not begun a turn since the look before, and nudges all
// of them, so that one with nothing to do shows that it could. io thread.

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
    std::function<std::uint64_t()> turns;  // begun so far
    std::function<void()> nudge;           // makes it begin one soon
  };

  explicit Watchdog(std::vector<Thread> threads);
  // Names of the threads that stand still, with commas; empty: all get on.
  [[nodiscard]] std::string look();

 private:
  const std::vector<Thread> threads_;
  std::vector<std::uint64_t> seen_;
};

// How often to look, as the service manager wants it: some looks are missed before it acts, so that one slow write to
// the disk does not end the daemon. Zero: it has no watchdog.
[[nodiscard]] Duration watchdog_interval();

}  // namespace respand::app
