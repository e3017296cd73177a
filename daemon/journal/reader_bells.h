#pragma once
// ReaderBells: wakes workers for references that were published: one for each kForOne, from the first one on. A worker
// that is awake takes what it can anyway; one that is woken for a few records more costs as much as their requests.
// Journal thread.

#include <cstddef>
#include <vector>

#include "respand/queue/doorbell.h"

namespace respand::journal {

class ReaderBells {
 public:
  // References that one worker is woken for.
  static constexpr std::size_t kForOne = 16;

  // `bell` outlives this. Requires: before threads start.
  void add(queue::Doorbell& bell) { bells_.push_back(&bell); }
  // Wakes workers for so many references.
  void ring(std::size_t published) {
    std::size_t wanted = (published + kForOne - 1) / kForOne;
    for (auto bell = bells_.begin(); bell != bells_.end() && wanted > 0; ++bell) {
      wanted -= (*bell)->ring() ? 1U : 0U;
    }
  }

 private:
  std::vector<queue::Doorbell*> bells_;  // constant once threads run
};

}  // namespace respand::journal
