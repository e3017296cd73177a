#include "app/watchdog.h"

#include <systemd/sd-daemon.h>

#include <utility>

namespace respand::app {
namespace {

constexpr std::uint64_t kLooks = 4;  // looks within the time that the manager has set

}  // namespace

Watchdog::Watchdog(std::vector<Thread> threads) : threads_(std::move(threads)) {
  for (const Thread& thread : threads_) {
    seen_.push_back(thread.turns());
    thread.nudge();
  }
}

std::string Watchdog::look() {
  std::string still;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    const std::uint64_t turns = threads_[i].turns();
    if (std::exchange(seen_[i], turns) == turns) {
      still.append(still.empty() ? "" : ", ").append(threads_[i].name);
    }
    threads_[i].nudge();
  }
  return still;
}

Duration watchdog_interval() {
  std::uint64_t microseconds = 0;
  return ::sd_watchdog_enabled(0, &microseconds) > 0 ? Duration{microseconds / kLooks} : Duration{0};
}

}  // namespace respand::app
