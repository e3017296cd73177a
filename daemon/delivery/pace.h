#pragma once
// Pace: how many requests a second the API takes, learned from what it accepts and refuses (429), and the leave for
// each request in turn, evenly spread. Used by UpstreamGate, under its mutex. Pure: no clock, no randomness. Why this
// algorithm: docs/decisions/0011-pace-and-failures.md.
//
//   Free     nothing was refused yet: no pace.
//   Steady   a little below the rate that is known, until the next look upward has been paid for.
//   Upward   a little above it. What the API's own burst explains (`credit_`) proves nothing; what is accepted beyond
//            it proves a higher rate, and the next step is twice as large.
//   Blocked  refused: single tries at growing intervals, until one is accepted.
//   Seeking  nothing is known but where it was refused first, or what is known is old: the pace doubles.
//
// A refusal that an upward look met was expected: the rate stays. One while steady was not: the rate is less.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "delivery/accepted_run.h"
#include "delivery/pacer.h"
#include "delivery/rate_meter.h"
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

class Pace {
 public:
  // Rates that are learned, in requests a second.
  static constexpr double kLeast = 0.02;
  static constexpr double kMost = 1e6;
  // What a look upward costs at most: of the requests, and of the time where a refusal holds everything.
  static constexpr double kRequestsPerRefusal = 150;
  static constexpr double kHoldsPerLook = 27;
  // Of the rate: who sends so many a second is near it.
  static constexpr double kNear = 0.75;
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
  [[nodiscard]] double vain_share() { return std::exchange(vain_share_, 0); }
  // The API says that it allows so many times what it did.
  void scale(double factor);
  // Of a request nothing is known: it got no answer.
  void unknown() { trying_ = false; }
  // Begins with what an earlier one has learned. Requires: nothing was accepted or refused yet.
  void begin_with(const LearnedPace& learned, MonoTime now);
  // Requires: known().
  [[nodiscard]] LearnedPace learned(MonoTime now) const;
  // What kept everything from leaving is said to be over.
  void lift(MonoTime now);

  // Whether there is one.
  [[nodiscard]] bool known() const { return rate_ > 0; }
  // Whether of late it kept from leaving what could have left, or nearly so.
  [[nodiscard]] bool holds_back() const {
    return known() && (blocked() || pacer_.held_back() || accepted_rate_.value() > kNear * rate_);
  }
  [[nodiscard]] bool blocked() const { return phase_ == Phase::kBlocked; }
  // Requests a second that the API is known to take; 0: not known.
  [[nodiscard]] double rate() const { return rate_; }
  // Requests a second that may leave now. Requires: known().
  [[nodiscard]] double value(MonoTime now) const;
  // Takes up to `wanted` requests that may leave.
  [[nodiscard]] std::uint32_t take(MonoTime now, std::uint32_t wanted);
  void give_back(std::uint32_t unused) {
    trying_ = trying_ && (unused == 0 || !blocked());
    pacer_.give_back(blocked() ? 0 : unused);
  }
  // When the next can be taken. Requires: known().
  [[nodiscard]] MonoTime next(MonoTime now) const;

 private:
  static constexpr double kBelow = 0.985;  // of the rate, while steady
  static constexpr double kLeastStep = 0.02;
  static constexpr double kRoughStep = 0.08;  // where the rate is known roughly
  static constexpr Duration kShortestSteady = std::chrono::seconds{8};
  // A hold that long is dear: what is known roughly is not looked into sooner for it.
  static constexpr Duration kLongHold = std::chrono::seconds{5};

  enum class Phase : std::uint8_t { kSteady, kUpward, kBlocked, kSeeking };

