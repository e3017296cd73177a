#include "delivery/accepted_concurrency.h"

#include <algorithm>

namespace respand::delivery {
namespace {

// After this many acceptances all counts are halved, so that old ones fade.
constexpr double kMemory = 2000;
// The share of acceptances that must have left at twice the concurrency (or four times, see is_low()), and their least
// number: below that they may be chance.
constexpr double kMany = 0.02;
constexpr double kFewestAtOnce = 3;

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
  // Few in flight: one more is a large step, so twice as many is proof enough. Where many are, four times as many are
  // asked for, because the adaptive limit moves within a factor of two by itself.
  const std::size_t times = in_flight < kFew ? 2 : 4;
  double as_many = 0;
  for (std::size_t n = times * in_flight; n < counts_.size(); ++n) {
    as_many += counts_[n];
  }
  return as_many >= std::max(kMany * total_, kFewestAtOnce);
}

}  // namespace respand::delivery
