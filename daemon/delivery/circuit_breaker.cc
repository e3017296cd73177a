#include "delivery/circuit_breaker.h"

#include <algorithm>
#include <utility>

namespace respand::delivery {
namespace {

// A limit that was too high costs a hold. So the limit is not raised again before this many times the hold: at most a
// twentieth of the time is lost to it.
constexpr int kHoldsBetweenProbes = 20;
constexpr Duration kLongestUnprobed = std::chrono::hours{1};

// Whether a failure is the record's own. Where there was no connection nobody has read the record, so it is not.
bool is_its_records(const http::Answer& answer, FailureSource source) {
  return source == FailureSource::kRecord &&
         (answer.failure == http::Failure::kNone || answer.failure == http::Failure::kTimeout ||
          answer.failure == http::Failure::kBroken);
}

}  // namespace

std::string_view name_of(Mode mode) noexcept {
  switch (mode) {
    case Mode::kNormal:
      return "normal";
    case Mode::kHeld:
      return "held";
    case Mode::kOpen:
      return "open";
    case Mode::kPaused:
      return "paused";
    case Mode::kHalfOpen:
      return "half-open";
  }
  return "unknown";
}

std::uint32_t CircuitBreaker::limit(std::uint32_t most) const {
  switch (mode_) {
    case Mode::kNormal:
      return failures_.slots(most);
    case Mode::kHeld:
      return 0;
    case Mode::kOpen:
    case Mode::kPaused:
      return 1;
    case Mode::kHalfOpen:
      return std::min(ramp_, most);
  }
  return 0;
}

MonoTime CircuitBreaker::gate(MonoTime now, bool paced) {
  if (mode_ == Mode::kHeld && now >= timer_.silent_until()) {
    if (paced) {
      enter(Mode::kNormal);
    } else {
      half_open(1);
    }
  }
  return timer_.next();
}

void CircuitBreaker::alive(bool current, std::uint32_t most) {
  switch (mode_) {
    case Mode::kNormal:
      failures_.reset();
      timer_.restart();
      effect_.gate_lifted = timer_.lift() || effect_.gate_lifted;
      break;
    case Mode::kHeld:
      break;
    case Mode::kOpen:
    case Mode::kPaused:
      // A late answer of an attempt from before says that the API was well then, and nothing of now.
      if (current) {
        notices_.resumed(reason_);
        half_open(2);
      }
      break;
    case Mode::kHalfOpen:
      if (current) {
        notices_.resumed(reason_);
        failures_.reset();
        ramp_ *= 2;
        timer_.shorten();
        if (ramp_ >= most) {
          enter(Mode::kNormal);
        }
      }
      break;
  }
}

// An answer that asks for silence gets it, whatever else it says. Whether it asks.
bool CircuitBreaker::takes_silence(bool current, const http::Answer& answer, MonoTime now) {
  last_error_ = describe(answer);
  const bool asks = answer.retry_after && *answer.retry_after > Duration{0};
  if (asks) {
    hold(current, answer, now);
  }
  return asks;
}

void CircuitBreaker::refused(bool current, const http::Answer& answer, MonoTime now) {
  if (takes_silence(current, answer, now)) {
    return;
  }
  // An API that counts requests is up, so an outage is over. But a gateway may count them in front of a key that is
  // still wrong.
  if (mode_ == Mode::kPaused && current) {
    probed_in_vain(now);
  } else if (mode_ == Mode::kOpen && current) {
    notices_.resumed(reason_);
    half_open(2);
  }
}

void CircuitBreaker::failed(bool current, const http::Answer& answer, MonoTime now, FailureSource source) {
  if (takes_silence(current, answer, now)) {
    return;
  }
  switch (mode_) {
    case Mode::kNormal:
      if (!is_its_records(answer, source)) {
        failed_while_normal(current, answer, now);
      }
      break;
    case Mode::kHeld:
      break;
    case Mode::kOpen:
    case Mode::kPaused:
      if (current) {
        probed_in_vain(now);
      }
      break;
    case Mode::kHalfOpen:
      if (current && !is_its_records(answer, source) && failures_.failed_coming_back()) {
        timer_.lengthen();
        open(answer, now);
      }
      break;
  }
}

void CircuitBreaker::hold(bool current, const http::Answer& answer, MonoTime now) {
  const Duration asked = *answer.retry_after;
  // Attempts that left together are refused together: the first of their answers has brought the hold and its jitter.
  const bool known = mode_ == Mode::kHeld || (mode_ != Mode::kNormal && !current);
  timer_.keep_silence(asked, !known, now);
  if (known) {
    return;
  }
  if (mode_ == Mode::kOpen || mode_ == Mode::kPaused) {
    probed_in_vain(now);  // It goes on probing, after the hold.
    return;
  }
  reason_ = last_error_;
  cause_ = cause_of(answer);
  since_ = mode_ == Mode::kNormal ? now : since_;
  probe_limit_after_ = timer_.silent_until() + std::min(kHoldsBetweenProbes * asked, kLongestUnprobed);
  enter(Mode::kHeld);
  notices_.held(reason_, asked, now);
}

void CircuitBreaker::failed_while_normal(bool current, const http::Answer& answer, MonoTime now) {
  const bool overload = may_be_overload(answer);
  switch (failures_.failed(current)) {
    case FailureStreak::Finding::kFew:
      break;
    case FailureStreak::Finding::kSuspected:
      effect_.overload = overload ? Effect::Overload::kFirst : effect_.overload;
      timer_.back_off(now);
      effect_.new_epoch = true;
      break;
    case FailureStreak::Finding::kSingleFailed:
      timer_.back_off(now);
      effect_.new_epoch = true;
      break;
    case FailureStreak::Finding::kLate:
      effect_.overload = overload ? Effect::Overload::kLate : effect_.overload;
      break;
    case FailureStreak::Finding::kDown:
      open(answer, now);
      break;
  }
}

void CircuitBreaker::open(const http::Answer& answer, MonoTime now) {
  reason_ = describe(answer);
  cause_ = cause_of(answer);
  since_ = mode_ == Mode::kNormal ? now : since_;
  enter(Mode::kOpen);
  wait_for_probe(now);
  notices_.opened(reason_, timer_.next() - now, now);
}

void CircuitBreaker::wrong(bool current, const http::Answer& answer, MonoTime now) {
  last_error_ = describe(answer);
  if (mode_ != Mode::kNormal && !current) {
    return;
  }
  const bool again = mode_ == Mode::kPaused;
  cause_ = cause_of(answer);
  reason_ = last_error_;
  if (again) {
    probed_in_vain(now);
  } else {
    since_ = now;
    timer_.restart();
    enter(Mode::kPaused);
    wait_for_probe(now);
  }
  notices_.paused(cause_, again, reason_, timer_.next() - now);
}

void CircuitBreaker::probed_in_vain(MonoTime now) {
  timer_.lengthen();
  wait_for_probe(now);
}

void CircuitBreaker::wait_for_probe(MonoTime now) {
  timer_.wait_for_probe(mode_ == Mode::kPaused ? AttemptTimer::Upstream::kWrong : AttemptTimer::Upstream::kFailing,
                        now);
  effect_.new_epoch = true;
}

void CircuitBreaker::half_open(std::uint32_t slots) {
  enter(Mode::kHalfOpen);
  ramp_ = slots;
}

void CircuitBreaker::enter(Mode mode) {
  effect_.left_normal = effect_.left_normal || mode_ == Mode::kNormal;
  effect_.new_mode = true;
  effect_.new_epoch = true;
  mode_ = mode;
  failures_.reset();
  timer_.lift();
  if (mode == Mode::kNormal) {
    reason_.clear();
    cause_ = Cause{};
    timer_.restart();
  }
}

void CircuitBreaker::resume() {
  timer_.end_silence();
  if (mode_ == Mode::kOpen || mode_ == Mode::kPaused || mode_ == Mode::kHeld) {
    half_open(1);
  }
  timer_.restart();
  failures_.reset();
  timer_.lift();
  effect_.gate_lifted = true;
}

CircuitBreaker::Effect CircuitBreaker::take_effect() { return std::exchange(effect_, {}); }

}  // namespace respand::delivery
