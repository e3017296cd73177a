#include "journal/batch_queue.h"

#include "respand/base/check.h"

namespace respand::journal {

bool BatchQueue::offer(std::unique_ptr<Batch>& batch) noexcept {
  RESPAND_CHECK(batch->records() > 0);
  if (!ring_.try_push(batch)) {
    return false;
  }
  if (!write_ahead_()) {
    bell_.ring();
  }
  return true;
}

// The queue is looked at after the bell was armed: a batch that came before is seen here, one that comes after rings.
bool BatchQueue::arm() {
  bell_.arm();
  if (front() != nullptr) {
    bell_.disarm();
    return false;
  }
  return true;
}

}  // namespace respand::journal
