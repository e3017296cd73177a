#include "respand/delivery/tap_outcome.h"

namespace respand::delivery {

std::string_view name_of(TapOutcome outcome) noexcept {
  switch (outcome) {
    case TapOutcome::kDelivered:
      return "delivered";
    case TapOutcome::kRetried:
      return "retried";
    case TapOutcome::kRefused:
      return "dead_lettered";
  }
  return "unknown";
}

std::optional<TapOutcome> outcome_of(std::string_view name) noexcept {
  for (const TapOutcome outcome : {TapOutcome::kDelivered, TapOutcome::kRetried, TapOutcome::kRefused}) {
    if (name == name_of(outcome)) {
      return outcome;
    }
  }
  return std::nullopt;
}

}  // namespace respand::delivery
