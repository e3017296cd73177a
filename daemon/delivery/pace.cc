#include "delivery/pace.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace respand::delivery {
namespace {

using std::chrono::seconds;

constexpr double kBelow = 0.985;  // the pace while steady, as a part of the rate
// A look upward costs at most one refusal in this many requests, and, where a refusal silences everything, one hold in
// this many holds' time.
constexpr double kRequestsPerLook = VainRefusals::kRequestsPerRefusal;
constexpr double kHoldsPerLook = 27;
constexpr Duration kShortestSteady = seconds{8};
// Acceptances at this part of the rate count as near it.
constexpr double kNear = 0.75;
// A seek that has taken this long and this many requests is too slow: looks upward grow faster.
constexpr Duration kSeekTooSlow = seconds{15};
constexpr double kSeekTooLong = 60;
// A rate that has fallen to this part of what was found first has collapsed.
constexpr double kCollapsed = 0.3;

Duration from_seconds(double s) { return std::chrono::ceil<Duration>(std::chrono::duration<double>(std::min(s, 1e6))); }

// Looks with smaller steps cost less, so they may come more often: the factor for the time between them.
double look_scale(double step) { return std::min(1.0, 2 * RateEstimate::kLeastStep / step); }

}  // namespace

// The wait doubles up to four requests' time. In a long block it is a quarter of the block so far, at most 30 s.
void SingleTries::schedule(double rate, MonoTime now) {
  ++count;
  const double wait = std::max(std::pow(2.0, std::min(count, 3U)) / 2 / rate, 0.25 * in_seconds(now - since));
  next_at = now + from_seconds(std::min(wait, 30.0));
}

double Pace::value(MonoTime now) const {
  switch (phase_) {
    case PacePhase::kSteady:
    case PacePhase::kBlocked:
      return kBelow * estimate_.rate;
    case PacePhase::kUpward:
      return estimate_.rate * (1 + estimate_.upward_step(now));
    case PacePhase::kSeeking:
      return estimate_.seeking_pace(now, hold_);
  }
  return estimate_.rate;
}

bool Pace::holds_back() const {
  return known() && (blocked() || pacer_.held_back() || accepted_rate_.value() > kNear * estimate_.rate);
}

// While blocked one single try at a time. Otherwise the pacer's tokens at the phase's pace, after the phase has moved
// on where it is time: from a slow seek or from steady to a look upward.
std::uint32_t Pace::take(MonoTime now, std::uint32_t wanted) {
  age(now);
  if (!known()) {
    return wanted;
  }
  if (phase_ == PacePhase::kBlocked) {
    if (tries_.trying || now < tries_.next_at || wanted == 0) {
      return 0;
    }
    tries_.trying = true;
    pacer_.restart(now);
    return 1;
  }
  const bool slow_seek =
      phase_ == PacePhase::kSeeking && hold_ == Duration{0} && estimate_.seek.runs > 0 && !estimate_.windowed;
  if (slow_seek && estimate_.run.total() > kSeekTooLong && now - estimate_.step_since > kSeekTooSlow) {
    estimate_.rate = estimate_.seeking_pace(now, hold_);
    estimate_.seek.active = false;
    look_up(now);
  }
  if (phase_ == PacePhase::kSteady && now >= steady_until_ &&
      estimate_.since.accepted >= estimate_.since.refused * kRequestsPerLook * look_scale(estimate_.step)) {
    look_up(now);
  }
  return pacer_.take(now, value(now), wanted);
}

void Pace::give_back(std::uint32_t unused) {
  tries_.trying = tries_.trying && (unused == 0 || !blocked());
  pacer_.give_back(blocked() ? 0 : unused);
}

MonoTime Pace::next(MonoTime now) const {
  if (phase_ == PacePhase::kBlocked) {
    return tries_.trying ? MonoTime::max() : std::max(tries_.next_at, now);
  }
  return now + pacer_.until_next(value(now));
}

void Pace::look_up(MonoTime now) {
  estimate_.look_up(now);
  phase_ = PacePhase::kUpward;
}

void Pace::accepted(MonoTime sent, MonoTime now) {
  accepted_rate_.add(now);
  if (!known()) {
    estimate_.early.add(sent, now);
    return;
  }
  if (sent <= reacted_) {  // It left before the last refusals.
    estimate_.add_early();
    return;
  }
  estimate_.accepted(sent);
  vain_.accepted();
  if (phase_ == PacePhase::kBlocked) {
    tries_.trying = false;
    unblock(now);
    pacer_.resume(false);  // The try was the request that may leave at once.
  } else if (phase_ == PacePhase::kUpward) {
    estimate_.raise(sent, now);
  }
}

void Pace::refused(MonoTime sent, Duration hold, std::optional<double> told, bool few, MonoTime now) {
  hold_ = hold > Duration{0} ? hold : hold_;
  rested_ = rested_ && sent <= reacted_;
  if (!known()) {
    begin(sent, now, hold, told);
    block(hold, now);
    return;
  }
  if (sent <= reacted_) {
    estimate_.since.refused += 1;
    return;
  }
  if (phase_ == PacePhase::kBlocked) {
    tries_.trying = false;
    estimate_.since.refused += 1;
    block(hold, now);
    vain_.refused_again();
    return;
  }
  if (in_vain(hold, few, now)) {
    return;
  }
  // If nothing was accepted since the last silence, the silence was too short, and the refusal says nothing of the
  // rate.
  if (estimate_.run.total() > 0 || hold == Duration{0}) {
    cut(hold, now);
  } else {
    estimate_.since.refused += 1;
  }
  estimate_.rate = told ? std::clamp(*told, RateEstimate::kLeast, estimate_.rate) : estimate_.rate;
  block(hold, now);
}