  void guess();
  void begin(MonoTime sent, MonoTime now, Duration hold, std::optional<double> told);
  [[nodiscard]] bool in_vain(Duration hold, MonoTime now);
  void compare_paces(Duration hold, MonoTime now);
  void cut(Duration hold, MonoTime now);
  void cut_seeking(double least, double most, Duration hold);
  void cut_upward(double least, double most, Duration hold, MonoTime now);
  [[nodiscard]] double met_by(double most, double doubling, Duration hold) const;
  void creep(double most, bool nothing_gathered);
  void cut_steady(double least, bool brief, Duration hold);
  void block(Duration hold, MonoTime now);
  void unblock(MonoTime now);
  void raise(MonoTime sent, MonoTime now);
  void look_up(MonoTime now);
  void age(MonoTime now);
  [[nodiscard]] double seek(MonoTime now) const;
  [[nodiscard]] double step_now(MonoTime now) const;
  [[nodiscard]] static double in_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
  [[nodiscard]] static Duration from_seconds(double s) {
    return std::chrono::ceil<Duration>(std::chrono::duration<double>(std::min(s, 1e6)));
  }
  [[nodiscard]] double slack() const { return std::max({3.0, 0.01 * rate_, 0.1 * std::min(burst_, rate_)}); }
  [[nodiscard]] double beyond(MonoTime sent) const {
    return looked_ - known_rate_ * std::chrono::duration<double>(sent - looking_since_).count();
  }
  [[nodiscard]] double least_rate(Duration hold, MonoTime now) const;
  [[nodiscard]] double small_burst() const { return std::max(1.5, 0.02 * rate_); }

  // What is known.
  double rate_ = 0;      // requests a second that the API takes; 0: not known
  double burst_ = 1;     // requests that it takes at once after a rest
  double credit_ = 0;    // of them, those that wait to be used, where rate and burst are right
  MonoTime credited_{};  // when that was true
  double begun_at_ = 0;  // the rate that was found first
  RateMeter accepted_rate_;

  // Where it stands.
  Phase phase_ = Phase::kSteady;
  double step_ = 0.02;    // of the rate: the next look upward
  bool seeking_ = false;  // nothing has been found yet
  int seeks_ = 0;         // runs of that
  double doubling_ = 1;   // seconds in which such a run doubles the pace
  Duration hold_{0};      // the last one
  MonoTime reacted_{};    // refusals of requests that left before are of the same episode
  MonoTime steady_until_{};
  bool rested_ = false;  // the last silence was one that the API told before it refused
  MonoTime disbelieved_until_{};

  // Since the last refusals.
  double accepted_ = 0;
  double refused_ = 0;  // of them
  MonoTime since_{};
  Duration since_hold_{0};  // the silence that was asked for then
  double crept_from_ = 0;   // the rate before it was raised without proof; 0: it was not
  int distrust_ = 0;        // looks until that may be again
  int briefs_ = 0;          // runs in a row that ended soon
  AcceptedRun run_;
  AcceptedRun look_;  // since the last look began, which a long run would blur

  // A look upward.
  MonoTime upward_since_{};   // the step of now
  MonoTime looking_since_{};  // all of it
  double known_rate_ = 0;     // before it
  double looked_ = 0;         // accepted in it
  double gathered_ = 0;       // of the burst, when it began
  bool grew_ = false;         // more was accepted in it than the burst explains

  // Blocked: single tries.
  std::uint32_t tries_ = 0;
  bool trying_ = false;
  MonoTime blocked_since_{};
  MonoTime try_at_{};
  double last_block_ = 0;  // seconds that the last ones took
  bool windowed_ = false;  // there was one that no token bucket explains

  // Refusals that do not depend on the pace.
  int light_ = 0;  // in a row, each alone
  MonoTime cut_at_{};
  double alone_at_ = 0;       // the pace of the first that came alone; 0: none did
  int alone_below_ = 0;       // of them, those at no more than half of that
  double alone_refused_ = 0;  // with those that did not, since the first
  double alone_taken_ = 0;    // accepted, since the first
  double vain_share_ = 0;

  Pacer pacer_;

  // Before anything was refused: accepted in the last seconds.
  double early_ = 0;
  MonoTime early_since_{};
  double early_run_ = 0;      // seconds of them
  double early_seconds_ = 0;  // with the hold that followed
};

}  // namespace respand::delivery
