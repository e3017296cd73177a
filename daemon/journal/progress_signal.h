#pragma once
// ProgressSignal: tells the journal's thread that records were acknowledged, or are not looked for any more. The cursor
// is to be saved then, and a segment may have become free. Where the thread knows it already the signal costs two
// atomic loads. Any thread, where nothing else is said.

#include <atomic>
#include <functional>
#include <utility>

#include "respand/base/mutex.h"
#include "respand/queue/doorbell.h"

namespace respand::journal {

class ProgressSignal {
 public:
  // `sleeper` is borrowed: where the journal's thread waits.
  explicit ProgressSignal(queue::Sleeper& sleeper) : sleeper_(sleeper) {}

  // Wakes the thread at the first change since the cursor was saved, and whenever the thread wants capacity.
  void note() {
    const bool first_change = !changed_.load(std::memory_order_relaxed) && !changed_.exchange(true);
    const bool capacity = wants_capacity_.load() && wants_capacity_.exchange(false);
    if (first_change || capacity) {
      sleeper_.wake();
    }
    acknowledged_.ring();
  }
  // Who is to hear of the next note() after arm() (settlement.h). Only who has wired a hook arms it.
  void wire(std::function<void()> hook) {
    hook_.with([&hook](std::function<void()>& wired) { wired = std::move(hook); });
  }
  void arm() { acknowledged_.arm(); }
  // Whether something changed that the cursor on disk does not hold.
  [[nodiscard]] bool changed() const { return changed_.load(std::memory_order_relaxed); }

  // Called when the cursor is about to be saved. Journal thread.
  void clear_changed() { changed_ = false; }
  // Has the next note() wake the thread. After the call the journal's thread looks for what was noted before. Journal
  // thread.
  void want_capacity() { wants_capacity_ = true; }
  // Ends the thread's wait.
  void wake() { sleeper_.wake(); }

 private:
  queue::Sleeper& sleeper_;
  std::atomic<bool> changed_ = false;
  std::atomic<bool> wants_capacity_ = false;
  LockGuarded<std::function<void()>> hook_;
  queue::Doorbell acknowledged_{[this] {
    hook_.with([](const std::function<void()>& wired) {
      if (wired) {
        wired();
      }
    });
  }};
};

}  // namespace respand::journal
