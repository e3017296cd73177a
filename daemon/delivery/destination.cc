#include "delivery/destination.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "respand/base/text.h"

namespace respand::delivery {
namespace {

constexpr std::uint64_t bit(std::uint32_t worker) { return std::uint64_t{1} << worker; }
constexpr std::uint32_t minus(std::uint32_t a, std::uint32_t b) { return a > b ? a - b : 0; }

// Requests that may leave at once under a rate limit: a tenth of a second's, so that a worker wakes ten times a second.
double burst(std::uint32_t rate) { return std::max(1.0, rate / 10.0); }

// On top of a Retry-After, so that a fleet that was told the same second does not come back in it.
constexpr Duration kMaxHoldJitter = std::chrono::seconds{10};

// One request too many costs a hold: the limit is not probed again before this many times the hold, so that at most a
// twentieth of the time is lost to it.
constexpr int kHoldsBetweenProbes = 20;
constexpr Duration kLongestUnprobed = std::chrono::hours{1};

// Whether an answer says that there was too much at once (contract, section 5). A connection that breaks says that
// there is none.
bool pushes_back(const http::Answer& answer) {
  const int status = answer.status;
  return answer.failure == http::Failure::kTimeout ||
         (answer.failure == http::Failure::kNone && (status == 408 || status == 429 || status / 100 == 5));
}

std::optional<Duration> latency_of(const http::Answer& answer) {
  if (answer.status / 100 != 2 || answer.latency == Duration{0} || answer.payload.size() > Destination::kMostMeasured) {
    return std::nullopt;
  }
  return answer.latency;
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

Destination::Destination(const Settings& settings)
    : workers_(settings.workers),
      wakers_(settings.workers),
      settings_(settings),
      random_(settings.seed),
      adaptive_(std::max(1U, settings.max_in_flight), std::max(1U, settings.first_limit)),
      holding_(settings.workers),
      tokens_(burst(settings.rate_limit)) {}

void Destination::attach(std::uint32_t worker, std::function<void()> wake) { wakers_[worker] = std::move(wake); }

std::uint32_t Destination::limit() const {
  switch (mode_) {
    case Mode::kNormal:
      return suspicious() ? 1 : adaptive_.value();
    case Mode::kHeld:
      return 0;
    case Mode::kOpen:
    case Mode::kPaused:
      return 1;
    case Mode::kHalfOpen:
      return std::min(ramp_, adaptive_.value());
  }
  return 0;
}

// A probe does not wait for those that hang since before the outage; all others together stay below the ceiling.
std::uint32_t Destination::free_places() const {
  switch (mode_) {
    case Mode::kNormal:
      return suspicious() ? std::min(minus(1, current_), minus(settings_.max_in_flight, in_flight_))
                          : minus(limit(), in_flight_);
    case Mode::kHeld:
      return 0;
    case Mode::kOpen:
    case Mode::kPaused:
      return minus(1, current_);
    case Mode::kHalfOpen:
      return std::min(minus(limit(), current_),
                      std::max(minus(settings_.max_in_flight, in_flight_), minus(1, current_)));
  }
  return 0;
}

// The time before which nothing may leave. A hold that is over is left for a careful start.
MonoTime Destination::gate(MonoTime now) {
  if (mode_ == Mode::kHeld && now >= hold_until_) {
    half_open(1);
  }
  return std::max(hold_until_, not_before_);
}

std::uint32_t Destination::tokens(MonoTime now) {
  const double passed = std::chrono::duration<double>(now - std::exchange(refilled_, now)).count();
  tokens_ = std::min(burst(settings_.rate_limit), tokens_ + passed * settings_.rate_limit);
  return static_cast<std::uint32_t>(std::max(tokens_, 0.0));
}

MonoTime Destination::next_tokens(MonoTime now, std::uint32_t wanted) const {
  const double missing = std::max(std::min<double>(wanted, std::floor(burst(settings_.rate_limit))) - tokens_, 0.0);
  return now + std::chrono::ceil<Duration>(std::chrono::duration<double>(missing / settings_.rate_limit));
}

Grant Destination::admit(std::uint32_t worker, MonoTime now, std::uint32_t wanted) {
  const MutexLock lock(mutex_);
  const Workers me = bit(worker);
  waiting_ &= ~me;
  woken_ &= ~me;
  gated_ &= ~me;
  Grant grant;
  if (const MonoTime open_at = gate(now); now < open_at) {
    gated_ |= me;
    grant.look_again = open_at;
    return grant;
  }
  const auto kept_for_others = static_cast<std::uint32_t>(std::popcount(woken_));
  grant.places = std::min(wanted, minus(free_places(), kept_for_others));
  if (grant.places == 0 && holding_[worker] == 0) {
    waiting_ |= me;
  }
  if (settings_.rate_limit != 0 && grant.places > 0) {
    const std::uint32_t could_have = std::exchange(grant.places, std::min(grant.places, tokens(now)));
    tokens_ -= grant.places;
    if (grant.places < could_have) {
      gated_ |= me;
      grant.look_again = next_tokens(now, could_have - grant.places);
    }
  }
  grant.epoch = epoch_;
  grant.probing = mode_ != Mode::kNormal || suspicious();
  in_flight_ += grant.places;
  current_ += grant.places;
  holding_[worker] += grant.places;
  return grant;
}

void Destination::release(std::uint32_t worker, std::uint64_t epoch, std::uint32_t places) {
  in_flight_ -= places;
  holding_[worker] -= places;
  if (epoch == epoch_) {
    current_ -= places;
  }
}

// Those whose question has a new answer now: all that slept for a time that no longer counts, and for each free place
// one that waits for it, in turn. Its place is kept until it asks.
Destination::Workers Destination::to_wake(std::uint32_t caller) {
  Workers wake = std::exchange(gate_lifted_, false) ? std::exchange(gated_, 0) : 0;
  auto spare = minus(free_places(), static_cast<std::uint32_t>(std::popcount(woken_)));
  for (; spare > 0 && (waiting_ & ~woken_) != 0; --spare) {
    const Workers candidates = std::rotr(waiting_ & ~woken_, static_cast<int>(turn_));
    turn_ = (turn_ + static_cast<std::uint32_t>(std::countr_zero(candidates))) % kMaxWorkers;
    woken_ |= bit(turn_);
    wake |= bit(turn_);
    turn_ = (turn_ + 1) % kMaxWorkers;
  }
  return caller < workers_ ? wake & ~bit(caller) : wake;
}

void Destination::give_back(std::uint32_t worker, const Grant& grant, std::uint32_t unused) {
  Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    release(worker, grant.epoch, unused);
    tokens_ += settings_.rate_limit == 0 ? 0 : unused;
    wake = to_wake(worker);
  }
  publish({}, wake);
}

void Destination::answered(std::uint32_t worker, std::uint64_t epoch, Verdict verdict, const http::Answer& answer,
                           MonoTime now) {
  Notice notice;
  Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    const bool current = epoch == epoch_;
    if (in_flight_ >= limit()) {
      adaptive_.reached();
    }
    release(worker, epoch, 1);
    switch (verdict) {
      case Verdict::kDelivered:
      case Verdict::kRecordWrong:
        on_alive(current, answer, now);
        break;
      case Verdict::kTransient:
        on_transient(current, answer, now);
        break;
      case Verdict::kDestinationWrong:
        on_wrong(current, answer, now);
        break;
    }
    wake = to_wake(worker);
    notice = std::exchange(notice_, {});
  }
  publish(notice, wake);
}

void Destination::on_alive(bool current, const http::Answer& answer, MonoTime now) {
  switch (mode_) {
    case Mode::kNormal:
      on_alive_normal(current, answer, now);
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
        ramp_ *= 2;
        step_ = minus(step_, 1);
        if (ramp_ >= adaptive_.value()) {
          enter(Mode::kNormal);
        }
      }
      break;
  }
}

