#pragma once
// LongStart: while it lives, the service manager is asked for more time, again and again, as long as the process gets
// on with its work: a long recovery is not taken for a hang, and a hang not for a recovery. Has a thread, `start`,
// where somebody is to be told.

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
  // What is asked for each time: several intervals, so that one on a busy machine may be late.
  static constexpr Duration kMore = std::chrono::seconds{30};

  // `work` grows with what was done. Called on the thread.
  explicit LongStart(std::string status, Duration interval = kInterval,
                     std::function<std::uint64_t()> work = process_work);
  ~LongStart();
  LongStart(const LongStart&) = delete;
  LongStart& operator=(const LongStart&) = delete;

  // Of this process: tenths of a second of its processor time, blocks and pages read and written.
  [[nodiscard]] static std::uint64_t process_work();

 private:
  void run(const std::stop_token& stop);

  const std::string status_;
  const Duration interval_;
  const std::function<std::uint64_t()> work_;
  queue::Sleeper sleeper_;
  std::jthread thread_;  // goes first
};

}  // namespace respand::app
