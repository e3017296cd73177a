#include "delivery/rate_estimate.h"

#include <cmath>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;

// The step of a look upward: its maximum; its maximum while the burst may explain what is accepted; and how much it
// grows in a second.
constexpr double kMostStep = 1.0;
constexpr double kGentleStep = 0.12;
constexpr double kGrowth = 0.02;
// Where a refusal causes a long hold, a seek takes this many requests to double the pace, but no more than this many
// seconds.
constexpr double kRequestsToDouble = 4;
constexpr double kLongestDoubling = 4;
constexpr double kBrief = 30;     // a run of fewer acceptances tells little
constexpr double kBriefSeek = 8;  // the same while seeking, where each refusal costs a hold
constexpr double kFewTell = 3;    // so few suffice where the limit has no burst
constexpr double kCut = 0.94;     // what is left of the rate after a refusal while steady
// A look upward of so many seconds, or holds, was no luck: half of what it took beyond the rate is believed.
constexpr double kLongLook = 3;
// The part of a look's raise that is believed at its refusal; the rest may have been the burst.
constexpr double kProven = 0.2;
// Where there is no burst, the pace at which the API refuses is only a little above its rate.
constexpr double kUnderRefused = 0.9;
constexpr double kUnderLook = 0.97;
constexpr double kMostRaised = 1.06;
// A silence of so many requests' time means a window that is used up, not a token that is late. One of so many seconds
// is long.
constexpr double kRequestsOfSilence = 8;
constexpr double kLongSilence = 2;
// Where the last time to come back is shorter than the one before, the time that counts as passed is shortened, to no
// less than this part.
constexpr double kLeastOfPassed = 0.7;
// How many seeks it takes to know the rate well enough: where each costs a hold, and where it costs one request.
constexpr int kSeeksOfHolds = 3;
constexpr int kSeeks = 6;
// Where a hold is long, a seek is the last if it proved this part of the pace at which it was refused.
constexpr double kCloseEnough = 0.75;
// After a rate that was raised without proof was refused, so many looks raise only what they prove.
constexpr int kLooksWithoutTrust = 4;
// A look that met less than this part of the burst that should have gathered: there is no such burst, but perhaps a
// window.
constexpr double kNotGathered = 0.6;

}  // namespace

double RateEstimate::seeking_pace(MonoTime now, Duration last_hold) const {
  const double passed = in_seconds(std::max(now - step_since, Duration{0}));
  const double slowest = std::min(kRequestsToDouble / rate, kLongestDoubling);
  const double doubles_in = last_hold >= kLongHold ? std::max(seek.doubling, slowest) : seek.doubling;
  return std::min(rate * std::exp2(std::min(passed / doubles_in, 30.0)), kMost);
}

double RateEstimate::upward_step(MonoTime now) const {
  const double passed = in_seconds(std::max(now - step_since, Duration{0}));
  return std::max(step, std::min(step + kGrowth * passed, kGentleStep));
}

void RateEstimate::scale(double factor) {
  rate = known() ? std::clamp(rate * factor, kLeast, kMost) : 0;
  look.known_rate *= factor;
}

void RateEstimate::look_up(MonoTime now) {
  look.known_rate = rate;
  look.grew = false;
  look.gathered = std::min(burst.size, std::max(burst.left, 0.0));
  look.accepted = 0;
  look.since = now;
  look.run.restart(now);
  step_since = now;
}

void RateEstimate::seek_anew(MonoTime now) {
  seek = {.active = true};
  since.restart(now, Duration{0});
}

// The first guess: what was accepted until the first refusal, over that time and the silence that the refusal costs.
void RateEstimate::guess() {
  rate = std::clamp(std::max(early.accepted, 1.0) / early.seconds_with_hold, kLeast, kMost);
  burst.size = std::max(1.0, early.accepted);
}

void RateEstimate::add_early() {
  if (early.since != MonoTime{}) {
    early.accepted += 1;
    guess();
  }
}

void RateEstimate::begin(MonoTime sent, MonoTime now, Duration hold, std::optional<double> told) {
  early.end(sent, now, hold);
  guess();
  if (told) {
    rate = std::clamp(*told, kLeast, kMost);
    begun_at = rate;
    early.since = MonoTime{};
  }
  step = told ? kLeastStep : kRoughStep;
  seek = {.active = !told};
  windowed = false;
  crept_from = 0;
  since.restart(now, hold);
  since.refused = 1;
  run.restart(now);
  burst.restart(now);
}

