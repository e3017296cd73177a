#pragma once
// Pacer: spreads requests evenly over time, at a rate that may change from one to the next. Each request takes a token;
// tokens arise at the rate, and few of them gather in a silence. Used by Pace. Pure.

#include <cstdint>

#include "respand/base/units.h"

namespace respand::delivery {

class Pacer {
 public:
  // Takes up to `wanted` tokens, at `rate` a second (above 0).
  [[nodiscard]] std::uint32_t take(MonoTime now, double rate, std::uint32_t wanted);
  void give_back(std::uint32_t unused) { tokens_ += unused; }
  // Begins anew with no tokens.
  void restart(MonoTime now);
  // After a silence. `at_once`: the next take() finds one token, whatever the time; then they arise evenly.
  void resume(bool at_once) { resumes_ = at_once; }
  // There is one token now.
  void grant_one() { tokens_ = 1; }
  // How long until there is a token.
  [[nodiscard]] Duration until_next(double rate) const;
  // Whether the last take() got less than it wanted.
  [[nodiscard]] bool held_back() const { return held_back_; }
  // Seconds' worth of tokens that nobody took, since forget_idle().
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
