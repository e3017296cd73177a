#pragma once
// Deadlines of tests. They are far off, so that no test fails on a busy machine; every wait ends as soon as its event
// comes.

#include <poll.h>

#include <algorithm>
#include <chrono>

#include "respand/base/clock.h"
#include "tests/support/sanitized.h"

namespace respand::test {

inline constexpr Duration kPatience = std::chrono::seconds{kSanitized ? 60 : 20};

// A point in time, as poll(2) wants it.
class Deadline {
 public:
  explicit Deadline(Duration from_now = kPatience) : at_(system_clock().mono() + from_now) {}
  [[nodiscard]] MonoTime at() const { return at_; }
  [[nodiscard]] bool passed() const { return system_clock().mono() >= at_; }
  // Milliseconds left, rounded up, 0 where it has passed.
  [[nodiscard]] int left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - system_clock().mono());
    return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
  }
  // Waits until `fd` has one of `events` (or an error, or a hang-up). False at the deadline.
  [[nodiscard]] bool wait(int fd, short events) const {
    pollfd entry{fd, events, 0};
    int ready = 0;
    do {
      ready = ::poll(&entry, 1, left());
    } while (ready <= 0 && !passed());
    return ready > 0;
  }

 private:
  MonoTime at_;
};

// For changes that another process makes without an event: asks again and again until `condition()` holds, each
// millisecond at first, and every ten of them from a tenth of a second on, because asking takes the processor from
// those who work on it. False at the deadline.
template <typename Condition>
[[nodiscard]] bool eventually(Condition&& condition, Duration within = kPatience) {
  const Deadline deadline(within);
  for (int asked = 0; !condition(); ++asked) {
    if (deadline.passed()) {
      return false;
    }
    ::poll(nullptr, 0, asked < 100 ? 1 : 10);
  }
  return true;
}

}  // namespace respand::test
