#include "fleet/shared_pins.h"

#include <algorithm>

namespace respand::fleet {

void SharedPins::keep_from(std::size_t index, Sequence floor) {
  const MutexLock lock(mutex_);
  floors_[index] = std::max(floors_[index], floor);
  pin_.keep_from(*std::min_element(floors_.begin(), floors_.end()));
}

Sequence SharedPins::hold(std::size_t index) {
  const MutexLock lock(mutex_);
  const Sequence end = pin_.hold();
  floors_[index] = std::min(floors_[index], end);
  return end;
}

}  // namespace respand::fleet
