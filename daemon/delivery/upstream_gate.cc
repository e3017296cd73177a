#include "delivery/upstream_gate.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "delivery/minus.h"

namespace respand::delivery {
namespace {

// Requests that may leave at once under a rate limit: a tenth of a second's, so that a worker wakes ten times a second.
double burst(std::uint32_t rate) { return std::max(1.0, rate / 10.0); }

// Requests a second, where the API tells.
std::optional<double> told_rate(const http::RateLimitHint& said) {
  if (!said.limit || !said.window || *said.limit <= 0) {
    return std::nullopt;
  }
  return *said.limit / std::chrono::duration<double>(*said.window).count();
}

std::optional<Duration> latency_of(const http::Answer& answer) {
  if (answer.status / 100 != 2 || answer.latency == Duration{0} ||
      answer.payload.size() > UpstreamGate::kMostMeasured) {
    return std::nullopt;
  }
  return answer.latency;
}

}  // namespace

UpstreamGate::UpstreamGate(const Settings& settings)
    : workers_(settings.workers),
      route_(settings.route),
      wakers_(settings.workers),
      settings_(settings),
      circuit_(settings.retry, settings.seed),
      slots_(settings.workers),
      adaptive_(std::max(1U, settings.max_in_flight), std::max(1U, settings.first_limit)),
      tokens_(burst(settings.rate_limit)) {}

void UpstreamGate::attach(std::uint32_t worker, std::function<void()> wake) { wakers_[worker] = std::move(wake); }

// A probe does not wait for those that hang since before the outage; all others together stay below the ceiling.
std::uint32_t UpstreamGate::free_slots() const {
  const std::uint32_t in_flight = slots_.in_flight();
  const std::uint32_t current = slots_.current();
  switch (circuit_.mode()) {
    case Mode::kNormal:
      return circuit_.suspicious() ? std::min(minus(1, current), minus(settings_.max_in_flight, in_flight))
                                   : minus(limit(), in_flight);
    case Mode::kHeld:
      return 0;
    case Mode::kOpen:
    case Mode::kPaused:
      return minus(1, current);
    case Mode::kHalfOpen:
      return std::min(minus(limit(), current), std::max(minus(settings_.max_in_flight, in_flight), minus(1, current)));
  }
  return 0;
}

std::uint32_t UpstreamGate::tokens(MonoTime now) {
  const double passed = std::chrono::duration<double>(now - std::exchange(refilled_, now)).count();
  tokens_ = std::min(burst(settings_.rate_limit), tokens_ + passed * settings_.rate_limit);
  return static_cast<std::uint32_t>(std::max(tokens_, 0.0));
}

MonoTime UpstreamGate::next_tokens(MonoTime now, std::uint32_t wanted) const {
  const double missing = std::max(std::min<double>(wanted, std::floor(burst(settings_.rate_limit))) - tokens_, 0.0);
  return now + std::chrono::ceil<Duration>(std::chrono::duration<double>(missing / settings_.rate_limit));
}

Permits UpstreamGate::admit(std::uint32_t worker, MonoTime now, std::uint32_t wanted) {
  const MutexLock lock(mutex_);
  slots_.ask(worker);
  Permits permits;
  const MonoTime open_at = circuit_.gate(now, pace_.known() || refusal_noise_.known());
  apply_circuit();
  if (now < open_at) {
    slots_.wait_for_time(worker);
    permits.look_again = open_at;
    return permits;
  }
  permits.slots = std::min(wanted, minus(free_slots(), slots_.kept()));
  if (permits.slots == 0) {
    slots_.wait_for_place(worker);
  }
  pace(worker, permits, now);
  permits.epoch = slots_.take(worker, permits.slots);
  permits.probing = circuit_.mode() != Mode::kNormal || circuit_.suspicious();
  return permits;
}

// Fewer than there are places for, where that were too many a second.
void UpstreamGate::pace(std::uint32_t worker, Permits& permits, MonoTime now) {
  if (settings_.rate_limit != 0 && permits.slots > 0) {
    const std::uint32_t could_have = std::exchange(permits.slots, std::min(permits.slots, tokens(now)));
    tokens_ -= permits.slots;
    if (permits.slots < could_have) {
      slots_.wait_for_time(worker);
      permits.look_again = next_tokens(now, could_have - permits.slots);
    }
  }
  const bool paced = circuit_.mode() == Mode::kNormal || circuit_.mode() == Mode::kHalfOpen;
  if (paced && pace_.known() && permits.slots > 0) {
    const std::uint32_t could_have = std::exchange(permits.slots, pace_.take(now, permits.slots));
    if (permits.slots < could_have) {
      slots_.wait_for_time(worker);
      permits.look_again = std::min(permits.look_again, pace_.next(now));
    }
  }
}

void UpstreamGate::give_back(std::uint32_t worker, const Permits& permits, std::uint32_t unused) {
  SlotWaiters::Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    slots_.release(worker, permits.epoch, unused);
    tokens_ += settings_.rate_limit == 0 ? 0 : unused;
    pace_.give_back(unused);
    wake = slots_.to_wake(free_slots(), worker);
  }
  publish({}, wake);
}

