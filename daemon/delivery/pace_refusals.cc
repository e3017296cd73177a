// Pace: what it makes of refusals. The rest is in pace.cc.

#include <algorithm>
#include <cmath>

#include "delivery/pace.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kBrief = 30;     // a run of so few tells little
constexpr double kBriefSeek = 8;  // while seeking, where each refusal costs a hold
constexpr double kFewTell = 3;    // of a limit without a burst
constexpr double kCut = 0.94;
// A look that long, in seconds and in holds, was no luck: half of what it took beyond the rate was there to be had.
constexpr double kLongLook = 3;
// Of what a look has raised: the rest may have been the burst's.
constexpr double kProven = 0.2;
// So many refusals while steady, each so soon after the last, and each alone.
// Or by which it is down to this part of where it began.
constexpr double kCollapsed = 0.3;
constexpr int kLightCuts = 5;
// So many refusals, each alone, at so much lower a pace than before, with and without a silence, have another cause.
constexpr int kAloneBelow = 5;
constexpr double kHalf = 0.5;
constexpr double kQuarter = 0.25;
constexpr double kFarBelow = 0.1;
// That many accepted in a row begin the comparison, and end it.
constexpr double kSomeRun = 3;
constexpr double kLongRun = 600;
constexpr Duration kInARow = milliseconds{1500};

// Where there is no burst, the pace at which the API refuses is only a little above its rate.
constexpr double kUnderRefused = 0.9;
constexpr double kUnderLook = 0.97;
constexpr double kMostRaised = 1.06;
// A silence of so many requests is no token that is late, but a window that is used up; of so many seconds, a long one.
constexpr double kRequestsOfSilence = 8;
constexpr double kLongSilence = 2;
// Told times to come back of which the last is shorter shorten what has passed to no less than this part.
constexpr double kLeastOfPassed = 0.7;
// Seeks until it is known well enough: where each costs a hold, and where it costs one request.
constexpr int kSeeksOfHolds = 3;
constexpr int kSeeks = 6;
// Where a hold is long, a seek that found this part of where it was refused was the last.
constexpr double kCloseEnough = 0.75;
// After a rate that was raised without proof was refused: looks until the next such.
constexpr int kLooksWithoutTrust = 4;
// A look that met less than this part of what should have gathered: there is no such burst, but perhaps a window.
constexpr double kNotGathered = 0.6;

}  // namespace

// Refusals that come one by one, whether less is sent or not, are not about the pace: it makes room for nobody but
// those who do not keep one.
bool Pace::in_vain(Duration hold, MonoTime now) {
  const bool light = phase_ == Phase::kSteady && hold == Duration{0} && tries_ <= 1;
  light_ = !light ? 0 : (now - cut_at_ < kInARow || run_.total() < kRequestsPerRefusal) ? light_ + 1 : 1;
  cut_at_ = now;
  const bool collapsed = light_ > 1 && rate_ < kCollapsed * begun_at_;
  if ((light_ < kLightCuts && !collapsed)) {
    return false;
  }
  light_ = 0;
  rate_ = 0;
  phase_ = Phase::kSteady;
  early_ = 0;
  early_since_ = MonoTime{};
  return true;
}

// A limit that refuses one and takes the next is hardly below the pace, and refuses none at half of it.
void Pace::compare_paces(Duration hold, MonoTime now) {
  const double run = run_.total();
  if (run > kLongRun || phase_ == Phase::kUpward) {
    alone_at_ = 0;
  }
  if (run >= kSomeRun) {
    alone_at_ = std::max(alone_at_, std::min(value(now), accepted_rate_.value()));
  }
  if (alone_at_ <= value(now)) {
    alone_below_ = 0;
    alone_refused_ = 0;
    alone_taken_ = 0;
    return;
  }
  alone_refused_ += 1;
  const double below = value(now) / alone_at_;
  // Where many are refused the next try often is too.
  const bool alone = run > 0 && tries_ <= (below <= kQuarter ? 2 : 1);
  const bool held = hold > Duration{0};
  if (alone && below <= (held ? kFarBelow : kHalf) && ++alone_below_ >= (held ? 2 : 1) * kAloneBelow) {
    vain_share_ = alone_refused_ / (alone_refused_ + alone_taken_);
    alone_at_ = 0;
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
    refused_ += 1;
    return;
  }
  if (phase_ == Phase::kBlocked) {
    trying_ = false;
    refused_ += 1;
    block(hold, now);
    alone_refused_ += 1;
    return;
  }
  compare_paces(hold, now);
  if (few || !in_vain(hold, now)) {
    // Nothing was taken since the last silence: that was too short, and says nothing of the rate.
    if (run_.total() > 0 || hold == Duration{0}) {
      cut(hold, now);
    } else {
      refused_ += 1;
    }
    rate_ = told ? std::clamp(*told, kLeast, rate_) : rate_;
    block(hold, now);
  }
}

