#include "delivery/pace.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kBelow = 0.98;  // of the rate, while steady
constexpr double kLeastStep = 0.02;
constexpr double kMostStep = 1.0;
constexpr double kGentleStep = 0.12;  // as long as the burst may explain it
constexpr double kBrief = 30;         // a run of so few tells little
constexpr double kBriefSeek = 8;      // while seeking, where each refusal costs a hold
constexpr double kCut = 0.94;
constexpr double kLeast = 0.02;  // requests a second
constexpr double kMost = 1e6;
constexpr Duration kShortestSteady = seconds{8};
// A look that long, in seconds and in holds, was no luck: half of what it took beyond the rate was there to be had.
constexpr double kLongLook = 3;
// So many refusals while steady, each so soon after the last, and each alone.
// Or by which it is down to this part of where it began.
constexpr double kCollapsed = 0.3;
constexpr int kLightCuts = 5;
constexpr Duration kInARow = milliseconds{1500};

double in_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
Duration from_seconds(double s) { return std::chrono::ceil<Duration>(std::chrono::duration<double>(std::min(s, 1e6))); }

}  // namespace

double Pace::seek(MonoTime now) const {
  const double passed = in_seconds(std::max(now - upward_since_, Duration{0}));
  return std::min(rate_ * std::exp2(std::min(passed / doubling_, 30.0)), kMost);
}

double Pace::step_now(MonoTime now) const {
  const double passed = in_seconds(std::max(now - upward_since_, Duration{0}));
  return std::max(step_, std::min(step_ + 0.02 * passed, kGentleStep));
}

double Pace::value(MonoTime now) const {
  switch (phase_) {
    case Phase::kSteady:
    case Phase::kBlocked:
      return kBelow * rate_;
    case Phase::kUpward:
      return rate_ * (1 + step_now(now));
    case Phase::kSeeking:
      return seek(now);
  }
  return rate_;
}

std::uint32_t Pace::take(MonoTime now, std::uint32_t wanted) {
  age(now);
  if (!known()) {
    return wanted;
  }
  if (phase_ == Phase::kBlocked) {
    if (trying_ || now < try_at_ || wanted == 0) {
      return 0;
    }
    trying_ = true;
    leaves_.restart(now);
    return 1;
  }
  if (phase_ == Phase::kSteady && now >= steady_until_ &&
      accepted_ >= refused_ * kRequestsPerRefusal * std::min(1.0, 2 * kLeastStep / step_)) {
    look_up(now);
  }
  return leaves_.take(now, value(now), wanted);
}

MonoTime Pace::next(MonoTime now) const {
  if (phase_ == Phase::kBlocked) {
    return trying_ ? MonoTime::max() : std::max(try_at_, now);
  }
  return now + leaves_.until_next(value(now));
}

void Pace::scale(double factor) {
  rate_ = known() ? std::clamp(rate_ * factor, kLeast, kMost) : 0;
  known_rate_ *= factor;
}

void Pace::look_up(MonoTime now) {
  known_rate_ = rate_;
  grew_ = false;
  gathered_ = std::min(burst_, std::max(credit_, 0.0));
  looked_ = 0;
  looking_since_ = now;
  look_.restart(now);
  phase_ = Phase::kUpward;
  upward_since_ = now;
}

void Pace::accepted(MonoTime sent, MonoTime now) {
  speed_.add(now);
  if (!known()) {
    early_ += 1;
    if (early_ == 1 || now - early_since_ > seconds{3}) {
      early_ = 1;
      early_since_ = sent;
    }
    return;
  }
  if (sent <= reacted_) {  // of before the refusals, and late
    if (early_since_ != MonoTime{}) {
      early_ += 1;
      guess();
    }
    return;
  }
  early_since_ = MonoTime{};
  if (sent > credited_) {
    credit_ += rate_ * in_seconds(sent - credited_);
    credited_ = sent;
  }
  credit_ = std::min(credit_, burst_) - 1;
  accepted_ += 1;
  run_.add(sent);
  look_.add(sent);
  looked_ += sent >= looking_since_ ? 1 : 0;
  if (phase_ == Phase::kBlocked) {
    trying_ = false;
    unblock(now);
    leaves_.resume(false);  // The try was the one.
    return;
  }
  raise(sent, now);
}

// More was accepted than what is known explains.
void Pace::raise(MonoTime sent, MonoTime now) {
  const bool beyond_burst = credit_ < -slack();
  const bool beyond_all = accepted_ - 3 > rate_ * in_seconds(now - since_);
  if (phase_ != Phase::kUpward || now - upward_since_ < milliseconds{250} || !(beyond_burst || beyond_all)) {
    return;
  }
  const double step = step_now(now);
  const double raised = std::min(rate_ * (1 + step * 0.75), kMost);
  const bool unexplained = beyond(sent) > 1.5 * gathered_ + slack();
  known_rate_ = std::max(known_rate_, (accepted_ - 1) / in_seconds(now - since_));
  if (unexplained) {
    known_rate_ = std::max(known_rate_, rate_);
    gathered_ = 0;
    grew_ = true;
    looked_ = 0;
    looking_since_ = sent;
    rate_ = raised;
  } else {
    rate_ = std::max(rate_, std::min(raised, 1.25 * known_rate_));
  }
  step_ = std::min(std::max(step_, step) * 2, unexplained ? kMostStep : kGentleStep);
  credit_ = 0;
  credited_ = std::max(credited_, sent);
  upward_since_ = now;
}

