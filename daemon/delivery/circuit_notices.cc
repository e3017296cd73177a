#include "delivery/circuit_notices.h"

#include <utility>

namespace respand::delivery {

// A hold is the API's usual way to slow us down, and no outage: its end is not said.
void CircuitNotices::held(const std::string& why, Duration wait, MonoTime now) {
  if (held_throttle_.open(now)) {
    notice_ = Notice{"delivery held back, as the API asks", log::Level::kInfo, why, wait};
  }
}

void CircuitNotices::opened(const std::string& why, Duration wait, MonoTime now) {
  if (opened_throttle_.open(now)) {
    notice_ = Notice{"the API fails, delivery goes on with single probes", log::Level::kWarning, why, wait};
    owes_the_end_ = true;
  }
}

void CircuitNotices::paused(const Cause& cause, bool again, const std::string& why, Duration wait) {
  const bool same = std::exchange(paused_for_, cause) == cause;
  if (again && same) {
    return;
  }
  notice_ = Notice{"delivery paused: the destination or the key is wrong", log::Level::kError, why, wait};
  owes_the_end_ = true;
}

void CircuitNotices::resumed(const std::string& why) {
  if (std::exchange(owes_the_end_, false)) {
    notice_ = Notice{"delivery resumed", log::Level::kInfo, why, Duration{0}};
  }
}

Notice CircuitNotices::take() { return std::exchange(notice_, {}); }

}  // namespace respand::delivery