bool Pace::used_up(MonoTime sent, Duration rest, std::optional<double> told, bool one_by_one, MonoTime now) {
  if (sent <= reacted_ || now < disbelieved_until_) {
    return false;
  }
  // The first after a rest was accepted, and nothing is left again: who believes that sends one in each `rest`.
  if (rested_ && run_.total() <= 1 && !one_by_one) {
    disbelieved_until_ = now + kDisbelief;
    return false;
  }
  refused(sent, rest, told, true, now);
  refused_ = 0;
  rested_ = true;
  return true;
}

// What the API gave for sure since the last refusals, in requests a second: on the average, and in each stretch of the
// run beyond its burst.
double Pace::least_rate(Duration hold, MonoTime now) const {
  const double passed = std::max(in_seconds(now - since_) - pacer_.idle(), 1e-3);
  // Where the time to come back is a window's end, the windows' ends are what is regular.
  const double to_end = std::max(passed + in_seconds(hold - since_hold_), kLeastOfPassed * passed);
  return std::max(accepted_ / std::min(passed, to_end), run_.most_beyond(burst_, now));
}

void Pace::cut(Duration hold, MonoTime now) {
  const double most = value(now);
  const double least = std::min(least_rate(hold, now), most);
  const bool brief = run_.total() < kBrief;
  switch (phase_) {
    case Phase::kSeeking:
      cut_seeking(least, most, hold);
      break;
    case Phase::kUpward:
      cut_upward(least, most, hold, now);
      break;
    case Phase::kSteady:
    case Phase::kBlocked:
      cut_steady(least, brief, hold);
      break;
  }
  rate_ = std::clamp(rate_, kLeast, kMost);
  if (!brief) {
    accepted_ = 0;
    pacer_.forget_idle();
    since_ = now;
    since_hold_ = hold;
  }
  briefs_ = brief ? briefs_ + 1 : 0;
  refused_ = 1;
}

// Each run is slower than the last, until what it found and where it was refused are close.
void Pace::cut_seeking(double least, double most, Duration hold) {
  const bool brief = run_.total() < (hold > Duration{0} ? kBriefSeek : std::clamp(3 * rate_, 5.0, kBrief));
  seeks_ += brief ? 0 : 1;
  const double was_doubling = doubling_;
  doubling_ *= brief ? 1.2 : 3;
  const bool silence = last_block_ * rate_ > kRequestsOfSilence && run_.total() >= kBriefSeek;
  windowed_ = windowed_ || (silence && last_block_ > kLongSilence);
  if (silence || run_.total() >= kBriefSeek + 2 * burst_) {
    rate_ = least;
  } else {
    rate_ = std::max(least, std::min(rate_ * 0.5, last_block_ > 0 ? 2 / last_block_ : kMost));
  }
  burst_ = std::max(1.0, std::min(burst_, early_ - rate_ * early_run_));
  step_ = kRoughStep;
  const bool without_burst = run_.total() >= kFewTell && burst_ <= small_burst();
  if (without_burst) {
    rate_ = std::max(rate_, std::min(met_by(most, was_doubling, hold), 1.6 * rate_));
  }
  begun_at_ = rate_;
  const bool known_well = hold >= kLongHold && !brief && (without_burst || least > kCloseEnough * most);
  seeking_ = !known_well && seeks_ < (hold > Duration{0} ? kSeeksOfHolds : kSeeks) &&
             (run_.total() < 2 * burst_ || most > 1.1 * rate_);
  // Between what was proven and where it was refused; the first refusal undoes it.
  if (!seeking_ && hold > Duration{0} && hold < kLongHold && most < 1.6 * rate_ && most > 1.25 * rate_) {
    crept_from_ = rate_;
    rate_ = std::max(rate_, kUnderLook * std::sqrt(rate_ * most));
  }
}

