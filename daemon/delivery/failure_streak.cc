#include "delivery/failure_streak.h"

#include <algorithm>

#include "delivery/saturating_sub.h"

namespace respand::delivery {

FailureStreak::Finding FailureStreak::failed(bool current) {
  const bool suspected = suspects();
  ++failures_;
  if (!suspected) {
    return suspects() ? Finding::kSuspected : Finding::kFew;
  }
  if (!current) {
    return Finding::kLate;
  }
  return ++singles_ >= kSinglesToOpen ? Finding::kDown : Finding::kSingleFailed;
}

void FailureStreak::reset() {
  failures_ = 0;
  singles_ = 0;
}

std::uint32_t FailureStreak::slots(std::uint32_t most) const {
  if (suspects()) {
    return 1;
  }
  const std::uint32_t halvings = saturating_sub(failures_ + 1, kToSlow);
  return std::max(1U, most >> std::min(halvings, 31U));
}

}  // namespace respand::delivery