void UpstreamGate::answered(std::uint32_t worker, std::uint64_t ticket, Verdict verdict, const http::Answer& answer,
                            MonoTime now, Suspect suspect) {
  Notice notice;
  SlotWaiters::Workers wake = 0;
  std::optional<LearnedPace> kept;
  {
    const MutexLock lock(mutex_);
    const bool current = slots_.is_current(ticket);
    if (slots_.in_flight() >= limit()) {
      adaptive_.reached();
    }
    const bool was_paced = pace_.known();
    const double noise_before = failure_share_.noise();
    const bool refused_anyway = refusal_noise_.known();
    learn(ticket, answer, now);
    notice = regime_notice(was_paced, noise_before, refused_anyway, now);
    judge(current, verdict, answer, now, suspect);
    apply_circuit();
    wake = slots_.to_wake(free_slots(), worker);
    if (Notice said = circuit_.take_notice(); said.event != nullptr) {
      notice = std::move(said);
    }
    kept = keep_ ? kept_.next(pace_, now) : std::nullopt;
  }
  publish(notice, wake);
  if (kept) {
    keep_(*kept);
  }
}

void UpstreamGate::release(std::uint32_t worker, std::span<const std::uint64_t> tickets) {
  SlotWaiters::Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    for (const std::uint64_t ticket : tickets) {
      slots_.release(worker, ticket, 1);
    }
    wake = slots_.to_wake(free_slots(), worker);
  }
  publish({}, wake);
}

void UpstreamGate::begin_with(const LearnedPace& learned, MonoTime now) {
  const MutexLock lock(mutex_);
  pace_.begin_with(learned, now);
  kept_ = KeptPace(learned, now);
}

std::optional<LearnedPace> UpstreamGate::learned(MonoTime now) const {
  const MutexLock lock(mutex_);
  return pace_.known() ? std::optional(pace_.learned(now)) : std::nullopt;
}

void UpstreamGate::judge(bool current, Verdict verdict, const http::Answer& answer, MonoTime now, Suspect suspect) {
  const bool good = verdict == Verdict::kDelivered || verdict == Verdict::kRecordWrong;
  if (!good) {
    failed_at_ = now;
    good_since_ = MonoTime{};
  } else if (good_since_ == MonoTime{}) {
    good_since_ = now;
  }
  switch (verdict) {
    case Verdict::kDelivered:
    case Verdict::kRecordWrong: {
      const bool normal = circuit_.mode() == Mode::kNormal;
      circuit_.alive(current, adaptive_.value());
      if (normal) {
        grow(current, answer, now);
      }
      break;
    }
    case Verdict::kTransient:
      if (is_too_many(answer)) {
        circuit_.refused(current, answer, now);
      } else {
        circuit_.failed(current, answer, now, suspect);
      }
      break;
    case Verdict::kUpstreamWrong:
      circuit_.wrong(current, answer, now);
      break;
  }
}

void UpstreamGate::grow(bool current, const http::Answer& answer, MonoTime now) {
  if (adaptive_.succeeded(current, latency_of(answer), now >= circuit_.probe_limit_after())) {
    slots_.next_epoch();
  }
}

