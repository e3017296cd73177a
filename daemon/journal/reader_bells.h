#pragma once
// ReaderBells: wakes workers for references that were published: one worker for one record, all for more, beginning
// with another worker each time. Journal thread.

#include <cstddef>
#include <vector>

#include "respand/queue/doorbell.h"

namespace respand::journal {

class ReaderBells {
 public:
  // `bell` outlives this. Requires: before threads start.
  void add(queue::Doorbell& bell) { bells_.push_back(&bell); }
  // Wakes workers for so many references. For 0 all armed bells are rung, and workers that sleep look once more.
  void ring(std::size_t published) {
    const std::size_t wanted = published == 1 ? 1 : bells_.size();
    std::size_t woken = 0;
    for (std::size_t i = 0; i < bells_.size() && woken < wanted; ++i) {
      woken += bells_[next_++ % bells_.size()]->ring() ? 1U : 0U;
    }
  }

 private:
  std::vector<queue::Doorbell*> bells_;  // constant once threads run
  std::size_t next_ = 0;
};

}  // namespace respand::journal