// Refusals that come one by one, whatever the pace, are not about the pace: slowing down would only leave room to other
// clients that do not slow down. True: the rate is forgotten. Never with `few` in flight, where the pace is all that
// could be meant.
bool Pace::in_vain(Duration hold, bool few, MonoTime now) {
  const VainRefusals::Refusal refusal{.pace = value(now),
                                      .accepted_rate = accepted_rate_.value(),
                                      .run = estimate_.run.total(),
                                      .steady = phase_ == PacePhase::kSteady,
                                      .upward = phase_ == PacePhase::kUpward,
                                      .tries = tries_.count,
                                      .hold = hold,
                                      .collapsed = estimate_.rate < kCollapsed * estimate_.begun_at};
  vain_.compare(refusal);
  if (few || !vain_.come_alone(refusal, now)) {
    return false;
  }
  estimate_.rate = 0;
  estimate_.early.accepted = 0;
  estimate_.early.since = MonoTime{};
  phase_ = PacePhase::kSteady;
  return true;
}

bool Pace::used_up(MonoTime sent, Duration rest, std::optional<double> told, bool one_by_one, MonoTime now) {
  if (sent <= reacted_ || now < disbelieved_until_) {
    return false;
  }
  // The first request after a rest was accepted, and again the API says that nothing is left. If that were believed,
  // one request would leave in each `rest`.
  if (rested_ && estimate_.run.total() <= 1 && !one_by_one) {
    disbelieved_until_ = now + kDisbelief;
    return false;
  }
  refused(sent, rest, told, true, now);
  estimate_.since.refused = 0;
  rested_ = true;
  return true;
}

void Pace::cut(Duration hold, MonoTime now) {
  if (estimate_.cut({phase_, value(now), hold, hold_, pacer_.idle()}, now)) {
    pacer_.forget_idle();
  }
}

// Nothing leaves for the time that the API asked for. Where it asked for none, single requests are tried.
void Pace::block(Duration hold, MonoTime now) {
  reacted_ = now;
  estimate_.burst.restart(now);
  pacer_.restart(now);
  const double scale = look_scale(estimate_.step);
  const double holds = in_seconds(hold_) * kHoldsPerLook * (hold_ < RateEstimate::kLongHold ? scale : 1);
  steady_until_ = now + from_seconds(std::max(in_seconds(kShortestSteady) * scale, holds));
  if (hold > Duration{0}) {
    tries_.count = 0;
    unblock(now + hold);
    return;
  }
  if (phase_ != PacePhase::kBlocked) {
    phase_ = PacePhase::kBlocked;
    tries_.count = 0;
    tries_.since = now;
  }
  tries_.schedule(estimate_.rate, now);
}

// Requests leave again, from `now` on, and the counts of this run begin anew.
void Pace::unblock(MonoTime now) {
  estimate_.last_block = phase_ == PacePhase::kBlocked ? in_seconds(now - tries_.since) : 0;
  estimate_.step_since = now;
  estimate_.burst.restart(now);
  estimate_.run.restart(now);
  phase_ = estimate_.seek.active ? PacePhase::kSeeking : PacePhase::kSteady;
  pacer_.restart(now);
  pacer_.resume(true);
}

void Pace::lift(MonoTime now) {
  if (known()) {
    unblock(now);
    pacer_.grant_one();
  }
}

void Pace::begin(MonoTime sent, MonoTime now, Duration hold, std::optional<double> told) {
  estimate_.begin(sent, now, hold, told);
  pacer_.forget_idle();
}

void Pace::begin_with(const LearnedPace& learned, MonoTime now) {
  estimate_.rate = std::clamp(learned.rate, RateEstimate::kLeast, RateEstimate::kMost);
  estimate_.begun_at = estimate_.rate;
  estimate_.burst.size = std::max(learned.burst, 1.0);
  estimate_.burst.counted_until = now;
  estimate_.step = RateEstimate::kRoughStep;
  estimate_.since.begin = now;
  estimate_.run.restart(now);
  hold_ = learned.hold;
  reacted_ = now - learned.age;
  steady_until_ = now + kShortestSteady;
  pacer_.restart(now);
  pacer_.resume(true);
}

LearnedPace Pace::learned(MonoTime now) const { return {estimate_.rate, estimate_.burst.size, hold_, now - reacted_}; }

// An old rate is looked for anew from where it was; a very old one is forgotten.
void Pace::age(MonoTime now) {
  if (!known() || phase_ == PacePhase::kBlocked || now - reacted_ < kOld) {
    return;
  }
  if (now - reacted_ >= kForgotten) {
    *this = Pace{};
  } else if (!estimate_.seek.active) {
    estimate_.seek_anew(now);
    pacer_.forget_idle();
    unblock(now);
  }
}

}  // namespace respand::delivery
