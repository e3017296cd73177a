#pragma once
// Doorbell: wakes a consumer that may be asleep; where it is awake, that costs the producer one atomic load.
//
//   consumer                                        producer
//   ring.try_pop(x) … empty                         ring.try_push(x)
//   bell.arm()                                      bell.ring()          → calls the hook only where the bell is armed
//   ring.try_pop(x) … still empty → wait, else bell.disarm()
//
// The hook is wired once, before threads start: curl_multi_wakeup, an eventfd, a Sleeper. It runs on the producer's
// thread and must be cheap, safe from any thread, and sticky: a wake-up before the wait begins must end that wait. Why
// no wake-up is lost: arm() then try_pop() against try_push() then ring(); all four touch seq_cst atomics, so at least
// one side sees the other.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include "respand/base/mutex.h"
#include "respand/base/units.h"

namespace respand::queue {

// The bell of one consumer, which any number of producers ring.
class Doorbell {
 public:
  // `hook`: what wakes the consumer.
  explicit Doorbell(std::function<void()> hook = [] {}) : hook_(std::move(hook)) {}
  // Replaces the hook. Requires: no other thread uses the bell yet.
  void wire(std::function<void()> hook) { hook_ = std::move(hook); }

  // Consumer: the next ring() calls the hook. The consumer looks at the queue once more before it waits.
  void arm() { armed_.store(true, std::memory_order_seq_cst); }
  // Consumer: it is awake again, and ring() need not call the hook.
  void disarm() { armed_.store(false, std::memory_order_relaxed); }
  // Producer: called after a push. Returns whether the bell was armed, so that the consumer has been woken.
  bool ring() {
    if (armed_.load(std::memory_order_seq_cst) && armed_.exchange(false, std::memory_order_seq_cst)) {
      hook_();
      return true;
    }
    return false;
  }

 private:
  std::atomic<bool> armed_ = false;
  std::function<void()> hook_;
};

// Where a thread waits that has no descriptor to wait on. Sticky: after wake() the next wait returns at once.
class Sleeper {
 public:
  // Ends the wait, or the next one where the thread does not wait now. Any thread.
  void wake() EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      awake_ = true;
    }
    condition_.notify_one();
  }
  // Returns after wake(), or at `deadline` (MonoTime::max(): none). One thread.
  void wait_until(MonoTime deadline) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (!awake_ && wait(lock.native(), deadline) != std::cv_status::timeout) {
    }
    awake_ = false;
  }

 private:
  // The library counts in nanoseconds and overflows on deadlines far off (MonoTime::max(), "none"), and never times out
  // on those before the clock's beginning.
  static constexpr MonoTime kNever{std::chrono::hours{24 * 36'500}};

  std::cv_status wait(std::unique_lock<std::mutex>& lock, MonoTime deadline) {
    if (deadline < kNever) {
      return condition_.wait_until(lock, std::max(deadline, MonoTime{}));
    }
    condition_.wait(lock);
    return std::cv_status::no_timeout;
  }

  Mutex mutex_;
  std::condition_variable condition_;
  bool awake_ GUARDED_BY(mutex_) = false;
};

}  // namespace respand::queue