void Destination::on_alive_normal(bool current, const http::Answer& answer, MonoTime now) {
  failures_ = 0;
  step_ = 0;
  gate_lifted_ = gate_lifted_ || std::exchange(not_before_, MonoTime{}) != MonoTime{};
  if (adaptive_.succeeded(current, latency_of(answer), now >= probe_limit_after_)) {
    next_epoch();
  }
}

void Destination::on_transient(bool current, const http::Answer& answer, MonoTime now) {
  last_error_ = describe(answer);
  if (mode_ == Mode::kNormal && pushes_back(answer)) {
    adaptive_.refused(current);
  }
  if (answer.retry_after && *answer.retry_after > Duration{0}) {
    hold(current, answer, now);
    return;
  }
  switch (mode_) {
    case Mode::kNormal:
      back_off(current, answer, now);
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
      if (current) {
        ++step_;
        open(answer, now);
      }
      break;
  }
}

void Destination::hold(bool current, const http::Answer& answer, MonoTime now) {
  const Duration asked = *answer.retry_after;
  const bool known = mode_ == Mode::kHeld || (mode_ != Mode::kNormal && !current);
  const Duration jitter = known ? Duration{0}
                                : full_jitter(settings_.retry.initial, kMaxHoldJitter, 0, random_) +
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
  since_ = mode_ == Mode::kNormal ? now : since_;
  probe_limit_after_ = hold_until_ + std::min(kHoldsBetweenProbes * asked, kLongestUnprobed);
  enter(Mode::kHeld);
  if (hold_gate_.open(now)) {
    say("delivery held back, as the API asks", log::Level::kInfo, asked);
  }
}