// What the circuit's change means for the others.
void UpstreamGate::apply_circuit() {
  const CircuitBreaker::Effect effect = circuit_.take_effect();
  if (effect.overload != CircuitBreaker::Effect::Overload::kNone) {
    adaptive_.refused(effect.overload == CircuitBreaker::Effect::Overload::kFirst);
  }
  // A silence that a pace has learned from says nothing of how many may be under way; and who begins with few of them
  // sends in bunches what the pace lets gather meanwhile.
  const bool paced_silence = circuit_.mode() == Mode::kHeld && (pace_.known() || refusal_noise_.known());
  if (effect.left_normal && !paced_silence) {
    adaptive_.restart();
  }
  if (effect.new_mode) {
    interrupt_trial();
    slots_.all_ask_anew();
  }
  if (effect.new_epoch) {
    slots_.next_epoch();
  }
  if (effect.gate_lifted) {
    slots_.lift_gate();
  }
}

// What the answer says of the rate and the number of requests that the API takes, whatever it says of the record.
void UpstreamGate::learn(std::uint64_t ticket, const http::Answer& answer, MonoTime now) {
  constexpr double kWeight = 1.0 / 500;
  const bool refused = is_too_many(answer);
  refused_share_ += ((refused ? 1.0 : 0.0) - refused_share_) * kWeight;
  const MonoTime sent = now - answer.elapsed;
  const bool current = slots_.is_current(ticket);
  if (pace_.blocked()) {
    slots_.lift_gate();  // What the single try brought concerns all that wait for it.
  }
  if (const double factor = told_.change(answer.limits); factor != 1) {
    pace_.scale(factor);
  }
  const bool was_its_own = refusal_noise_.known();
  const bool whatever_is_sent =
      (refused || answer.failure == http::Failure::kNone) && refusal_noise_.explains(refused, slots_.in_flight(), now);
  if (was_its_own && !refusal_noise_.known()) {
    pace_.begin_with(*pace_before_, now);
  }
  if (whatever_is_sent) {
    pace_.unknown();
  } else if (refused) {
    learn_refusal(ticket, answer, now);
  } else if (answer.failure == http::Failure::kNone) {
    pace_.accepted(sent, now);
    learn_rest(sent, answer.limits, now);
    crowd_.accepted(SlotWaiters::crowd_of(ticket));
    learn_failure(may_be_overload(answer), current, now);
  } else {
    pace_.unknown();
    if (may_be_overload(answer)) {
      learn_failure(true, current, now);
    }
  }
}

// The API says that nothing is left: who waits for its time is not refused.
void UpstreamGate::learn_rest(MonoTime sent, const http::RateLimitHint& said, MonoTime now) {
  if (said.remaining != 0.0 || !said.reset || *said.reset <= Duration{0} || circuit_.mode() != Mode::kNormal) {
    return;
  }
  const bool one_by_one = said.limit && *said.limit <= 2;
  if (pace_.used_up(sent, *said.reset, told_rate(said), one_by_one, now)) {
    circuit_.rest(*said.reset, now);
  }
}

// A refusal is about how many there are at once, or about how many there are a second. An API that says when to come
// back counts the time.
void UpstreamGate::learn_refusal(std::uint64_t ticket, const http::Answer& answer, MonoTime now) {
  const Duration hold = std::max(answer.retry_after.value_or(Duration{0}), Duration{0});
  const std::uint32_t crowd = SlotWaiters::crowd_of(ticket);
  const bool few = crowd == 1 || crowd_.is_small(crowd);
  const bool about_rate = hold > Duration{0} || pace_.holds_back() || few;
  if (about_rate) {
    pace_.refused(now - answer.elapsed, hold, told_rate(answer.limits), crowd < Crowd::kMost, now);
    if (const double share = pace_.vain_share(); share > 0 && refusal_noise_.believe(share, now)) {
      go_on(now);
      return;
    }
  }
  const bool about_crowd = !about_rate || (hold > Duration{0} && !pace_.holds_back() && !few);
  const bool current = slots_.is_current(ticket);
  if (about_crowd && (circuit_.mode() == Mode::kNormal || circuit_.mode() == Mode::kHalfOpen)) {
    interrupt_trial();
    adaptive_.refused(current);
    if (current) {
      slots_.next_epoch();
    }
  }
}

