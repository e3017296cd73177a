#include "delivery/circuit_breaker.h"

#include <algorithm>
#include <utility>

#include "delivery/saturating_sub.h"

namespace respand::delivery {
namespace {

// On top of a Retry-After, so that a fleet that was told the same second does not come back in it.
constexpr Duration kMaxHoldJitter = std::chrono::seconds{10};

// One request too many costs a hold: the limit is not probed again before this many times the hold, so that at most a
// twentieth of the time is lost to it.
constexpr int kHoldsBetweenProbes = 20;
constexpr Duration kLongestUnprobed = std::chrono::hours{1};

// Not where nobody has read the record.
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

// While failures follow each other no new ones take the slots of those that fail, more and more so.
std::uint32_t CircuitBreaker::limit(std::uint32_t most) const {
  switch (mode_) {
    case Mode::kNormal:
      return suspicious() ? 1 : std::max(1U, most >> std::min(saturating_sub(failures_ + 1, kFailuresToSlow), 31U));
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
  if (mode_ == Mode::kHeld && now >= hold_until_) {
    if (paced) {
      enter(Mode::kNormal);
    } else {
      half_open(1);
    }
  }
  return std::max(hold_until_, not_before_);
}

void CircuitBreaker::rest(Duration rest, MonoTime now) {
  hold_until_ = std::max(hold_until_, now + rest + full_jitter(rest / 10, kMaxHoldJitter, 0, random_));
}

void CircuitBreaker::alive(bool current, std::uint32_t most) {
  switch (mode_) {
    case Mode::kNormal:
      failures_ = 0;
      suspicions_ = 0;
      step_ = 0;
      effect_.gate_lifted = effect_.gate_lifted || std::exchange(not_before_, MonoTime{}) != MonoTime{};
      break;
    case Mode::kHeld:
      break;
    case Mode::kOpen:
    case Mode::kPaused:
      if (current) {
        say_resumed();
        half_open(2);
      }
      break;
    case Mode::kHalfOpen:
      if (current) {
        say_resumed();
        failures_ = 0;
        ramp_ *= 2;
        step_ = saturating_sub(step_, 1);
        if (ramp_ >= most) {
          enter(Mode::kNormal);
        }
      }
      break;
  }
}

// Whatever it says beside that: an answer that asks for silence gets it.
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
  if (mode_ == Mode::kPaused && current) {
    ++step_;
    next_probe(now);
  } else if (mode_ == Mode::kOpen && current) {
    say_resumed();
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
        note_suspicion(current, answer, now);
      }
      break;
    case Mode::kHeld:
      break;
    case Mode::kOpen:
    case Mode::kPaused:
      if (current) {
        ++step_;
        next_probe(now);
      }
      break;
    case Mode::kHalfOpen:
      if (current && !is_its_records(answer, source) && ++failures_ >= kFailuresToReopen) {
        ++step_;
        open(answer, now);
      }
      break;
  }
}

void CircuitBreaker::hold(bool current, const http::Answer& answer, MonoTime now) {
  const Duration asked = *answer.retry_after;
  const bool known = mode_ == Mode::kHeld || (mode_ != Mode::kNormal && !current);
  const Duration jitter = known ? Duration{0}
                                : full_jitter(retry_.initial, kMaxHoldJitter, 0, random_) +
                                      full_jitter(asked / 10, kMaxHoldJitter, 0, random_);
  hold_until_ = std::max(hold_until_, now + asked + jitter);
  if (known) {
    return;
  }
  if (mode_ == Mode::kOpen || mode_ == Mode::kPaused) {  // It goes on probing, after the hold.
    ++step_;
    next_probe(now);
    return;
  }
  reason_ = last_error_;
  cause_ = cause_of(answer);
  since_ = mode_ == Mode::kNormal ? now : since_;
  probe_limit_after_ = hold_until_ + std::min(kHoldsBetweenProbes * asked, kLongestUnprobed);
  enter(Mode::kHeld);
  if (hold_gate_.open(now)) {
    say("delivery held back, as the API asks", log::Level::kInfo, asked);
  }
}

// So many failures in a row that the API may be down: it is asked one at a time, and not at once again.
void CircuitBreaker::note_suspicion(bool current, const http::Answer& answer, MonoTime now) {
  const bool doubted = suspicious();
  ++failures_;
  if (suspicious() && may_be_overload(answer) && (!doubted || !current)) {
    effect_.overload = doubted ? Effect::Overload::kLate : Effect::Overload::kFirst;
  }
  if (!suspicious() || (doubted && !current)) {
    return;
  }
  if (doubted && ++suspicions_ >= kSuspicionsToOpen) {
    open(answer, now);
    return;
  }
  not_before_ = now + full_jitter(retry_.initial, retry_.max, step_, random_);
  ++step_;
  effect_.new_epoch = true;
}

void CircuitBreaker::open(const http::Answer& answer, MonoTime now) {
  reason_ = describe(answer);
  cause_ = cause_of(answer);
  since_ = mode_ == Mode::kNormal ? now : since_;
  enter(Mode::kOpen);
  next_probe(now);
  if (open_gate_.open(now)) {
    say("the API fails, delivery goes on with single probes", log::Level::kWarning, not_before_ - now);
  }
}

void CircuitBreaker::wrong(bool current, const http::Answer& answer, MonoTime now) {
  last_error_ = describe(answer);
  if (mode_ != Mode::kNormal && !current) {
    return;
  }
  cause_ = cause_of(answer);
  const Cause was = std::exchange(wrong_, cause_);
  const bool same = mode_ == Mode::kPaused && was == wrong_;
  step_ = mode_ == Mode::kPaused ? step_ + 1 : 0;
  reason_ = last_error_;
  if (mode_ != Mode::kPaused) {
    since_ = now;
    enter(Mode::kPaused);
  }
  next_probe(now);
  if (!same) {
    say("delivery paused: the destination or the key is wrong", log::Level::kError, not_before_ - now);
  }
}

void CircuitBreaker::next_probe(MonoTime now) {
  const bool paused = mode_ == Mode::kPaused;
  const Duration first = paused ? kFirstPauseProbe : retry_.initial;
  const Duration longest = paused ? retry_.max : std::min(retry_.max, kLongestProbe);
  not_before_ = now + half_jitter(first, longest, step_, random_);
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
  failures_ = 0;
  suspicions_ = 0;
  not_before_ = MonoTime{};
  if (mode == Mode::kNormal) {
    reason_.clear();
    cause_ = Cause{};
    step_ = 0;
  }
}

void CircuitBreaker::resume() {
  hold_until_ = MonoTime{};
  if (mode_ == Mode::kOpen || mode_ == Mode::kPaused || mode_ == Mode::kHeld) {
    half_open(1);
  }
  step_ = 0;
  failures_ = 0;
  not_before_ = MonoTime{};
  effect_.gate_lifted = true;
}

CircuitBreaker::Effect CircuitBreaker::take_effect() { return std::exchange(effect_, {}); }

Notice CircuitBreaker::take_notice() { return std::exchange(notice_, {}); }

void CircuitBreaker::say(const char* event, log::Level level, Duration wait) {
  notice_ = Notice{event, level, reason_, wait};
  said_issue_ = said_issue_ || level != log::Level::kInfo;
}

void CircuitBreaker::say_resumed() {
  if (std::exchange(said_issue_, false)) {
    notice_ = Notice{"delivery resumed", log::Level::kInfo, reason_, Duration{0}};
  }
}

}  // namespace respand::delivery
