#include "delivery/upstream_gate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "delivery/saturating_sub.h"

namespace respand::delivery {

UpstreamGate::UpstreamGate(const Settings& settings)
    : workers_(settings.workers),
      route_(settings.route),
      wakers_(settings.workers),
      max_in_flight_(settings.max_in_flight),
      circuit_(settings.retry, settings.seed),
      slots_(settings.workers),
      concurrency_(std::max(1U, settings.max_in_flight), std::max(1U, settings.first_limit)),
      rate_limit_(settings.rate_limit) {}

void UpstreamGate::attach(std::uint32_t worker, std::function<void()> wake) { wakers_[worker] = std::move(wake); }

// How many more attempts may begin. Probes count the attempts of the current epoch only: requests that hang since
// before the outage must not keep a probe from leaving. Otherwise all attempts together stay below the ceiling.
std::uint32_t UpstreamGate::free_slots() const {
  const std::uint32_t in_flight = slots_.in_flight();
  const std::uint32_t current = slots_.current();
  const std::uint32_t below_ceiling = saturating_sub(max_in_flight_, in_flight);
  switch (circuit_.mode()) {
    case Mode::kNormal:
      return circuit_.suspicious() ? std::min(saturating_sub(1, current), below_ceiling)
                                   : saturating_sub(limit(), in_flight);
    case Mode::kHeld:
      return 0;
    case Mode::kOpen:
    case Mode::kPaused:
      return saturating_sub(1, current);
    case Mode::kHalfOpen:
      return std::min(saturating_sub(limit(), current), std::max(below_ceiling, saturating_sub(1, current)));
  }
  return 0;
}

// Three limits one after the other: the time at which the circuit opens, the free slots, then the rate. The worker
// waits for whichever refused it.
Permits UpstreamGate::admit(std::uint32_t worker, MonoTime now, std::uint32_t wanted) {
  const MutexLock lock(mutex_);
  slots_.ask(worker);
  Permits permits;
  const MonoTime open_at = circuit_.gate(now, rate_.explained());
  apply_circuit();
  if (now < open_at) {
    slots_.wait_for_time(worker);
    permits.look_again = open_at;
    return permits;
  }
  permits.slots = std::min(wanted, saturating_sub(free_slots(), slots_.kept()));
  if (permits.slots == 0) {
    slots_.wait_for_slot(worker);
  } else {
    limit_rate(worker, permits, now);
  }
  permits.epoch = slots_.take(worker, permits.slots);
  permits.probing = circuit_.mode() != Mode::kNormal || circuit_.suspicious();
  return permits;
}

// Lowers the number of permits to what both rates allow: delivery.rate_limit and the learned pace. Requires: there are
// permits.
void UpstreamGate::limit_rate(std::uint32_t worker, Permits& permits, MonoTime now) {
  const std::uint32_t free = std::exchange(permits.slots, rate_limit_.take(now, permits.slots));
  if (permits.slots < free) {
    slots_.wait_for_time(worker);
    permits.look_again = rate_limit_.next(now, free - permits.slots);
  }
  // Single probes of an open or paused circuit have times of their own.
  const bool paced = rate_.paced() && (circuit_.mode() == Mode::kNormal || circuit_.mode() == Mode::kHalfOpen);
  if (!paced || permits.slots == 0) {
    return;
  }
  const std::uint32_t permitted = std::exchange(permits.slots, rate_.take(now, permits.slots));
  if (permits.slots < permitted) {
    slots_.wait_for_time(worker);
    permits.look_again = std::min(permits.look_again, rate_.next(now));
  }
}

void UpstreamGate::give_back(std::uint32_t worker, const Permits& permits, std::uint32_t unused) {
  SlotWaiters::Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    slots_.release(worker, permits.epoch, unused);
    rate_limit_.give_back(unused);
    rate_.give_back(unused);
    wake = slots_.to_wake(free_slots(), worker);
  }
  publish({}, wake);
}

