#pragma once
// Pacer: spreads requests evenly over time, at a rate that may change from one to the next: a token for each in turn,
// and few gather in a silence. Used by Pace. Pure.

#include <cstdint>

#include "respand/base/units.h"

namespace respand::delivery {

class Pacer {
 public:
  // Up to `wanted`, at `rate` a second (over 0).
  [[nodiscard]] std::uint32_t take(MonoTime now, double rate, std::uint32_t wanted);
  void give_back(std::uint32_t unused) { tokens_ += unused; }
  // From now on, with none gathered.
  void restart(MonoTime now);
  // After a silence: whoever asks next gets one at once, and then evenly.
  void resume(bool at_once) { resumes_ = at_once; }
  // One, now.
  void grant_one() { tokens_ = 1; }
  // Until there is one.
  [[nodiscard]] Duration until_next(double rate) const;
  // Whether the last one who asked got less than he wanted.
  [[nodiscard]] bool held_back() const { return held_back_; }
  // Seconds in which less was sent than could have been, since forget_idle().
  [[nodiscard]] double idle() const { return idle_; }
  void forget_idle() { idle_ = 0; }

 private:
  void refill(MonoTime now, double rate);

  double tokens_ = 1;
  MonoTime refilled_{};
  bool held_back_ = false;
  bool resumes_ = false;
  double idle_ = 0;
};

}  // namespace respand::delivery
