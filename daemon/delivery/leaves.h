#pragma once
// Leaves: the leave for each request in turn, evenly at a rate that may change from one to the next: a silence is no
// leave for many. Used by Pace. Pure.

#include <cstdint>

#include "respand/base/units.h"

namespace respand::delivery {

class Leaves {
 public:
  // Up to `wanted`, at `rate` a second (over 0).
  [[nodiscard]] std::uint32_t take(MonoTime now, double rate, std::uint32_t wanted);
  void give_back(std::uint32_t unused) { leaves_ += unused; }
  // From now on, with none gathered.
  void restart(MonoTime now);
  // After a silence: whoever asks next gets one at once, and then evenly.
  void resume(bool at_once) { resumes_ = at_once; }
  // One, now.
  void grant_one() { leaves_ = 1; }
  // Until there is one.
  [[nodiscard]] Duration until_next(double rate) const;
  // Whether the last one who asked got less than he wanted.
  [[nodiscard]] bool held_back() const { return held_back_; }
  // Seconds in which less was sent than could have been, since forget_idle().
  [[nodiscard]] double idle() const { return idle_; }
  void forget_idle() { idle_ = 0; }

 private:
  void refill(MonoTime now, double rate);

  double leaves_ = 1;
  MonoTime refilled_{};
  bool held_back_ = false;
  bool resumes_ = false;
  double idle_ = 0;
};

}  // namespace respand::delivery
