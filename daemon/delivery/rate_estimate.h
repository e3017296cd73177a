#pragma once
// RateEstimate: what is known of the rate that the API takes, and how acceptances and refusals change it. Pace owns
// one, decides when requests leave, and tells it in which phase each answer came. Pure: no clock, no randomness. Why
// these rules: docs/decisions/0011-pace-and-failures.md.

#include <algorithm>
#include <chrono>
#include <optional>

#include "delivery/accepted_run.h"
#include "respand/base/units.h"

namespace respand::delivery {

// What a pace does at the moment (pace.h).
enum class PacePhase : std::uint8_t { kSteady, kUpward, kBlocked, kSeeking };

[[nodiscard]] inline double in_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

// The burst: how many requests the API takes at once after a rest, and how many of them have gathered by now.
struct BurstCredit {
  double size = 1;
  double left = 0;           // gathered, if rate and size are right; below 0: more was accepted than they explain
  MonoTime counted_until{};  // the time that `left` is for

  // Nothing has gathered.
  void restart(MonoTime now) {
    left = 0;
    counted_until = now;
  }
  // A request that left at `sent` was accepted.
  void spend(double rate, MonoTime sent) {
    if (sent > counted_until) {
      left += rate * in_seconds(sent - counted_until);
      counted_until = sent;
    }
    left = std::min(left, size) - 1;
  }
};

// What was accepted in the last seconds before the first refusal.
struct EarlyRun {
  double accepted = 0;
  MonoTime since{};
  double seconds = 0;            // of the run
  double seconds_with_hold = 0;  // of the run and of the silence that followed

  void add(MonoTime sent, MonoTime now) {
    accepted += 1;
    if (accepted == 1 || now - since > std::chrono::seconds{3}) {
      accepted = 1;
      since = sent;
    }
  }
  // The first refusal, of a request that left at `sent`.
  void end(MonoTime sent, MonoTime now, Duration hold) {
    since = accepted == 0 ? sent : since;
    seconds = std::max(in_seconds(now - since), 1e-3);
    seconds_with_hold = seconds + in_seconds(hold);
  }
};

// A look upward: a try whether the API takes more than is known.
struct UpwardLook {
  MonoTime since{};
  double known_rate = 0;  // the rate before the look
  double accepted = 0;    // requests in the look
  double gathered = 0;    // of the burst, when the look began
  bool grew = false;      // more was accepted in the look than the burst explains
  AcceptedRun run;        // of the look alone: in the counts of a long run it would blur

  // Requests accepted in the look beyond the known rate.
  [[nodiscard]] double beyond(MonoTime sent) const { return accepted - known_rate * in_seconds(sent - since); }
};

// Runs in which the pace doubles until it is refused.
struct Seek {
  bool active = false;  // nothing has been found yet
  int runs = 0;
  double doubling = 1;  // seconds in which the pace doubles
};

// Counts since the last refusals.
struct RefusalInterval {
  double accepted = 0;
  double refused = 0;
  MonoTime begin{};
  Duration hold{0};  // the silence that was asked for then

  void restart(MonoTime now, Duration asked) {
    accepted = 0;
    begin = now;
    hold = asked;
  }
};

struct RateEstimate {
  // Rates that are learned, in requests a second.
  static constexpr double kLeast = 0.02;
  static constexpr double kMost = 1e6;
  static constexpr double kLeastStep = 0.02;
  static constexpr double kRoughStep = 0.08;  // where the rate is known roughly
  // A hold of at least this length is expensive: looks that risk it do not come more often for being small.
  static constexpr Duration kLongHold = std::chrono::seconds{5};

  // A refusal, as Pace met it.
  struct Refusal {
    PacePhase phase = PacePhase::kSteady;
    double pace = 0;        // requests a second that might leave
    Duration hold{0};       // for how long nothing leaves now
    Duration last_hold{0};  // the last hold that was not 0
    double idle = 0;        // seconds' worth of tokens that nobody took (Pacer)
  };

  [[nodiscard]] bool known() const { return rate > 0; }
  // The pace while it looks upward, and while it seeks. `last_hold`: the last silence that the API asked for.
  [[nodiscard]] double upward_step(MonoTime now) const;
  [[nodiscard]] double seeking_pace(MonoTime now, Duration last_hold) const;

  // Begins with the first refusal: from the rate that the API told, or else from what was accepted until then.
  void begin(MonoTime sent, MonoTime now, Duration hold, std::optional<double> told);
  // A late acceptance that belongs to the run before the first refusal.
  void add_early();
  // Requires: known().
  void accepted(MonoTime sent);
  // While looking upward: raises the rate where more was accepted than what is known explains.
  void raise(MonoTime sent, MonoTime now);
  // A refusal that is about the rate: the rate falls, or, while looking upward, stays. True: the counts since the last
  // refusals begin anew.
  [[nodiscard]] bool cut(const Refusal& refusal, MonoTime now);

  void look_up(MonoTime now);
  // The rate is old: it is looked for anew, from where it is.
  void seek_anew(MonoTime now);
  // The API says that it now allows `factor` times what it did.
  void scale(double factor);

  // What is known.
  double rate = 0;        // requests a second that the API takes; 0: not known
  double begun_at = 0;    // the rate that was found first
  BurstCredit burst;      // what the API takes beside the rate
  bool windowed = false;  // there was a silence that no token bucket explains: the API counts by windows
  EarlyRun early;

  // Looking for more.
  double step = kLeastStep;  // of the next look upward, as a part of the rate
  MonoTime step_since{};     // when the present step, or run of seeking, began
  UpwardLook look;
  Seek seek;
  double crept_from = 0;  // the rate before it was raised without proof; 0: it was not
  int distrust = 0;       // looks until it may be raised without proof again

  // Since the last refusals.
  RefusalInterval since;
  AcceptedRun run;        // since the last silence
  int briefs = 0;         // runs in a row that ended soon
  double last_block = 0;  // seconds that the last single tries took

 private:
  [[nodiscard]] double slack() const { return std::max({3.0, 0.01 * rate, 0.1 * std::min(burst.size, rate)}); }
  [[nodiscard]] double small_burst() const { return std::max(1.5, 0.02 * rate); }
  [[nodiscard]] double least_rate(const Refusal& refusal, MonoTime now) const;
  [[nodiscard]] double met_by(double most, double was_doubling, Duration hold) const;
  void guess();
  void cut_seeking(double least, double most, Duration hold);
  void cut_upward(double least, const Refusal& refusal, MonoTime now);
  void cut_steady(double least, bool brief, Duration hold);
  void creep(double most, Duration last_hold, bool nothing_gathered);
};

}  // namespace respand::delivery
