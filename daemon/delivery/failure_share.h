#pragma once
// FailureShare: which part of the requests fails (5xx, 408, time-outs; not 429) whatever is sent, and whether more fail
// than that. What slowing down does decides: a share that stays is the API's own, and no reason to send less; a share
// that falls with the load is overload. Used by UpstreamGate, under its mutex. Pure: no clock, no randomness.
//
//   Calm       failures are compared with the share that is known (a sequential test, CUSUM: Page, 1954). Too many:
//   Measuring  counts anew, at the load that there is.
//   Trial      counts at half the load. Fewer fail, or as many get through as before: overload, from then on each
//              excess is cut. Else the share is the API's own.

#include <cstdint>

#include "delivery/excess_test.h"
#include "respand/base/units.h"

namespace respand::delivery {

// What is to be done with the limit on requests in flight.
enum class LimitChange : std::uint8_t {
  kNone,
  kCut,       // overload: less, as for a refusal
  kTryHalf,   // half the load, for a trial
  kUndo,      // the trial changed nothing: back to what it was
  kKeep,      // it helped: a little less than what it was
  kKeepHalf,  // as much gets through at half the load: there was far too much
};

class FailureShare {
 public:
  // An answer of a request that left after the last change of the load (`current`). `full`: the limit is what keeps
  // more from leaving, so half of it is half the load.
  [[nodiscard]] LimitChange answered(bool failed, bool current, bool full, double limit, MonoTime now);
  // A trial that is under way ends without a result: the load changed for another reason. True: there was one.
  bool interrupt();

  // Of the requests, whatever the load.
  [[nodiscard]] double noise() const { return noise_; }
  // Of the last requests.
  [[nodiscard]] double recent() const { return recent_; }
  [[nodiscard]] bool overloaded() const { return overload_since_ != MonoTime{}; }

 private:
  // So much more than what is known is too much.
  static constexpr double kExcess = 0.15;
  enum class Phase : std::uint8_t { kCalm, kMeasuring, kTrial };
  struct Count {
    double answers = 0;
    double failures = 0;
    MonoTime since{};
    [[nodiscard]] double share() const { return answers > 0 ? failures / answers : 0; }
    [[nodiscard]] double good_a_second(MonoTime now) const;
  };

  [[nodiscard]] LimitChange calm(bool failed, double limit, MonoTime now);
  [[nodiscard]] LimitChange measured(bool full, MonoTime now);
  [[nodiscard]] LimitChange tried(double limit, MonoTime now);
  void begin(Phase phase, MonoTime now);

  Phase phase_ = Phase::kCalm;
  double noise_ = 0;
  double recent_ = 0;
  ExcessTest excess_{kExcess};
  Count count_;  // of this phase
  double share_before_ = 0;
  double good_before_ = 0;
  bool was_full_ = false;
  MonoTime overload_since_{};  // when it was proven
  double overload_limit_ = 0;
};

}  // namespace respand::delivery
