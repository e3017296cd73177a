#pragma once
// Locks that clang's thread-safety analysis understands, and LockGuarded<T>: a value that can only be reached with its
// lock held.

#include <condition_variable>
#include <mutex>
#include <utility>

#if defined(__clang__)
#define RESPAND_TSA(x) __attribute__((x))
#else
#define RESPAND_TSA(x)
#endif
#define GUARDED_BY(x) RESPAND_TSA(guarded_by(x))
#define REQUIRES(...) RESPAND_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) RESPAND_TSA(locks_excluded(__VA_ARGS__))

namespace respand {

// A std::mutex that the analysis knows.
class RESPAND_TSA(capability("mutex")) Mutex {
 public:
  // As those of std::mutex; MutexLock is the usual way.
  void lock() RESPAND_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() RESPAND_TSA(release_capability()) { mutex_.unlock(); }
  // Whether the lock could be had without waiting; then it is held until unlock().
  [[nodiscard]] bool try_lock() RESPAND_TSA(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds a Mutex until the end of its scope.
class RESPAND_TSA(scoped_lockable) MutexLock {
 public:
  // Waits for the lock. `mutex` is borrowed.
  explicit MutexLock(Mutex& mutex) RESPAND_TSA(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~MutexLock() RESPAND_TSA(release_capability()) = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  // For waits on a condition. The lock is held when a wait begins and when it returns.
  [[nodiscard]] std::unique_lock<std::mutex>& native() { return lock_; }

 private:
  std::unique_lock<std::mutex> lock_;
};

// The lock owns the data: with([](T& value) {…}) is the only way in. Do little inside; never call out.
template <typename T>
class LockGuarded {
 public:
  // Makes the value from these arguments.
  template <typename... Args>
  explicit LockGuarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Calls use(value) while the lock is held, and returns what that returns, which must not refer to the value.
  template <typename F>
  decltype(auto) with(F&& use) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::forward<F>(use)(value_);
  }
  template <typename F>
  decltype(auto) with(F&& use) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return std::forward<F>(use)(std::as_const(value_));
  }

 private:
  mutable Mutex mutex_;
  T value_ GUARDED_BY(mutex_);
};

}  // namespace respand
