#pragma once
// SnapshotCell: a value that is now and then replaced as a whole (by a reload), and read all the time. Each reading
// thread keeps the value that it saw last; it compares a version number, and takes the lock only where that has
// changed.

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "respand/base/mutex.h"

namespace respand {

// Holds the current value, which is immutable and shared with its readers.
template <typename T>
class SnapshotCell {
 public:
  // Replaces the value. Readers that ask for the version later see the change. Any thread.
  void set(std::shared_ptr<const T> value) {
    value_.with([&](auto& current) { current = std::move(value); });
    version_.fetch_add(1, std::memory_order_release);
  }
  // Changes with every set(); 0 before the first. Any thread.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  // The value at that version or a later one; null before the first set(). Any thread.
  [[nodiscard]] std::shared_ptr<const T> get() const {
    return value_.with([](const auto& current) { return current; });
  }

 private:
  LockGuarded<std::shared_ptr<const T>> value_;
  std::atomic<std::uint64_t> version_{0};  // written by set(), behind the value; read by all
};

}  // namespace respand
