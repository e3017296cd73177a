#pragma once
// Ring<T>: the bounded lock-free queue between threads (Dmitry Vyukov's bounded MPMC queue: a ticket a slot). Any
// number of producers and consumers; never blocks, never allocates after construction; full and empty are normal
// answers. FIFO for each producer. Orderings are on the slots' tickets, because TSan does not model fences.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

#include "respand/base/check.h"

namespace respand::queue {

// Bytes that the processor moves between cores at once: what different threads write is kept this far apart.
inline constexpr std::size_t kCacheLine = 64;

// The queue. A value is moved in and moved out; any thread.
template <typename T>
class Ring {
 public:
  // Requires: capacity is a power of two, at least 2.
  explicit Ring(std::size_t capacity) : mask_(capacity - 1), slots_(std::make_unique<Slot[]>(capacity)) {
    RESPAND_CHECK(std::has_single_bit(capacity) && capacity >= 2);
    for (std::size_t i = 0; i < capacity; ++i) {
      slots_[i].ticket.store(i, std::memory_order_relaxed);
    }
  }

  // Moves `value` in and returns true; where the ring is full returns false and leaves `value` as it was.
  [[nodiscard]] bool try_push(T& value) {
    std::size_t at = head_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[at & mask_];
      const std::size_t ticket = slot.ticket.load(std::memory_order_acquire);
      if (ticket == at) {
        if (head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
          slot.value = std::move(value);
          slot.ticket.store(at + 1, std::memory_order_seq_cst);  // seq_cst: pairs with Doorbell::arm()
          return true;
        }
      } else if (ticket < at) {
        return false;
      } else {
        at = head_.load(std::memory_order_relaxed);
      }
    }
  }

  // Moves the oldest value to `out` and returns true; false where the ring is empty.
  [[nodiscard]] bool try_pop(T& out) {
    std::size_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[at & mask_];
      const std::size_t ticket = slot.ticket.load(std::memory_order_seq_cst);
      if (ticket == at + 1) {
        if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
          out = std::move(slot.value);
          slot.value = T{};  // What the value owns is not kept until the slot's next turn.
          slot.ticket.store(at + mask_ + 1, std::memory_order_release);
          return true;
        }
      } else if (ticket < at + 1) {
        return false;
      } else {
        at = tail_.load(std::memory_order_relaxed);
      }
    }
  }

  // A snapshot that other threads may have made old already; never more than capacity().
  [[nodiscard]] std::size_t size() const {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    const std::size_t head = head_.load(std::memory_order_relaxed);
    return head > tail ? std::min(head - tail, capacity()) : 0;  // `tail` may be older than `head`.
  }
  // The number of slots, as given.
  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }

 private:
  struct Slot {
    std::atomic<std::size_t> ticket;
    T value{};
  };

  const std::size_t mask_;
  const std::unique_ptr<Slot[]> slots_;
  alignas(kCacheLine) std::atomic<std::size_t> head_ = 0;  // next place to push; producers write
  alignas(kCacheLine) std::atomic<std::size_t> tail_ = 0;  // next place to pop; consumers write
};

}  // namespace respand::queue