void RateEstimate::accepted(MonoTime sent) {
  early.since = MonoTime{};
  burst.spend(rate, sent);
  since.accepted += 1;
  run.add(sent);
  look.run.add(sent);
  look.accepted += sent >= look.since ? 1 : 0;
}

// Raises the rate where more was accepted than the burst explains, or than the rate allows since the last refusals.
// What the burst gathered before this look may still explain it: then the raise is bounded by what is known for sure.
void RateEstimate::raise(MonoTime sent, MonoTime now) {
  const bool beyond_burst = burst.left < -slack();
  const bool beyond_all = since.accepted - 3 > rate * in_seconds(now - since.begin);
  if (now - step_since < milliseconds{250} || !(beyond_burst || beyond_all)) {
    return;
  }
  const double step_now = upward_step(now);
  const double raised = std::min(rate * (1 + step_now * 0.75), kMost);
  const bool unexplained = look.beyond(sent) > 1.5 * look.gathered + slack() + (windowed ? burst.size : 0);
  look.known_rate = std::max(look.known_rate, (since.accepted - 1) / in_seconds(now - since.begin));
  if (unexplained) {
    look.known_rate = std::max(look.known_rate, rate);
    look.gathered = 0;
    look.grew = true;
    look.accepted = 0;
    look.since = sent;
    rate = raised;
  } else {
    rate = std::max(rate, std::min(raised, 1.25 * look.known_rate));
  }
  step = std::min(std::max(step, step_now) * 2, unexplained ? kMostStep : kGentleStep);
  burst.restart(std::max(burst.counted_until, sent));
  step_since = now;
}

// The rate that the API has certainly given since the last refusals: the average, or the highest of any stretch of the
// run without its burst.
double RateEstimate::least_rate(const Refusal& refusal, MonoTime now) const {
  const double passed = std::max(in_seconds(now - since.begin) - refusal.idle, 1e-3);
  // If the time to come back is the end of a window, the regular distance is that from one window's end to the next.
  const double to_end = std::max(passed + in_seconds(refusal.hold - since.hold), kLeastOfPassed * passed);
  return std::max(since.accepted / std::min(passed, to_end), run.most_beyond(burst.size, now));
}

bool RateEstimate::cut(const Refusal& refusal, MonoTime now) {
  const double least = std::min(least_rate(refusal, now), refusal.pace);
  const bool brief = run.total() < kBrief;
  switch (refusal.phase) {
    case PacePhase::kSeeking:
      cut_seeking(least, refusal.pace, refusal.hold);
      break;
    case PacePhase::kUpward:
      cut_upward(least, refusal, now);
      break;
    case PacePhase::kSteady:
    case PacePhase::kBlocked:
      cut_steady(least, brief, refusal.hold);
      break;
  }
  rate = std::clamp(rate, kLeast, kMost);
  if (!brief) {
    since.restart(now, refusal.hold);
  }
  briefs = brief ? briefs + 1 : 0;
  since.refused = 1;
  return !brief;
}

// Ends a run of seeking. Each run doubles more slowly than the last, until the rate that it proved and the pace at
// which it was refused are close.
void RateEstimate::cut_seeking(double least, double most, Duration hold) {
  const bool brief = run.total() < (hold > Duration{0} ? kBriefSeek : std::clamp(3 * rate, 5.0, kBrief));
  seek.runs += brief ? 0 : 1;
  const double was_doubling = seek.doubling;
  seek.doubling *= brief ? 1.2 : 3;
  const bool silence = last_block * rate > kRequestsOfSilence && run.total() >= kBriefSeek;
  windowed = windowed || (silence && last_block > kLongSilence);
  if (silence || run.total() >= kBriefSeek + 2 * burst.size) {
    rate = least;
  } else {
    rate = std::max(least, std::min(rate * 0.5, last_block > 0 ? 2 / last_block : kMost));
  }
  burst.size = std::max(1.0, std::min(burst.size, early.accepted - rate * early.seconds));
  step = kRoughStep;
  const bool without_burst = run.total() >= kFewTell && burst.size <= small_burst();
  if (without_burst) {
    rate = std::max(rate, std::min(met_by(most, was_doubling, hold), 1.6 * rate));
  }
  begun_at = rate;
  const bool known_well = hold >= kLongHold && !brief && (without_burst || least > kCloseEnough * most);
  seek.active = !known_well && seek.runs < (hold > Duration{0} ? kSeeksOfHolds : kSeeks) &&
                (run.total() < 2 * burst.size || most > 1.1 * rate);
  // Raised without proof, to between the proven rate and the pace that was refused; the first refusal undoes it.
  if (!seek.active && hold > Duration{0} && hold < kLongHold && most < 1.6 * rate && most > 1.25 * rate) {
    crept_from = rate;
    rate = std::max(rate, kUnderLook * std::sqrt(rate * most));
  }
}

