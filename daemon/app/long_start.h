#pragma once
// LongStart: while it exists, the service manager is asked for more time again and again, as long as the process makes
// progress. So the manager does not take a long recovery for a hang, and still notices a real hang. Has a thread,
// `start`, if there is a service manager.

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "respand/base/units.h"
#include "respand/queue/doorbell.h"

namespace respand::app {

class LongStart {
 public:
  static constexpr Duration kInterval = std::chrono::seconds{5};
  // How much time is asked for each time: several intervals, so that a message may be late on a busy machine.
  static constexpr Duration kMore = std::chrono::seconds{30};

  // `work` returns a number that grows with the work done. Called on the thread.
  explicit LongStart(std::string status, Duration interval = kInterval,
                     std::function<std::uint64_t()> work = process_work);
  ~LongStart();
  LongStart(const LongStart&) = delete;
  LongStart& operator=(const LongStart&) = delete;

  // The work of this process: tenths of a second of processor time, plus blocks and pages read and written.
  [[nodiscard]] static std::uint64_t process_work();

 private:
  void run(const std::stop_token& stop);

  const std::string status_;
  const Duration interval_;
  const std::function<std::uint64_t()> work_;
  queue::Sleeper sleeper_;
  std::jthread thread_;  // last, so that it is destroyed (joined) first
};

}  // namespace respand::app
