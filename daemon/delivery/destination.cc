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

constexpr int kTooManyRequests = 429;

bool refuses(const http::Answer& answer) {
  return answer.failure == http::Failure::kNone && answer.status == kTooManyRequests;
}

// Whether a failure may say that there was too much at once (contract, section 5). A connection that breaks says that
// there is none.
bool may_be_overload(const http::Answer& answer) {
  return answer.failure == http::Failure::kTimeout ||
         (answer.failure == http::Failure::kNone && (answer.status == 408 || answer.status / 100 == 5));
}

// Not where nobody has read the record.
bool is_its_records(const http::Answer& answer, Destination::Suspect suspect) {
  return suspect == Destination::Suspect::kRecord &&
         (answer.failure == http::Failure::kNone || answer.failure == http::Failure::kTimeout ||
          answer.failure == http::Failure::kBroken);
}

// The ticket of an attempt: the epoch of its grant, and how many were under way with it.
constexpr std::uint32_t kCrowdBits = 16;
std::uint64_t ticket(std::uint64_t epoch, std::uint32_t crowd) {
  return (epoch << kCrowdBits) | std::min(crowd, (1U << kCrowdBits) - 1);
}
std::uint64_t epoch_of(std::uint64_t ticket) { return ticket >> kCrowdBits; }
std::uint32_t crowd_of(std::uint64_t ticket) { return static_cast<std::uint32_t>(ticket & ((1U << kCrowdBits) - 1)); }

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
      return suspicious() ? 1 : calm_limit();
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

// While failures follow each other no new ones take the places of those that fail, more and more so.
std::uint32_t Destination::calm_limit() const {
  const std::uint32_t beyond = minus(failures_ + 1, kFailuresToSlow);
  return std::max(1U, adaptive_.value() >> std::min(beyond, 31U));
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
    if (pace_.known()) {
      enter(Mode::kNormal);
    } else {
      half_open(1);
    }
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
  if ((mode_ == Mode::kNormal || mode_ == Mode::kHalfOpen) && pace_.known() && grant.places > 0) {
    const std::uint32_t could_have = std::exchange(grant.places, pace_.take(now, grant.places));
    if (grant.places < could_have) {
      gated_ |= me;
      grant.look_again = std::min(grant.look_again == kNever ? kNever : grant.look_again, pace_.next(now));
    }
  }
  grant.epoch = ticket(epoch_, in_flight_ + grant.places);
  grant.probing = mode_ != Mode::kNormal || suspicious();
  in_flight_ += grant.places;
  current_ += grant.places;
  holding_[worker] += grant.places;
  return grant;
}

void Destination::release(std::uint32_t worker, std::uint64_t ticket, std::uint32_t places) {
  in_flight_ -= places;
  holding_[worker] -= places;
  if (epoch_of(ticket) == epoch_) {
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
    pace_.give_back(unused);
    wake = to_wake(worker);
  }
  publish({}, wake);
}

