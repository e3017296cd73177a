#include "delivery/accepted_concurrency.h"

#include <algorithm>

namespace respand::delivery {
namespace {

// Answers after which all that came before count half.
constexpr double kMemory = 2000;
// Of those accepted, so many must have been among twice as many, and never fewer than these.
constexpr double kMany = 0.02;
constexpr double kFewest = 3;

}  // namespace

void AcceptedConcurrency::accepted(std::uint32_t in_flight) {
  if (counts_.size() <= in_flight) {
    counts_.resize(in_flight + std::size_t{1});
  }
  counts_[in_flight] += 1;
  if (++total_ >= kMemory) {
    for (double& count : counts_) {
      count /= 2;
    }
    total_ /= 2;
  }
}

bool AcceptedConcurrency::is_low(std::uint32_t in_flight) const {
  if (in_flight >= kMaxTold) {
    return false;
  }
  const std::size_t times = in_flight < kFew ? 2 : 4;
  double as_many = 0;
  for (std::size_t n = times * in_flight; n < counts_.size(); ++n) {
    as_many += counts_[n];
  }
  return as_many >= std::max(kMany * total_, kFewest);
}

}  // namespace respand::delivery
