#include "app/long_start.h"

#include <sys/resource.h>

#include "app/service_manager.h"
#include "respand/base/clock.h"
#include "respand/base/thread.h"

namespace respand::app {

LongStart::LongStart(std::string status, Duration interval, std::function<std::uint64_t()> work)
    : status_(std::move(status)), interval_(interval), work_(std::move(work)) {
  if (service_manager_listens()) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
}

LongStart::~LongStart() {
  thread_.request_stop();
  sleeper_.wake();
}

void LongStart::run(const std::stop_token& stop) {
  name_this_thread("start");
  std::uint64_t done = work_();
  notify_starting(status_, kMore);
  for (;;) {
    sleeper_.wait_until(system_clock().mono() + interval_);
    if (stop.stop_requested()) {
      return;
    }
    const std::uint64_t now = work_();
    if (now != done) {
      notify_starting(status_, kMore);
    }
    done = now;
  }
}

std::uint64_t LongStart::process_work() {
  rusage used{};
  static_cast<void>(::getrusage(RUSAGE_SELF, &used));
  const auto tenths = [](const timeval& time) { return time.tv_sec * 10 + time.tv_usec / 100'000; };
  return static_cast<std::uint64_t>(tenths(used.ru_utime) + tenths(used.ru_stime) + used.ru_inblock + used.ru_oublock +
                                    used.ru_majflt);
}

}  // namespace respand::app