void Destination::answered(std::uint32_t worker, std::uint64_t ticket, Verdict verdict, const http::Answer& answer,
                           MonoTime now, Suspect suspect) {
  Notice notice;
  Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    const bool current = epoch_of(ticket) == epoch_;
    if (in_flight_ >= limit()) {
      adaptive_.reached();
    }
    const bool was_paced = pace_.known();
    const double noise_before = failure_share_.noise();
    learn(ticket, answer, now);
    say_regime(was_paced, noise_before, now);
    release(worker, ticket, 1);
    switch (verdict) {
      case Verdict::kDelivered:
      case Verdict::kRecordWrong:
        on_alive(current, answer, now);
        break;
      case Verdict::kTransient:
        if (refuses(answer)) {
          on_refused(current, answer, now);
        } else {
          on_transient(current, answer, now, suspect);
        }
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

// What the answer says of the rate and the number of requests that the API takes, whatever it says of the record.
void Destination::learn(std::uint64_t ticket, const http::Answer& answer, MonoTime now) {
  constexpr double kWeight = 1.0 / 500;
  const bool refused = refuses(answer);
  refused_share_ += ((refused ? 1.0 : 0.0) - refused_share_) * kWeight;
  const MonoTime sent = now - answer.elapsed;
  const bool current = epoch_of(ticket) == epoch_;
  gate_lifted_ = gate_lifted_ || pace_.blocked();  // What the single try brought concerns all that wait for it.
  if (refused) {
    learn_refusal(ticket, answer, now);
  } else if (answer.failure == http::Failure::kNone) {
    pace_.accepted(sent, now);
    crowd_.accepted(crowd_of(ticket));
    learn_failure(may_be_overload(answer), current, now);
  } else {
    pace_.unknown();
    if (may_be_overload(answer)) {
      learn_failure(true, current, now);
    }
  }
}

// A refusal is about how many there are at once, or about how many there are a second. An API that says when to come
// back counts the time.
void Destination::learn_refusal(std::uint64_t ticket, const http::Answer& answer, MonoTime now) {
  const Duration hold = std::max(answer.retry_after.value_or(Duration{0}), Duration{0});
  const std::uint32_t crowd = crowd_of(ticket);
  const bool few = crowd == 1 || crowd_.is_small(crowd);
  const bool about_rate = hold > Duration{0} || pace_.holds_back() || few;
  if (about_rate) {
    pace_.refused(now - answer.elapsed, hold, std::nullopt, crowd < Crowd::kMost, now);
  }
  const bool about_crowd = !about_rate || (hold > Duration{0} && !pace_.holds_back() && !few);
  const bool current = epoch_of(ticket) == epoch_;
  if (about_crowd && (mode_ == Mode::kNormal || mode_ == Mode::kHalfOpen)) {
    if (failure_share_.interrupt()) {
      adaptive_.end_trial(1);
    }
    adaptive_.refused(current);
    if (current) {
      next_epoch();
    }
  }
}

// A change of regime, for the log: seldom, and not each time that it comes and goes.
void Destination::say_regime(bool was_paced, double noise_before, MonoTime now) {
  constexpr double kWorthTelling = 0.01;
  if (!was_paced && pace_.known() && pace_gate_.open(now)) {
    notice_ = {.event = "the API limits the rate of requests (429), delivery is paced",
               .level = log::Level::kInfo,
               .pace = pace_.rate()};
  } else if (noise_before < kWorthTelling && failure_share_.noise() >= kWorthTelling && noise_gate_.open(now)) {
    notice_ = {.event = "the API fails requests whatever the load, delivery goes on at full speed",
               .level = log::Level::kWarning,
               .why = last_error_,
               .share = failure_share_.noise()};
  }
}

void Destination::learn_failure(bool failed, bool current, MonoTime now) {
  if (mode_ != Mode::kNormal) {
    return;
  }
  const bool full = in_flight_ >= adaptive_.value();
  switch (failure_share_.answered(failed, current, full, adaptive_.value(), now)) {
    case FailureShare::Advice::kNone:
      if (failed && !current && failure_share_.overloaded()) {
        adaptive_.refused(false);
      }
      break;
    case FailureShare::Advice::kCut:
      adaptive_.refused(true);
      next_epoch();
      break;
    case FailureShare::Advice::kTryHalf:
      adaptive_.try_half();
      next_epoch();
      break;
    case FailureShare::Advice::kUndo:
      adaptive_.end_trial(1);
      break;
    case FailureShare::Advice::kKeep:
      adaptive_.end_trial(0.9);
      break;
    case FailureShare::Advice::kKeepHalf:
      adaptive_.end_trial(0.5);
      break;
  }
}

// A 429 says that the API is there, and answers: never a reason to open the circuit.
void Destination::on_refused(bool current, const http::Answer& answer, MonoTime now) {
  last_error_ = describe(answer);
  if (answer.retry_after && *answer.retry_after > Duration{0}) {
    hold(current, answer, now);
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
        failures_ = 0;
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
  doubts_ = 0;
  step_ = 0;
  gate_lifted_ = gate_lifted_ || std::exchange(not_before_, MonoTime{}) != MonoTime{};
  if (adaptive_.succeeded(current, latency_of(answer), now >= probe_limit_after_)) {
    next_epoch();
  }
}

void Destination::on_transient(bool current, const http::Answer& answer, MonoTime now, Suspect suspect) {
  last_error_ = describe(answer);
  if (answer.retry_after && *answer.retry_after > Duration{0}) {
    hold(current, answer, now);
    return;
  }
  switch (mode_) {
    case Mode::kNormal:
      if (!is_its_records(answer, suspect)) {
        doubt(current, answer, now);
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
      if (current && !is_its_records(answer, suspect) && ++failures_ >= kFailuresToReopen) {
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

// So many failures in a row that the API may be down: it is asked one at a time, and not at once again.
void Destination::doubt(bool current, const http::Answer& answer, MonoTime now) {
  const bool doubted = suspicious();
  ++failures_;
  if (suspicious() && may_be_overload(answer) && (!doubted || !current)) {
    adaptive_.refused(!doubted);  // If it is not down, it had far too much at once.
  }
  if (!suspicious() || (doubted && !current)) {
    return;
  }
  if (doubted && ++doubts_ >= kDoubtsToOpen) {
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
  if (failure_share_.interrupt()) {
    adaptive_.end_trial(1);
  }
  mode_ = mode;
  next_epoch();
  failures_ = 0;
  doubts_ = 0;
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
  if (notice.event != nullptr && notice.pace > 0) {
    log::write(notice.level, notice.event, {{"requests_per_second", std::round(notice.pace * 10) / 10}});
  } else if (notice.event != nullptr && notice.share > 0) {
    log::write(notice.level, notice.event,
               {{"share", std::round(notice.share * 1000) / 1000}, {"last_error", notice.why}});
  } else if (notice.event != nullptr && notice.wait == Duration{0}) {
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
    hold_until_ = MonoTime{};
    if (new_target) {
      pace_ = Pace{};
      crowd_ = Crowd{};
      failure_share_ = FailureShare{};
    }
    pace_.lift(now);
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
  return {mode_,
          reason_,
          since_,
          last_error_,
          in_flight_,
          limit(),
          pace_.known() ? pace_.rate() : 0,
          refused_share_,
          failure_share_.recent(),
          failure_share_.noise()};
}

}  // namespace respand::delivery
