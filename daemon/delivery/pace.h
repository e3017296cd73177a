#pragma once
// Pace: how many requests a second the API takes, learned from what it accepts and refuses (429), and when each request
// may leave, evenly spread. Pace decides in which phase it is; what is known of the rate is in rate_estimate.h. Used by
// RateControl. Pure: no clock, no randomness. Why this algorithm: docs/decisions/0011-pace-and-failures.md.
//
//   Free     nothing was refused yet: there is no pace.
//   Steady   a little below the known rate, until enough was accepted to pay for the next look upward.
//   Upward   a little above it, to look whether the API takes more. Acceptances that the API's own burst explains
//            (BurstCredit) prove nothing; those beyond it prove a higher rate, and the next step is twice as large.
//   Blocked  refused: single tries at growing intervals, until one is accepted.
//   Seeking  only the pace at the first refusal is known, or what is known is old: the pace doubles until a refusal.
//
// A refusal of a look upward was to be expected, and the rate stays. A refusal while steady was not, and the rate
// falls.

#include <chrono>
#include <cstdint>
#include <optional>

#include "delivery/pacer.h"
#include "delivery/rate_estimate.h"
#include "delivery/rate_meter.h"
#include "delivery/vain_refusals.h"
#include "respand/base/units.h"

namespace respand::delivery {

// What is kept of a pace over a restart (pace_file.h).
struct LearnedPace {
  double rate = 0;   // requests a second that the API takes
  double burst = 1;  // requests that it takes at once after a rest
  Duration hold{0};  // the last silence that it asked for
  Duration age{0};   // since the last refusal
  friend bool operator==(const LearnedPace&, const LearnedPace&) = default;
};

// The single requests that are tried while the API refuses. Each waits for the answer to the one before.
struct SingleTries {
  std::uint32_t count = 0;
  bool trying = false;  // one is on its way
  MonoTime since{};     // the first of them
  MonoTime next_at{};

  // Sets the time of the next try. The first waits as long as one request takes at `rate`, later ones longer.
  void schedule(double rate, MonoTime now);
};

class Pace {
 public:
  // After so long without a refusal the rate is old: the pace doubles each second, until a request is refused.
  static constexpr Duration kOld = std::chrono::hours{1};
  // After so long the rate is forgotten.
  static constexpr Duration kForgotten = std::chrono::hours{24};
  // After an API's "nothing is left" turned out to be wrong, it is not believed for this long.
  static constexpr Duration kDisbelief = std::chrono::minutes{10};

  // A request that left at `sent` was accepted.
  void accepted(MonoTime sent, MonoTime now);
  // A request that left at `sent` was refused. `hold`: for how long nothing leaves now. `told`: the rate that the API
  // says it allows. `few`: so few were in flight that their number can't be the reason.
  void refused(MonoTime sent, Duration hold, std::optional<double> told, bool few, MonoTime now);
  // A request was accepted, and its answer says that it was the last for `rest`: treated like a refusal without being
  // one. `one_by_one`: the API allows one or two requests at a time. False: the answer is not to be believed.
  [[nodiscard]] bool used_up(MonoTime sent, Duration rest, std::optional<double> told, bool one_by_one, MonoTime now);
  // The share of requests that is refused whatever the pace, where that has just been found (VainRefusals); else 0.
  // Asking forgets it.
  [[nodiscard]] double vain_share() { return vain_.take_share(); }
  // The API says that it now allows `factor` times what it did.
  void scale(double factor) { estimate_.scale(factor); }
  // A request got no answer: it says nothing of the rate.
  void unknown() { tries_.trying = false; }
  // Begins with what an earlier pace has learned. Requires: nothing was accepted or refused yet.
  void begin_with(const LearnedPace& learned, MonoTime now);
  // Requires: known().
  [[nodiscard]] LearnedPace learned(MonoTime now) const;
  // The operator says that what kept everything from leaving is over.
  void lift(MonoTime now);

  // Whether there is a pace.
  [[nodiscard]] bool known() const { return estimate_.known(); }
  // Whether of late the pace kept requests from leaving, or nearly did.
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
  Duration hold_{0};    // the last silence that the API asked for
  MonoTime reacted_{};  // the last reaction to a refusal: refusals of requests that left before belong to it
  MonoTime steady_until_{};
  bool rested_ = false;  // the last silence came from used_up(), not from a refusal
  MonoTime disbelieved_until_{};
};

}  // namespace respand::delivery