// One failure for the whole destination: the first of those that failed together sets the backoff, all of them count.
void Destination::back_off(bool current, const http::Answer& answer, MonoTime now) {
  ++failures_;
  if (!current) {
    return;
  }
  if (suspicious() && step_ > 0) {
    open(answer, now);
    return;
  }
  not_before_ = now + full_jitter(settings_.retry.initial, settings_.retry.max, step_, random_);
  ++step_;
  next_epoch();
}

void Destination::open(const http::Answer& answer, MonoTime now) {
  reason_ = describe(answer);
  since_ = mode_ == Mode::kNormal ? now : since_;
  enter(Mode::kOpen);
  next_probe(now);
  if (open_gate_.open(now)) {
    say("the API fails, delivery goes on with single probes", log::Level::kWarning, not_before_ - now);
  }
}

void Destination::on_wrong(bool current, const http::Answer& answer, MonoTime now) {
  last_error_ = describe(answer);
  if (mode_ != Mode::kNormal && !current) {
    return;
  }
  const std::string was = std::exchange(wrong_code_, code_of(answer));
  const bool same = mode_ == Mode::kPaused && was == wrong_code_;
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

void Destination::next_probe(MonoTime now) {
  const bool paused = mode_ == Mode::kPaused;
  const Duration first = paused ? kFirstPauseProbe : settings_.retry.initial;
  const Duration longest = paused ? settings_.retry.max : std::min(settings_.retry.max, kLongestProbe);
  not_before_ = now + half_jitter(first, longest, step_, random_);
  next_epoch();
}

void Destination::next_epoch() {
  ++epoch_;
  current_ = 0;
}

void Destination::half_open(std::uint32_t places) {
  enter(Mode::kHalfOpen);
  ramp_ = places;
}

void Destination::enter(Mode mode) {
  if (mode_ == Mode::kNormal) {
    adaptive_.restart();
  }
  mode_ = mode;
  next_epoch();
  failures_ = 0;
  not_before_ = MonoTime{};
  // Everybody asks anew: who waited for a place may now have to wait for a time, and the other way round.
  gated_ |= std::exchange(waiting_, 0);
  woken_ = 0;
  gate_lifted_ = true;
  if (mode == Mode::kNormal) {
    reason_.clear();
    step_ = 0;
  }
}

void Destination::say(const char* event, log::Level level, Duration wait) {
  notice_ = Notice{event, level, reason_, wait};
  said_trouble_ = said_trouble_ || level != log::Level::kInfo;
}

void Destination::say_resumed() {
  if (std::exchange(said_trouble_, false)) {
    notice_ = Notice{"delivery resumed", log::Level::kInfo, reason_, Duration{0}};
  }
}

void Destination::publish(const Notice& notice, Workers wake) const {
  if (notice.event != nullptr && notice.wait == Duration{0}) {
    log::write(notice.level, notice.event, {{"after", notice.why}});
  } else if (notice.event != nullptr) {
    log::write(notice.level, notice.event,
               {{"why", notice.why}, {"next_try_seconds", std::chrono::duration<double>(notice.wait).count()}});
  }
  for (std::uint32_t worker = 0; wake != 0; ++worker, wake >>= 1) {
    if ((wake & 1) != 0 && wakers_[worker]) {
      wakers_[worker]();
    }
  }
}

void Destination::resume(MonoTime now, bool new_target) {
  Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    if (new_target) {
      hold_until_ = MonoTime{};
    }
    const bool free_again =
        mode_ == Mode::kOpen || mode_ == Mode::kPaused || (mode_ == Mode::kHeld && now >= hold_until_);
    if (free_again) {
      half_open(1);
    }
    step_ = 0;
    failures_ = 0;
    not_before_ = MonoTime{};
    gate_lifted_ = true;
    wake = to_wake(workers_);
  }
  publish({}, wake);
}

void Destination::leave(std::uint32_t worker) {
  Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    waiting_ &= ~bit(worker);
    woken_ &= ~bit(worker);
    gated_ &= ~bit(worker);
    wake = to_wake(worker);
  }
  publish({}, wake);
}

void Destination::follow(std::uint32_t max_in_flight, std::uint32_t rate_limit, const Retry& retry) {
  const MutexLock lock(mutex_);
  settings_.max_in_flight = std::max(1U, max_in_flight);
  settings_.rate_limit = rate_limit;
  settings_.retry = retry;
  adaptive_.set_most(settings_.max_in_flight);
  tokens_ = std::min(tokens_, burst(rate_limit));
}

Destination::State Destination::state() const {
  const MutexLock lock(mutex_);
  return {mode_, reason_, since_, last_error_, in_flight_, limit()};
}

}  // namespace respand::delivery