// The rate of a limit without a burst that refused a growing pace at `most`.
double Pace::met_by(double most, double doubling, Duration hold) const {
  if (hold < kLongHold) {
    return kUnderRefused * most;
  }
  // What it was beyond the rate since it passed it amounts to a part of a request.
  constexpr double kPartOfARequest = 0.065;
  const double growth = most * std::log(2.0) / std::max(doubling, std::min(4 / rate_, 4.0));
  return kUnderLook * (most - std::sqrt(2 * kPartOfARequest * growth));
}

// That was to be expected: the rate stays, but for what the look has proven.
void Pace::cut_upward(double least, double most, Duration hold, MonoTime now) {
  step_ = std::max(std::min(step_, kRoughStep) / 2, kLeastStep);
  least = std::max(least, std::min(look_.most_beyond(burst_, now), most));
  const double excess = std::max(beyond(now), 0.0);
  const double gathered = gathered_;
  if (excess > burst_ && !grew_) {
    burst_ = excess;
  } else if (excess < gathered_ / 2 - 3) {  // What had gathered was less than thought.
    burst_ = std::max(1.0, std::min(burst_, 2 * excess + 3));
    rate_ *= 0.995;
  }
  rate_ = std::max(known_rate_ + std::max(rate_ - known_rate_, 0.0) * kProven, least);
  if (excess <= 2.5 + small_burst() && burst_ <= 2 * small_burst()) {
    rate_ = std::max(rate_, std::min(kUnderLook * most, kMostRaised * known_rate_));
  } else {
    creep(most, excess < kNotGathered * gathered);
  }
  const double looked_for = in_seconds(now - looking_since_);
  if (hold > Duration{0} && looked_for > kLongLook * std::max(1.0, in_seconds(hold))) {
    rate_ = std::max(rate_, known_rate_ + (looked_ / looked_for - known_rate_) / 2);
  }
}

// A window that is used up refuses just above its rate, whatever has gathered. The rate is raised on trust: an API with
// a burst takes it all the same, as steady is a little below, or refuses it, and then it is as before.
void Pace::creep(double most, bool nothing_gathered) {
  if (hold_ >= kLongHold || distrust_ > 0 || !nothing_gathered) {
    distrust_ -= distrust_ > 0 ? 1 : 0;
    crept_from_ = 0;
    return;
  }
  const double crept = known_rate_ * (1 + std::min((most / known_rate_ - 1) / 2 - 0.01, 0.04));
  if (crept > rate_) {
    crept_from_ = crept_from_ == 0 ? rate_ : crept_from_;
    rate_ = crept;
  }
}

// That was not: the API takes less than it did.
void Pace::cut_steady(double least, bool brief, Duration hold) {
  const bool held = hold > Duration{0};
  if (crept_from_ > 0) {
    rate_ = std::min(rate_, std::max(crept_from_, least));
    crept_from_ = 0;
    distrust_ = kLooksWithoutTrust;
  } else if (brief) {
    rate_ = std::max(std::min(least, rate_ * 0.95), rate_ * (held && briefs_ == 0 ? 0.85 : 0.6));
    step_ = std::min(std::max(step_ * 1.5, 0.04), 0.2);
  } else {
    rate_ = std::min(std::max(least, rate_ * (held ? 0.75 : 0.5)), rate_ * kCut);
    step_ = std::max(step_ / 2, kLeastStep);
  }
  if (credit_ > slack()) {
    burst_ = std::max(1.0, burst_ - credit_ / 2);
  }
}

void Pace::block(Duration hold, MonoTime now) {
  reacted_ = now;
  credit_ = 0;
  credited_ = now;
  pacer_.restart(now);
  const double scale = std::min(1.0, 2 * kLeastStep / step_);
  const double holds = in_seconds(hold_) * kHoldsPerLook * (hold_ < kLongHold ? scale : 1);
  steady_until_ = now + from_seconds(std::max(in_seconds(kShortestSteady) * scale, holds));
  if (hold > Duration{0}) {
    tries_ = 0;
    unblock(now + hold);
    return;
  }
  if (phase_ != Phase::kBlocked) {
    phase_ = Phase::kBlocked;
    tries_ = 0;
    blocked_since_ = now;
  }
  ++tries_;
  const double wait =
      std::max(std::pow(2.0, std::min(tries_, 3U)) / 2 / rate_, 0.25 * in_seconds(now - blocked_since_));
  try_at_ = now + from_seconds(std::min(wait, 30.0));
}

}  // namespace respand::delivery
