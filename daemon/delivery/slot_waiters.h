#pragma once
// SlotWaiters: counts the attempts in flight by worker, and knows which workers wait for a slot or for a time. Used by
// UpstreamGate, under its mutex. Pure: it calls nobody, it says who is to be called.
//
// Each attempt carries the epoch of its permits in its ticket. An attempt that began before the last change of state
// (another epoch) says nothing about the present. So 256 requests that fail together are one step of backoff, and late
// answers don't end a pause.

#include <cstdint>
#include <vector>

#include "respand/base/units.h"

namespace respand::delivery {

class SlotWaiters {
 public:
  using Workers = std::uint64_t;  // one bit each
  static constexpr std::uint32_t kMaxWorkers = 64;
  [[nodiscard]] static constexpr Workers bit(std::uint32_t worker) { return Workers{1} << worker; }

  // Requires: at most kMaxWorkers.
  explicit SlotWaiters(std::uint32_t workers) : holding_(workers) {}

  // The worker asks for permits: it waits for nothing any more.
  void ask(std::uint32_t worker);
  // The worker was refused because no slot is free. If it holds no slot it is woken when one is free; if it holds one,
  // its own answers wake it.
  void wait_for_slot(std::uint32_t worker);
  // The worker was refused until a time; it is woken if that time is brought forward.
  void wait_for_time(std::uint32_t worker) { gated_ |= bit(worker); }
  // How many slots are kept for workers that were woken and have not asked yet.
  [[nodiscard]] std::uint32_t kept() const;
  // So many more attempts of the worker are in flight. Returns their ticket.
  [[nodiscard]] std::uint64_t take(std::uint32_t worker, std::uint32_t slots);
  void release(std::uint32_t worker, std::uint64_t ticket, std::uint32_t slots);

  // From now on only attempts that begin later are current.
  void next_epoch();
  // All workers that wait are woken, because the state has changed: who waited for a slot may now have to wait for a
  // time, or the other way round.
  void all_ask_anew();
  // All workers that wait for a time are woken.
  void lift_gate() { gate_lifted_ = true; }
  // Which workers to wake: all that wait for a time which no longer counts, and for each free slot one that waits for a
  // slot, in turn. That slot is kept until the worker asks. Never `caller`, which is awake.
  [[nodiscard]] Workers to_wake(std::uint32_t free, std::uint32_t caller);

  [[nodiscard]] bool is_current(std::uint64_t ticket) const;
  // How many attempts were in flight when this one began, itself included.
  [[nodiscard]] static std::uint32_t concurrency_of(std::uint64_t ticket);
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  // How many of these are of the current epoch.
  [[nodiscard]] std::uint32_t current() const { return current_; }

 private:
  std::uint64_t epoch_ = 0;
  std::uint32_t in_flight_ = 0;
  std::uint32_t current_ = 0;
  std::vector<std::uint32_t> holding_;  // attempts in flight, by worker
  Workers waiting_ = 0;                 // wait for a slot, and hold none
  Workers woken_ = 0;                   // of these, those that were woken and have not asked yet
  std::uint32_t turn_ = 0;              // the worker whose turn is next
  Workers gated_ = 0;                   // wait for a time
  bool gate_lifted_ = false;
};

}  // namespace respand::delivery
