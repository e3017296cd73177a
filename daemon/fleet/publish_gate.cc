#include "fleet/publish_gate.h"

#include <algorithm>

namespace respand::fleet {

std::string_view name_of(EdgeCondition condition) noexcept {
  switch (condition) {
    case EdgeCondition::kNone:
      return "none";
    case EdgeCondition::kUnreachable:
      return "unreachable";
    case EdgeCondition::kCredentials:
      return "credentials";
    case EdgeCondition::kNoQuorum:
      return "no_quorum";
    case EdgeCondition::kNoStream:
      return "no_stream";
    case EdgeCondition::kFull:
      return "stream_full";
    case EdgeCondition::kNoAnswer:
      return "no_answer";
    case EdgeCondition::kRefused:
      return "refused";
    case EdgeCondition::kRequirements:
      return "requirements";
  }
  return "none";
}

// Between half the interval and the whole, so that a thousand edges do not come back at the same moment.
void PublishGate::failed(EdgeCondition condition, std::string_view why, MonoTime now) {
  condition_ = condition;
  why_ = why;
  if (try_at_ > now) {
    return;
  }
  const Duration wait = std::min(kLongestWait, kFirstWait * (1U << std::min(step_, 10U)));
  step_ = std::min(step_ + 1, 10U);
  try_at_ =
      now + wait / 2 +
      Duration{static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>((wait - wait / 2).count()) + 1))};
}

void PublishGate::succeeded() {
  condition_ = EdgeCondition::kNone;
  why_.clear();
  step_ = 0;
  try_at_ = MonoTime::min();
}

std::size_t PublishGate::room(MonoTime now, std::size_t in_flight, std::size_t most) const {
  const std::size_t may_be = is_open() || now >= try_at_ ? limit(most) : 0;
  return may_be - std::min(may_be, in_flight);
}

}  // namespace respand::fleet
