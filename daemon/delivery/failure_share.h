#pragma once
// FailureShare: which share of the requests fails (5xx, 408, time-outs; not 429) whatever is sent, and whether more
// fail than that. A trial at half the load decides: a share that stays is the API's own, and no reason to send less; a
// share that falls with the load is overload. Used by ConcurrencyControl, under the gate's mutex. Pure: no clock, no
// randomness.
//
//   Calm       compares failures with the known share (a sequential test, CUSUM: Page, 1954). If there are too many:
//   Measuring  counts anew at the present load.
//   Trial      counts at half the load. If fewer fail, or as many get through as before, it is overload, and from then
//              on each excess is cut. Otherwise the share is the API's own.

#include <cstdint>

#include "delivery/excess_test.h"
#include "respand/base/units.h"

namespace respand::delivery {

// What is to be done with the limit on requests in flight.
enum class LimitChange : std::uint8_t {
  kNone,
  kCut,       // overload: cut it, as for a refusal
  kTryHalf,   // halve it, for a trial
  kUndo,      // the trial changed nothing: back to the limit before it
  kKeep,      // the trial helped: a little less than the limit before it
  kKeepHalf,  // as much gets through at half the load: stay at half
};

class FailureShare {
 public:
  // An answer. `current`: its request left after the last change of the load. `full`: the limit is what keeps more
  // requests from leaving, so that half the limit is half the load.
  [[nodiscard]] LimitChange answered(bool failed, bool current, bool full, double limit, MonoTime now);
  // Ends a trial that is under way without a result, because the load changed for another reason. True: there was one.
  bool interrupt();

  // The share of requests that fails whatever the load.
  [[nodiscard]] double noise() const { return noise_; }
  // The share of the last requests that failed.
  [[nodiscard]] double recent() const { return recent_; }
  [[nodiscard]] bool overloaded() const { return overload_since_ != MonoTime{}; }

 private:
  // The smallest excess over the known share that is looked for.
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
  MonoTime overload_since_{};  // when overload was proven last; 0: it is not known
  double overload_limit_ = 0;
};

}  // namespace respand::delivery