// The rate of a limit without a burst, which has refused a growing pace at `most`.
double RateEstimate::met_by(double most, double was_doubling, Duration hold) const {
  if (hold < kLongHold) {
    return kUnderRefused * most;
  }
  // Since the pace passed the rate, the excess has come to this part of a request.
  constexpr double kPartOfARequest = 0.065;
  const double growth = most * std::log(2.0) / std::max(was_doubling, std::min(4 / rate, 4.0));
  return kUnderLook * (most - std::sqrt(2 * kPartOfARequest * growth));
}

// A refusal of a look upward was to be expected: the rate stays, apart from what the look has proven.
void RateEstimate::cut_upward(double least, const Refusal& refusal, MonoTime now) {
  const double most = refusal.pace;
  step = std::max(std::min(step, kRoughStep) / 2, kLeastStep);
  least = std::max(least, std::min(look.run.most_beyond(burst.size, now), most));
  const double excess = std::max(look.beyond(now), 0.0);
  const double gathered = look.gathered;
  if (excess > burst.size && !look.grew) {
    burst.size = excess;
  } else if (excess < gathered / 2 - 3) {  // Less had gathered than was thought.
    burst.size = std::max(1.0, std::min(burst.size, 2 * excess + 3));
    rate *= 0.995;
  }
  rate = std::max(look.known_rate + std::max(rate - look.known_rate, 0.0) * kProven, least);
  if (excess <= 2.5 + small_burst() && burst.size <= 2 * small_burst()) {
    rate = std::max(rate, std::min(kUnderLook * most, kMostRaised * look.known_rate));
  } else {
    creep(most, refusal.last_hold, excess < kNotGathered * gathered);
  }
  const double looked_for = in_seconds(now - look.since);
  if (refusal.hold > Duration{0} && looked_for > kLongLook * std::max(1.0, in_seconds(refusal.hold))) {
    rate = std::max(rate, look.known_rate + (look.accepted / looked_for - look.known_rate) / 2);
  }
}

// An API that counts by windows refuses just above its rate, and nothing gathers for a burst; looks upward would then
// prove nothing. So the rate is raised without proof. A refusal while steady undoes that (cut_steady).
void RateEstimate::creep(double most, Duration last_hold, bool nothing_gathered) {
  if (last_hold >= kLongHold || distrust > 0 || !nothing_gathered) {
    distrust -= distrust > 0 ? 1 : 0;
    crept_from = 0;
    return;
  }
  const double crept = look.known_rate * (1 + std::min((most / look.known_rate - 1) / 2 - 0.01, 0.04));
  if (crept > rate) {
    crept_from = crept_from == 0 ? rate : crept_from;
    rate = crept;
  }
}

// A refusal while steady was not to be expected: the API takes less than it did.
void RateEstimate::cut_steady(double least, bool brief, Duration hold) {
  const bool held = hold > Duration{0};
  if (crept_from > 0) {
    rate = std::min(rate, std::max(crept_from, least));
    crept_from = 0;
    distrust = kLooksWithoutTrust;
  } else if (brief) {
    rate = std::max(std::min(least, rate * 0.95), rate * (held && briefs == 0 ? 0.85 : 0.6));
    step = std::min(std::max(step * 1.5, 0.04), 0.2);
  } else {
    rate = std::min(std::max(least, rate * (held ? 0.75 : 0.5)), rate * kCut);
    step = std::max(step / 2, kLeastStep);
  }
  if (burst.left > slack()) {
    burst.size = std::max(1.0, burst.size - burst.left / 2);
  }
}

}  // namespace respand::delivery