void UpstreamGate::answered(std::uint32_t worker, std::uint64_t ticket, Verdict verdict, const http::Answer& answer,
                            MonoTime now, FailureSource source) {
  Notice notice;
  SlotWaiters::Workers wake = 0;
  std::optional<LearnedPace> to_save;
  {
    const MutexLock lock(mutex_);
    // Asked before learn(), which may begin a new epoch.
    const bool current = slots_.is_current(ticket);
    if (slots_.in_flight() >= limit()) {
      concurrency_.reached();
    }
    const Regime before = regime();
    learn(ticket, answer, now);
    notice = notices_.changed(before, regime(), circuit_.last_error(), now);
    judge(current, verdict, answer, now, source);
    apply_circuit();
    wake = slots_.to_wake(free_slots(), worker);
    if (Notice of_circuit = circuit_.take_notice(); of_circuit.event != nullptr) {
      notice = std::move(of_circuit);
    }
    to_save = save_ ? rate_.take_to_save(now) : std::nullopt;
  }
  publish(notice, wake);
  if (to_save) {
    save_(*to_save);
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
  rate_.begin_with(learned, now);
}

std::optional<LearnedPace> UpstreamGate::learned(MonoTime now) const {
  const MutexLock lock(mutex_);
  return rate_.learned(now);
}

Regime UpstreamGate::regime() const { return {rate_.rate(), rate_.noise(), concurrency_.failure_noise()}; }

// Learns from the answer how many requests the API takes, a second and at once, whatever it says of the record.
void UpstreamGate::learn(std::uint64_t ticket, const http::Answer& answer, MonoTime now) {
  const bool current = slots_.is_current(ticket);
  const Mode mode = circuit_.mode();
  const RateControl::Effect effect =
      rate_.learn(answer, {SlotWaiters::concurrency_of(ticket), slots_.in_flight(), mode == Mode::kNormal}, now);
  if (effect.gate_lifted) {
    slots_.lift_gate();
  }
  if (effect.rest > Duration{0}) {
    circuit_.rest(effect.rest, now);
  }
  if (effect.noise_found) {
    concurrency_.interrupt_trial();
  }
  bool new_epoch = false;
  if (effect.concurrency_refused && (mode == Mode::kNormal || mode == Mode::kHalfOpen)) {
    new_epoch = concurrency_.refused(current);
  }
  if (effect.load_tells && mode == Mode::kNormal) {
    new_epoch = concurrency_.answered(may_be_overload(answer), current, slots_.in_flight(), now);
  }
  if (new_epoch) {
    slots_.next_epoch();
  }
}

void UpstreamGate::judge(bool current, Verdict verdict, const http::Answer& answer, MonoTime now,
                         FailureSource source) {
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
      circuit_.alive(current, concurrency_.limit());
      if (normal && concurrency_.succeeded(current, answer, now >= circuit_.probe_limit_after())) {
        slots_.next_epoch();
      }
      break;
    }
    case Verdict::kTransient:
      if (is_too_many(answer)) {
        circuit_.refused(current, answer, now);
      } else {
        circuit_.failed(current, answer, now, source);
      }
      break;
    case Verdict::kUpstreamWrong:
      circuit_.wrong(current, answer, now);
      break;
  }
}

// Passes on what a change of the circuit means for the limit and the workers that wait.
void UpstreamGate::apply_circuit() {
  const CircuitBreaker::Effect effect = circuit_.take_effect();
  if (effect.overload != CircuitBreaker::Effect::Overload::kNone) {
    concurrency_.overloaded(effect.overload == CircuitBreaker::Effect::Overload::kFirst);
  }
  // A silence that the pace has learned from says nothing of how many may be in flight, so the limit stays. With a
  // small limit, requests that the pace allows would pile up and leave in bunches.
  const bool paced_silence = circuit_.mode() == Mode::kHeld && rate_.explained();
  if (effect.left_normal && !paced_silence) {
    concurrency_.restart();
  }
  if (effect.new_mode) {
    concurrency_.interrupt_trial();
    slots_.all_ask_anew();
  }
  if (effect.new_epoch) {
    slots_.next_epoch();
  }
  if (effect.gate_lifted) {
    slots_.lift_gate();
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
    rate_.resume(now, new_target);
    if (new_target) {
      concurrency_.forget_failures();
    }
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

void UpstreamGate::set_rate_limit(const RateLimit& limit, MonoTime now) {
  SlotWaiters::Workers wake = 0;
  {
    const MutexLock lock(mutex_);
    const double before = rate_limit_.rate(now);
    rate_limit_.reconfigure(limit);
    const double after = rate_limit_.rate(now);
    if (before != 0 && (after == 0 || after > before)) {
      slots_.lift_gate();
      wake = slots_.to_wake(free_slots(), workers_);
    }
  }
  publish({}, wake);
}

void UpstreamGate::reconfigure(std::uint32_t max_in_flight, const RateLimit& rate_limit, const Retry& retry) {
  const MutexLock lock(mutex_);
  max_in_flight_ = std::max(1U, max_in_flight);
  circuit_.reconfigure(retry);
  concurrency_.set_most(max_in_flight_);
  rate_limit_.reconfigure(rate_limit);
}

double UpstreamGate::rate_limit(MonoTime now) const {
  const MutexLock lock(mutex_);
  return rate_limit_.rate(now);
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
          rate_.rate(),
          rate_.refused_share(),
          concurrency_.failure_share(),
          concurrency_.failure_noise()};
}

}  // namespace respand::delivery