// Refusals are the API's own: what was learned from them is wrong.
void UpstreamGate::go_on(MonoTime now) {
  pace_before_ = pace_.learned(now);
  pace_ = Pace{};
  slots_.lift_gate();
  interrupt_trial();
}

void UpstreamGate::interrupt_trial() {
  if (failure_share_.interrupt()) {
    adaptive_.end_trial(1);
  }
}

// A change of regime, for the log: seldom, and not each time that it comes and goes.
Notice UpstreamGate::regime_notice(bool was_paced, double noise_before, bool refused_anyway, MonoTime now) {
  constexpr double kWorthTelling = 0.01;
  if (!was_paced && pace_.known() && pace_gate_.open(now)) {
    return {.event = "the API limits the rate of requests, delivery is paced", .pace = pace_.rate()};
  }
  if (!refused_anyway && refusal_noise_.known() && refusal_gate_.open(now)) {
    return {.event = "the API refuses requests (429) however few there are, delivery goes on at full speed",
            .level = log::Level::kWarning,
            .why = circuit_.last_error(),
            .share = refusal_noise_.share()};
  }
  if (noise_before < kWorthTelling && failure_share_.noise() >= kWorthTelling && noise_gate_.open(now)) {
    return {.event = "the API fails requests whatever the load, delivery goes on at full speed",
            .level = log::Level::kWarning,
            .why = circuit_.last_error(),
            .share = failure_share_.noise()};
  }
  return {};
}

void UpstreamGate::learn_failure(bool failed, bool current, MonoTime now) {
  if (circuit_.mode() != Mode::kNormal) {
    return;
  }
  const bool full = slots_.in_flight() >= adaptive_.value();
  switch (failure_share_.answered(failed, current, full, adaptive_.value(), now)) {
    case FailureShare::Advice::kNone:
      if (failed && !current && failure_share_.overloaded()) {
        adaptive_.refused(false);
      }
      break;
    case FailureShare::Advice::kCut:
      adaptive_.refused(true);
      slots_.next_epoch();
      break;
    case FailureShare::Advice::kTryHalf:
      adaptive_.try_half();
      slots_.next_epoch();
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

void UpstreamGate::publish(const Notice& notice, SlotWaiters::Workers wake) const {
  write(notice, route_);
  for (std::uint32_t worker = 0; wake != 0; ++worker, wake >>= 1) {
    if ((wake & 1) != 0 && wakers_[worker]) {
      wakers_[worker]();
    }
  }
}

void UpstreamGate::resume(MonoTime now, bool new_target) {
  SlotWaiters::Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    if (new_target) {
      pace_ = Pace{};
      refusal_noise_ = RefusalNoise{};
      kept_ = KeptPace{};
      told_ = ToldLimit{};
      crowd_ = Crowd{};
      failure_share_ = FailureShare{};
    }
    pace_.lift(now);
    circuit_.resume();
    apply_circuit();
    wake = slots_.to_wake(free_slots(), workers_);
  }
  publish({}, wake);
}

void UpstreamGate::leave(std::uint32_t worker) {
  SlotWaiters::Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    slots_.ask(worker);
    wake = slots_.to_wake(free_slots(), worker);
  }
  publish({}, wake);
}

void UpstreamGate::reconfigure(std::uint32_t max_in_flight, std::uint32_t rate_limit, const Retry& retry) {
  const MutexLock lock(mutex_);
  settings_.max_in_flight = std::max(1U, max_in_flight);
  settings_.rate_limit = rate_limit;
  circuit_.reconfigure(retry);
  adaptive_.set_most(settings_.max_in_flight);
  tokens_ = std::min(tokens_, burst(rate_limit));
}

UpstreamGate::State UpstreamGate::state() const {
  const MutexLock lock(mutex_);
  return {circuit_.mode(),
          circuit_.cause(),
          circuit_.reason(),
          circuit_.since(),
          circuit_.next_try(),
          circuit_.last_error(),
          failed_at_,
          good_since_,
          slots_.in_flight(),
          limit(),
          pace_.known() ? pace_.rate() : 0,
          refused_share_,
          failure_share_.recent(),
          failure_share_.noise()};
}

}  // namespace respand::delivery
