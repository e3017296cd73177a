#pragma once
// ReferenceRing: references at hand for workers. After it was full, the journal's thread is woken when half of it is
// empty, and reads more references back from the segments. push() and has_room() are for the journal's thread, take()
// for any thread.

#include <atomic>
#include <cstddef>
#include <functional>

#include "respand/journal/reader.h"
#include "respand/queue/ring.h"

namespace respand::journal {

class ReferenceRing {
 public:
  // A power of two.
  explicit ReferenceRing(std::size_t references) : ring_(references) {}

  // False where the ring is full; `ref` is then as it was, and a taker will call `wake`. The caller asks has_room()
  // once more before it waits: takers may have emptied the ring before they could see that the push had failed.
  [[nodiscard]] bool push(Ref& ref) {
    if (ring_.try_push(ref)) {
      return true;
    }
    waits_for_room_.store(true, std::memory_order_seq_cst);
    return false;
  }
  // Whether at least half of the ring is empty.
  [[nodiscard]] bool has_room() const { return ring_.size() <= ring_.capacity() / 2; }
  [[nodiscard]] std::size_t size() const { return ring_.size(); }

  // False where the ring is empty. `wake` ends the journal thread's wait. The exchange makes one taker call it, once.
  [[nodiscard]] bool take(Ref& out, const std::function<void()>& wake) noexcept {
    const bool taken = ring_.try_pop(out);
    if (waits_for_room_.load(std::memory_order_seq_cst) && has_room() &&
        waits_for_room_.exchange(false, std::memory_order_seq_cst)) {
      wake();
    }
    return taken;
  }

 private:
  queue::Ring<Ref> ring_;
  std::atomic<bool> waits_for_room_ = false;  // journal sets, takers clear
};

}  // namespace respand::journal
