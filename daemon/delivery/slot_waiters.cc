#include "delivery/slot_waiters.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "delivery/saturating_sub.h"

namespace respand::delivery {
namespace {

// A ticket: the epoch of its permits, and how many were in flight with it.
constexpr std::uint32_t kConcurrencyBits = 16;
constexpr std::uint64_t kMaxConcurrency = (1U << kConcurrencyBits) - 1;

}  // namespace

void SlotWaiters::ask(std::uint32_t worker) {
  waiting_ &= ~bit(worker);
  woken_ &= ~bit(worker);
  gated_ &= ~bit(worker);
}

void SlotWaiters::wait_for_slot(std::uint32_t worker) {
  if (holding_[worker] == 0) {
    waiting_ |= bit(worker);
  }
}

std::uint32_t SlotWaiters::kept() const { return static_cast<std::uint32_t>(std::popcount(woken_)); }

std::uint64_t SlotWaiters::take(std::uint32_t worker, std::uint32_t slots) {
  in_flight_ += slots;
  current_ += slots;
  holding_[worker] += slots;
  return (epoch_ << kConcurrencyBits) | std::min<std::uint64_t>(in_flight_, kMaxConcurrency);
}

void SlotWaiters::release(std::uint32_t worker, std::uint64_t ticket, std::uint32_t slots) {
  in_flight_ -= slots;
  holding_[worker] -= slots;
  if (is_current(ticket)) {
    current_ -= slots;
  }
}

void SlotWaiters::next_epoch() {
  ++epoch_;
  current_ = 0;
}

void SlotWaiters::all_ask_anew() {
  gated_ |= std::exchange(waiting_, 0);
  woken_ = 0;
  gate_lifted_ = true;
}

// Free slots are given out in turn, beginning behind the worker that was woken last. Slots that are kept for workers
// already woken are not given out twice.
SlotWaiters::Workers SlotWaiters::to_wake(std::uint32_t free, std::uint32_t caller) {
  Workers wake = std::exchange(gate_lifted_, false) ? std::exchange(gated_, 0) : 0;
  for (auto spare = saturating_sub(free, kept()); spare > 0 && (waiting_ & ~woken_) != 0; --spare) {
    const Workers candidates = std::rotr(waiting_ & ~woken_, static_cast<int>(turn_));
    turn_ = (turn_ + static_cast<std::uint32_t>(std::countr_zero(candidates))) % kMaxWorkers;
    woken_ |= bit(turn_);
    wake |= bit(turn_);
    turn_ = (turn_ + 1) % kMaxWorkers;
  }
  return caller < holding_.size() ? wake & ~bit(caller) : wake;
}

bool SlotWaiters::is_current(std::uint64_t ticket) const { return ticket >> kConcurrencyBits == epoch_; }

std::uint32_t SlotWaiters::concurrency_of(std::uint64_t ticket) {
  return static_cast<std::uint32_t>(ticket & kMaxConcurrency);
}

}  // namespace respand::delivery