void Pace::unblock(MonoTime now) {
  phase_ = seeking_ ? Phase::kSeeking : Phase::kSteady;
  upward_since_ = now;
  credit_ = 0;
  credited_ = now;
  leaves_.restart(now);
  leaves_.resume(true);
  run_.restart(now);
}

void Pace::lift(MonoTime now) {
  if (known()) {
    unblock(now);
    leaves_.grant_one();
  }
}

// From what was accepted until the first refusal, and the silence that it costs.
void Pace::guess() {
  rate_ = std::clamp(std::max(early_, 1.0) / early_seconds_, kLeast, kMost);
  burst_ = std::max(1.0, early_);
}

void Pace::begin(MonoTime sent, MonoTime now, Duration hold, std::optional<double> told) {
  early_since_ = early_ == 0 ? sent : early_since_;
  early_run_ = std::max(in_seconds(now - early_since_), 1e-3);
  early_seconds_ = std::max(in_seconds(now - early_since_), 1e-3) + in_seconds(hold);
  guess();
  if (told) {
    rate_ = std::clamp(*told, kLeast, kMost);
    begun_at_ = rate_;
    early_since_ = MonoTime{};
  }
  step_ = told ? kLeastStep : 0.08;
  seeking_ = !told;
  seeks_ = 0;
  doubling_ = 1;
  leaves_.forget_idle();
  refused_ = 1;
  since_ = now;
  accepted_ = 0;
  run_.restart(now);
  credited_ = now;
  credit_ = 0;
}

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
    return;
  }
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

void Pace::age(MonoTime now) {
  if (!known() || phase_ == Phase::kBlocked || now - reacted_ < kOld) {
    return;
  }
  if (now - reacted_ >= kForgotten) {
    *this = Pace{};
  } else if (!seeking_) {
    seeking_ = true;
    seeks_ = 0;
    doubling_ = 1;
    since_ = now;
    accepted_ = 0;
    leaves_.forget_idle();
    unblock(now);
  }
}

// What the API gave for sure since the last refusals, in requests a second: on the average, and in each stretch of the
// run beyond its burst.
double Pace::least_rate(MonoTime now) const {
  const double passed = std::max(in_seconds(now - since_) - leaves_.idle(), 1e-3);
  return std::max(accepted_ / passed, run_.most_beyond(burst_, now));
}

void Pace::cut(Duration hold, MonoTime now) {
  const double most = value(now);
  const double least = std::min(least_rate(now), most);
  const bool brief = run_.total() < kBrief;
  switch (phase_) {
    case Phase::kSeeking:
      cut_seeking(least, most, hold);
      break;
    case Phase::kUpward:
      cut_upward(least, hold, now);
      break;
    case Phase::kSteady:
    case Phase::kBlocked:
      cut_steady(least, brief, hold);
      break;
  }
  rate_ = std::clamp(rate_, kLeast, kMost);
  if (!brief) {
    accepted_ = 0;
    leaves_.forget_idle();
    since_ = now;
  }
  briefs_ = brief ? briefs_ + 1 : 0;
  refused_ = 1;
}

// Each run is slower than the last, until what it found and where it was refused are close.
void Pace::cut_seeking(double least, double most, Duration hold) {
  const bool brief = run_.total() < (hold > Duration{0} ? kBriefSeek : kBrief);
  seeks_ += brief ? 0 : 1;
  doubling_ *= brief ? 1.2 : 3;
  rate_ = run_.total() < kBriefSeek + 2 * burst_ ? std::max(least, rate_ * 0.5) : least;
  burst_ = std::max(1.0, std::min(burst_, early_ - rate_ * early_run_));
  begun_at_ = rate_;
  seeking_ = seeks_ < (hold > Duration{0} ? 3 : 6) && (run_.total() < 2 * burst_ || most > 1.1 * rate_);
  step_ = 0.08;
}

// That was to be expected: the rate stays, but for what the look has proven.
void Pace::cut_upward(double least, Duration hold, MonoTime now) {
  step_ = std::max(std::min(step_, 0.08) / 2, kLeastStep);
  least = std::max(least, std::min(look_.most_beyond(burst_, now), value(now)));
  const double excess = std::max(beyond(now), 0.0);
  if (excess > burst_ && !grew_) {
    burst_ = excess;
  } else if (excess < gathered_ / 2 - 3) {  // What had gathered was less than thought.
    burst_ = std::max(1.0, std::min(burst_, 2 * excess + 3));
    rate_ *= 0.995;
  }
  // What was proven may have been the burst's in part.
  const double part = hold > Duration{0} ? 0.2 : 0.5;
  rate_ = std::max(known_rate_ + std::max(rate_ - known_rate_, 0.0) * part, least);
  const double looked_for = in_seconds(now - looking_since_);
  if (hold > Duration{0} && looked_for > kLongLook * std::max(1.0, in_seconds(hold))) {
    rate_ = std::max(rate_, known_rate_ + (looked_ / looked_for - known_rate_) / 2);
  }
}

// That was not: the API takes less than it did.
void Pace::cut_steady(double least, bool brief, Duration hold) {
  const bool held = hold > Duration{0};
  if (brief) {
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
  leaves_.restart(now);
  const double scale = std::min(1.0, 2 * kLeastStep / step_);
  const double steady = std::max(in_seconds(kShortestSteady), in_seconds(hold_) * kHoldsPerLook);
  steady_until_ = now + from_seconds(steady * scale);
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
      std::max(std::pow(2.0, std::min(tries_, 20U)) / 2 / rate_, 0.15 * in_seconds(now - blocked_since_));
  try_at_ = now + from_seconds(std::min(wait, 30.0));
}

}  // namespace respand::delivery
