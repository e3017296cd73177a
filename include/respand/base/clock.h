#pragma once
// The clock: nothing else in respand reads the time. Real in the daemon, set by hand in tests.

#include <atomic>

#include "respand/base/units.h"

namespace respand {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual MonoTime mono() const = 0;
};

// The machine's clocks. One for the process; lives for ever; any thread.
[[nodiscard]] const Clock& system_clock();

// Stands still until it is told to move. Any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall = WallTime{std::chrono::seconds{1'790'000'000}})
      : wall_(wall.time_since_epoch().count()) {}
  [[nodiscard]] WallTime wall() const override { return WallTime{Duration{wall_.load()}}; }
  [[nodiscard]] MonoTime mono() const override { return MonoTime{Duration{mono_.load()}}; }
  void advance(Duration by) {
    wall_ += by.count();
    mono_ += by.count();
  }

 private:
  std::atomic<Duration::rep> wall_;
  std::atomic<Duration::rep> mono_ = 1'000'000;
};

}  // namespace respand
