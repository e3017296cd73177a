#include "tests/support/fs/fault_plan.h"

#include <algorithm>

namespace respand::fs {

std::optional<FaultPlan::Failure> FaultPlan::enter(Calls kind) {
  ++counts_[static_cast<std::size_t>(std::countr_zero(kind))];
  std::optional<Failure> failure;
  for (Armed& armed : armed_) {
    if ((armed.fault.calls & kind) == 0 || armed.left == 0) {
      continue;
    }
    if (armed.left > 1) {
      --armed.left;
      continue;
    }
    powered_off_ |= armed.power_off;
    if (!failure) {
      failure = Failure{armed.fault.os_error, true};
    }
    armed.left = armed.fault.for_good ? 1 : 0;
  }
  // Without power not even a part of the call takes effect, whatever else was to fail.
  if (powered_off_) {
    failure = Failure{EIO, false};
  }
  faults_hit_ += failure ? 1U : 0U;
  return failure;
}

bool FaultPlan::reads_bad_place(NodeId node, std::uint64_t begin, std::uint64_t end) {
  const bool bad = std::any_of(bad_places_.begin(), bad_places_.end(), [&](const BadPlace& place) {
    return place.node == node && begin < place.end && place.begin < end;
  });
  faults_hit_ += bad ? 1U : 0U;
  return bad;
}

void FaultPlan::disarm() {
  armed_.clear();
  bad_places_.clear();
}

std::uint64_t FaultPlan::operations(Calls kinds) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    sum += (kinds >> i & 1U) != 0 ? counts_[i] : 0;
  }
  return sum;
}

}  // namespace respand::fs
