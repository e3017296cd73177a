#pragma once
// Pace: how many requests a second the API takes, learned from what it accepts and refuses (429), and when each of them
// may leave, evenly spread. It decides in which phase it is; what is known of the rate is in rate_estimate.h. Used by
// RateControl. Pure: no clock, no randomness. Why this algorithm: docs/decisions/0011-pace-and-failures.md.
//
//   Free     nothing was refused yet: no pace.
//   Steady   a little below the rate that is known, until the next look upward has been paid for.
//   Upward   a little above it. What the API's own burst explains (BurstCredit) proves nothing; what is accepted beyond
//            it proves a higher rate, and the next step is twice as large.
//   Blocked  refused: single tries at growing intervals, until one is accepted.
//   Seeking  nothing is known but where it was refused first, or what is known is old: the pace doubles.
//
// A refusal that an upward look met was expected: the rate stays. One while steady was not: the rate is less.

#include <chrono>
#include <cstdint>
#include <optional>

#include "delivery/pacer.h"
#include "delivery/rate_estimate.h"
#include "delivery/rate_meter.h"
#include "delivery/vain_refusals.h"
#include "respand/base/units.h"

namespace respand::delivery {

// What is kept of it over a restart (pace_file.h).
struct LearnedPace {
  double rate = 0;   // requests a second that the API takes
  double burst = 1;  // requests that it takes at once after a rest
  Duration hold{0};  // the last silence that it asked for
  Duration age{0};   // since the last refusal
  friend bool operator==(const LearnedPace&, const LearnedPace&) = default;
};

// The single requests that are tried while the API refuses: each waits for the answer to the one before.
struct SingleTries {
  std::uint32_t count = 0;
  bool trying = false;  // one is on its way
  MonoTime since{};     // the first of them
  MonoTime next_at{};

  // The next one, later than the last; at first in half a request's time at `rate`.
  void schedule(double rate, MonoTime now);
};

class Pace {
 public:
  // After so long without a refusal what is known is old: the pace doubles each second, until one is refused.
  static constexpr Duration kOld = std::chrono::hours{1};
  // After so long nothing is known.
  static constexpr Duration kForgotten = std::chrono::hours{24};
  // An API whose "nothing is left" turned out to be wrong is not asked for it again for this long.
  static constexpr Duration kDisbelief = std::chrono::minutes{10};

  // A request that left at `sent` was accepted.
  void accepted(MonoTime sent, MonoTime now);
  // One was refused. `hold`: for how long nothing leaves now. `told`: the rate that the API says it allows. `few`: it
  // left among so few that how many there are at once can't be the reason.
  void refused(MonoTime sent, Duration hold, std::optional<double> told, bool few, MonoTime now);
  // One was accepted, and the API says with it that it was the last for `rest`: as a refusal, but none. `one_by_one`:
  // it takes but one or two in each. False: that is not to be believed.
  [[nodiscard]] bool used_up(MonoTime sent, Duration rest, std::optional<double> told, bool one_by_one, MonoTime now);
  // Refusals went on as before at half the pace, and at the next try all was well: so large a part of the requests is
  // refused whatever the pace. 0: not known. Asking forgets it.
  [[nodiscard]] double vain_share() { return vain_.take_share(); }
  // The API says that it allows so many times what it did.
  void scale(double factor) { estimate_.scale(factor); }
  // Of a request nothing is known: it got no answer.
  void unknown() { tries_.trying = false; }
  // Begins with what an earlier one has learned. Requires: nothing was accepted or refused yet.
  void begin_with(const LearnedPace& learned, MonoTime now);
  // Requires: known().
  [[nodiscard]] LearnedPace learned(MonoTime now) const;
  // What kept everything from leaving is said to be over.
  void lift(MonoTime now);

  // Whether there is one.
  [[nodiscard]] bool known() const { return estimate_.known(); }
  // Whether of late it kept from leaving what could have left, or nearly so.
  [[nodiscard]] bool holds_back() const;
  [[nodiscard]] bool blocked() const { return phase_ == PacePhase::kBlocked; }
  // Requests a second that the API is known to take; 0: not known.
  [[nodiscard]] double rate() const { return estimate_.rate; }
  // Requests a second that may leave now. Requires: known().
  [[nodiscard]] double value(MonoTime now) const;
  // Takes up to `wanted` requests that may leave.
  [[nodiscard]] std::uint32_t take(MonoTime now, std::uint32_t wanted);
  // Requests that were taken and did not leave after all.
  void give_back(std::uint32_t unused);
  // When the next can be taken. Requires: known().
  [[nodiscard]] MonoTime next(MonoTime now) const;

 private:
  void begin(MonoTime sent, MonoTime now, Duration hold, std::optional<double> told);
  [[nodiscard]] bool in_vain(Duration hold, bool few, MonoTime now);
  void cut(Duration hold, MonoTime now);
  void block(Duration hold, MonoTime now);
  void unblock(MonoTime now);
  void look_up(MonoTime now);
  void age(MonoTime now);

  RateEstimate estimate_;
  VainRefusals vain_;
  RateMeter accepted_rate_;
  Pacer pacer_;
  SingleTries tries_;  // while blocked

  PacePhase phase_ = PacePhase::kSteady;
  Duration hold_{0};    // the last one
  MonoTime reacted_{};  // refusals of requests that left before are of the same episode
  MonoTime steady_until_{};
  bool rested_ = false;  // the last silence was one that the API told before it refused
  MonoTime disbelieved_until_{};
};

}  // namespace respand::delivery
