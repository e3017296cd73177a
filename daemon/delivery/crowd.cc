#include "delivery/crowd.h"

#include <algorithm>

namespace respand::delivery {
namespace {

// Answers after which all that came before count half.
constexpr double kMemory = 2000;
// Of those accepted, so many must have been among twice as many, and never fewer than these.
constexpr double kMany = 0.02;
constexpr double kFewest = 3;

}  // namespace

void Crowd::accepted(std::uint32_t under_way) {
  if (counts_.size() <= under_way) {
    counts_.resize(under_way + std::size_t{1});
  }
  counts_[under_way] += 1;
  if (++total_ >= kMemory) {
    for (double& count : counts_) {
      count /= 2;
    }
    total_ /= 2;
  }
}

bool Crowd::is_small(std::uint32_t under_way) const {
  if (under_way >= kMostTold) {
    return false;
  }
  const std::size_t times = under_way < kMost ? 2 : 4;
  double as_many = 0;
  for (std::size_t n = times * under_way; n < counts_.size(); ++n) {
    as_many += counts_[n];
  }
  return as_many >= std::max(kMany * total_, kFewest);
}

}  // namespace respand::delivery
