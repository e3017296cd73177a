#pragma once
// ReferenceRing: references at hand for workers. Where it was full the journal's thread hears when half of it is empty,
// and reads more back from the segments. push() and has_room() are the journal thread's, take() any thread's.

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

  // False where it is full; `ref` is then as it was, and a taker will call `wake`.
  [[nodiscard]] bool push(Ref& ref) {
    if (ring_.try_push(ref)) {
      return true;
    }
    waits_for_room_.store(true, std::memory_order_seq_cst);
    return false;
  }
  // At least half of it is empty. After a push() that failed takers may have emptied it before they could see that.
  [[nodiscard]] bool has_room() const { return ring_.size() <= ring_.capacity() / 2; }
  [[nodiscard]] std::size_t size() const { return ring_.size(); }

  // False where it is empty. `wake` ends the journal thread's wait.
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
