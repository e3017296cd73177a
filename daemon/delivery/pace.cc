#include "delivery/pace.h"

#include <algorithm>
#include <cmath>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// While it looks upward: the step, and how it grows in a second as long as the burst may explain what is accepted.
constexpr double kMostStep = 1.0;
constexpr double kGentleStep = 0.12;
constexpr double kGrowth = 0.02;
// A seek that goes on for so long and for so many is too slow for what has changed: looks upward grow faster.
constexpr Duration kSeekTooSlow = seconds{15};
constexpr double kSeekTooLong = 60;
// Where a refusal holds everything for long, a seek takes some requests to double the pace, but no more than this many
// seconds.
constexpr double kRequestsToDouble = 4;
constexpr double kLongestDoubling = 4;

}  // namespace

double Pace::seek(MonoTime now) const {
  const double passed = in_seconds(std::max(now - upward_since_, Duration{0}));
  const double slowest = std::min(kRequestsToDouble / rate_, kLongestDoubling);
  const double doubling = hold_ >= kLongHold ? std::max(doubling_, slowest) : doubling_;
  return std::min(rate_ * std::exp2(std::min(passed / doubling, 30.0)), kMost);
}

double Pace::step_now(MonoTime now) const {
  const double passed = in_seconds(std::max(now - upward_since_, Duration{0}));
  return std::max(step_, std::min(step_ + kGrowth * passed, kGentleStep));
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
    pacer_.restart(now);
    return 1;
  }
  const bool slow_seek = phase_ == Phase::kSeeking && hold_ == Duration{0} && seeks_ > 0 && !windowed_;
  if (slow_seek && run_.total() > kSeekTooLong && now - upward_since_ > kSeekTooSlow) {
    rate_ = seek(now);
    seeking_ = false;
    look_up(now);
  }
  if (phase_ == Phase::kSteady && now >= steady_until_ &&
      accepted_ >= refused_ * kRequestsPerRefusal * std::min(1.0, 2 * kLeastStep / step_)) {
    look_up(now);
  }
  return pacer_.take(now, value(now), wanted);
}

MonoTime Pace::next(MonoTime now) const {
  if (phase_ == Phase::kBlocked) {
    return trying_ ? MonoTime::max() : std::max(try_at_, now);
  }
  return now + pacer_.until_next(value(now));
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
  accepted_rate_.add(now);
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
  alone_taken_ += 1;
  run_.add(sent);
  look_.add(sent);
  looked_ += sent >= looking_since_ ? 1 : 0;
  if (phase_ == Phase::kBlocked) {
    trying_ = false;
    unblock(now);
    pacer_.resume(false);  // The try was the one.
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
  const bool unexplained = beyond(sent) > 1.5 * gathered_ + slack() + (windowed_ ? burst_ : 0);
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
  last_block_ = phase_ == Phase::kBlocked ? in_seconds(now - blocked_since_) : 0;
  phase_ = seeking_ ? Phase::kSeeking : Phase::kSteady;
  upward_since_ = now;
  credit_ = 0;
  credited_ = now;
  pacer_.restart(now);
  pacer_.resume(true);
  run_.restart(now);
}

void Pace::lift(MonoTime now) {
  if (known()) {
    unblock(now);
    pacer_.grant_one();
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
  step_ = told ? kLeastStep : kRoughStep;
  seeking_ = !told;
  windowed_ = false;
  crept_from_ = 0;
  seeks_ = 0;
  doubling_ = 1;
  pacer_.forget_idle();
  refused_ = 1;
  since_ = now;
  since_hold_ = hold;
  accepted_ = 0;
  run_.restart(now);
  credited_ = now;
  credit_ = 0;
}

void Pace::begin_with(const LearnedPace& learned, MonoTime now) {
  rate_ = std::clamp(learned.rate, kLeast, kMost);
  begun_at_ = rate_;
  burst_ = std::max(learned.burst, 1.0);
  hold_ = learned.hold;
  reacted_ = now - learned.age;
  since_ = now;
  steady_until_ = now + kShortestSteady;
  credited_ = now;
  step_ = kRoughStep;
  pacer_.restart(now);
  pacer_.resume(true);
  run_.restart(now);
}

LearnedPace Pace::learned(MonoTime now) const { return {rate_, burst_, hold_, now - reacted_}; }

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
    since_hold_ = Duration{0};
    accepted_ = 0;
    pacer_.forget_idle();
    unblock(now);
  }
}

}  // namespace respand::delivery
