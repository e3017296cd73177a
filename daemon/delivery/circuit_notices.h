#pragma once
// CircuitNotices: what the log is told of the circuit: that it is held, open or paused, and why, and the end of it.
// Used by CircuitBreaker. Pure.
//
// What holds: an upstream that fails or asks for silence for hours makes a line a minute at most; a wrong one makes a
// line for each cause; and delivery is said to be resumed only where the log has heard that it was not going on.

#include <string>

#include "delivery/notice.h"
#include "delivery/verdict.h"
#include "respand/base/log.h"
#include "respand/base/units.h"

namespace respand::delivery {

class CircuitNotices {
 public:
  // `why`: the answer, in words. `wait`: until the next try.
  void held(const std::string& why, Duration wait, MonoTime now);
  void opened(const std::string& why, Duration wait, MonoTime now);
  // `again`: it was paused before, and probed in vain.
  void paused(const Cause& cause, bool again, const std::string& why, Duration wait);
  // The API answers again. `why`: it did not.
  void resumed(const std::string& why);

  // The last line that is to be written, if there is one.
  [[nodiscard]] Notice take();

 private:
  Notice notice_;
  Cause paused_for_;           // the last pause, as the log was told
  bool owes_the_end_ = false;  // the log has heard of a pause or an outage, not yet of its end
  log::LogThrottle held_throttle_{std::chrono::seconds{60}};
  log::LogThrottle opened_throttle_{std::chrono::seconds{60}};
};

}  // namespace respand::delivery
