#include "delivery/failure_share.h"

#include <algorithm>

namespace respand::delivery {
namespace {

// A share below this needs no explanation.
constexpr double kLeastShare = 0.005;
constexpr double kMostShare = 0.9;
// Threshold of the sequential test: with nothing wrong it is crossed once in tens of thousands of answers. Where
// overload was proven a short while ago, less is enough.
constexpr double kShareAlarm = 12;
constexpr double kAlarmProven = 5;
// A share counts as measured after this many failures, or after so many answers.
constexpr double kFailures = 20;
constexpr double kFewestAnswers = 24;
constexpr double kFewestGood = 10;
constexpr double kMostAnswers = 400;
// If at half the load the excess falls to less than this part, the failures depend on the load.
constexpr double kFallen = 0.5;
// If half the load gets this part of what got through before through, there was more load than could get through.
constexpr double kUnharmed = 0.8;
// A proof of overload holds for so long, and down to this part of the limit at which it was found.
constexpr Duration kProofLife = std::chrono::minutes{2};
constexpr double kProofLimit = 0.3;

}  // namespace

double FailureShare::Count::good_a_second(MonoTime now) const {
  return (answers - failures) / std::max(std::chrono::duration<double>(now - since).count(), 1e-6);
}

void FailureShare::begin(Phase phase, MonoTime now) {
  phase_ = phase;
  count_ = {.since = now};
  excess_.restart();
}

bool FailureShare::interrupt() {
  const bool trial = phase_ == Phase::kTrial;
  phase_ = Phase::kCalm;
  count_ = {};
  excess_.restart();
  return trial;
}

LimitChange FailureShare::answered(bool failed, bool current, bool full, double limit, MonoTime now) {
  constexpr double kWeight = 1.0 / 200;
  recent_ += ((failed ? 1.0 : 0.0) - recent_) * kWeight;
  if (!current) {
    return LimitChange::kNone;
  }
  count_.answers += 1;
  count_.failures += failed ? 1 : 0;
  was_full_ = (was_full_ && count_.answers > 1) || full;
  // Failures are quick and successes slow: a share is known only when a whole round trip has been answered, twice.
  const double good = count_.answers - count_.failures;
  const bool enough = count_.answers >= std::max(2 * limit, kFewestAnswers) && good >= kFewestGood &&
                      (count_.answers >= kMostAnswers || count_.failures >= kFailures);
  switch (phase_) {
    case Phase::kCalm:
      return calm(failed, limit, now);
    case Phase::kMeasuring:
      return enough ? measured(full, now) : LimitChange::kNone;
    case Phase::kTrial:
      return enough ? tried(limit, now) : LimitChange::kNone;
  }
  return LimitChange::kNone;
}

// Compares failures with the known share, which follows what is measured slowly, and upwards not at all while overload
// is known: an overload must not become usual. An excess is cut at once where overload was proven of late, and is
// measured first where it was not.
LimitChange FailureShare::calm(bool failed, double limit, MonoTime now) {
  const double usual = std::clamp(noise_, kLeastShare, kMostShare);
  excess_.add(failed, usual);
  if (count_.answers >= kMostAnswers) {
    const bool more = count_.share() > noise_;
    noise_ += more && overloaded() ? 0 : (count_.share() - noise_) * (more ? 0.2 : 0.4);
    count_ = {.since = now};
  }
  const bool proven =
      overload_since_ != MonoTime{} && now - overload_since_ < kProofLife && limit > kProofLimit * overload_limit_;
  if (excess_.score() < (proven ? kAlarmProven : kShareAlarm)) {
    return LimitChange::kNone;
  }
  excess_.restart();
  if (proven) {
    return LimitChange::kCut;
  }
  overload_since_ = MonoTime{};
  begin(Phase::kMeasuring, now);
  return LimitChange::kNone;
}

LimitChange FailureShare::measured(bool, MonoTime now) {
  const double share = count_.share();
  share_before_ = share;
  good_before_ = count_.good_a_second(now);
  if (share <= noise_ * 1.2 + kLeastShare) {
    begin(Phase::kCalm, now);
    return LimitChange::kNone;
  }
  if (!was_full_) {  // Half of the limit would not be half of the load, so no trial is possible: the share is accepted.
    noise_ = share;
    begin(Phase::kCalm, now);
    return LimitChange::kNone;
  }
  begin(Phase::kTrial, now);
  return LimitChange::kTryHalf;
}

// The end of a trial at half the load. Failures fell, or as much got through: overload. Neither: the share is the API's
// own.
LimitChange FailureShare::tried(double limit, MonoTime now) {
  const double share = count_.share();
  const double good = count_.good_a_second(now);
  begin(Phase::kCalm, now);
  const bool fallen = share - noise_ < (share_before_ - noise_) * kFallen;
  if (fallen || good > kUnharmed * good_before_) {
    overload_since_ = now;
    overload_limit_ = limit;
    noise_ = fallen ? share : noise_;
    return fallen ? LimitChange::kKeep : LimitChange::kKeepHalf;
  }
  noise_ = (share + share_before_) / 2;
  return LimitChange::kUndo;
}

}  // namespace respand::delivery
