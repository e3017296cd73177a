#pragma once
// SlotWaiters: the attempts that are in flight, whose they are, and who waits for one of their slots or for a time.
// Used by UpstreamGate, under its mutex. Pure: it calls nobody, it says who is to be called.
//
// Attempts that began before the last turn for the worse say nothing about the present: each has the epoch of its
// permits in its ticket. So 256 requests that fail together are one step of backoff, and late answers don't end a
// pause.

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

  // The worker asks: it waits for nothing any more.
  void ask(std::uint32_t worker);
  // It was refused for want of a slot: whoever holds none is called when there is one.
  void wait_for_slot(std::uint32_t worker);
  // It was refused until a time that may yet be brought forward.
  void wait_for_time(std::uint32_t worker) { gated_ |= bit(worker); }
  // Slots that are kept for workers that were called and have not asked yet.
  [[nodiscard]] std::uint32_t kept() const;
  // That many more are in flight. Their ticket.
  [[nodiscard]] std::uint64_t take(std::uint32_t worker, std::uint32_t slots);
  void release(std::uint32_t worker, std::uint64_t ticket, std::uint32_t slots);

  // From now on only attempts that begin later are current.
  void next_epoch();
  // Who waited for a slot may now have to wait for a time, and the other way round.
  void all_ask_anew();
  // Who waits for a time asks anew.
  void lift_gate() { gate_lifted_ = true; }
  // Whom to call: all that slept for a time that no longer counts, and for each free slot one that waits for it, in
  // turn. Its slot is kept until it asks. Never `caller`, who knows.
  [[nodiscard]] Workers to_wake(std::uint32_t free, std::uint32_t caller);

  [[nodiscard]] bool is_current(std::uint64_t ticket) const;
  // How many were in flight when that attempt began, with it.
  [[nodiscard]] static std::uint32_t concurrency_of(std::uint64_t ticket);
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  // Of these, those of the current epoch.
  [[nodiscard]] std::uint32_t current() const { return current_; }

 private:
  std::uint64_t epoch_ = 0;
  std::uint32_t in_flight_ = 0;
  std::uint32_t current_ = 0;
  std::vector<std::uint32_t> holding_;  // in flight, by worker
  Workers waiting_ = 0;                 // for a slot, and holding none
  Workers woken_ = 0;                   // of these, those called
  std::uint32_t turn_ = 0;              // who is called next
  Workers gated_ = 0;                   // for a time
  bool gate_lifted_ = false;
};

}  // namespace respand::delivery
