#pragma once
// The clock: nothing else in respand reads the time. Real in the daemon, set by hand in tests.

#include <atomic>

#include "respand/base/units.h"

namespace respand {

// What tells the time. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // The time of day, which may jump, and the time since some fixed moment, which only grows.
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual MonoTime mono() const = 0;
};

// The machine's clocks. There is one for the process, and it lives for ever.
[[nodiscard]] const Clock& system_clock();

// A clock for tests: it stands still until it is told to move.
class ManualClock final : public Clock {
 public:
  // The time of day begins at `wall`, mono() at one second.
  explicit ManualClock(WallTime wall = WallTime{std::chrono::seconds{1'790'000'000}})
      : wall_(wall.time_since_epoch().count()) {}
  [[nodiscard]] WallTime wall() const override { return WallTime{Duration{wall_.load()}}; }
  [[nodiscard]] MonoTime mono() const override { return MonoTime{Duration{mono_.load()}}; }
  // Moves both times on.
  void advance(Duration by) {
    wall_ += by.count();
    mono_ += by.count();
  }

 private:
  std::atomic<Duration::rep> wall_;
  std::atomic<Duration::rep> mono_ = 1'000'000;
};

}  // namespace respand
