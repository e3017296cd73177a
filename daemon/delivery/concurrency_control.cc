#include "delivery/concurrency_control.h"

#include <optional>

namespace respand::delivery {
namespace {

// The latency, where it says something about the API's load.
std::optional<Duration> latency_of(const http::Answer& answer) {
  if (answer.status / 100 != 2 || answer.latency == Duration{0} ||
      answer.payload.size() > ConcurrencyControl::kMaxMeasuredBytes) {
    return std::nullopt;
  }
  return answer.latency;
}

}  // namespace

bool ConcurrencyControl::succeeded(bool current, const http::Answer& answer, bool may_probe) {
  return limit_.succeeded(current, latency_of(answer), may_probe);
}

bool ConcurrencyControl::refused(bool current) {
  interrupt_trial();
  limit_.refused(current);
  return current;
}

bool ConcurrencyControl::answered(bool failed, bool current, std::uint32_t in_flight, MonoTime now) {
  const bool full = in_flight >= limit_.value();
  switch (failures_.answered(failed, current, full, limit_.value(), now)) {
    case LimitChange::kNone:
      // A late failure of the same round trip: after a proven overload it takes its own slot away as well.
      if (failed && !current && failures_.overloaded()) {
        limit_.refused(false);
      }
      return false;
    case LimitChange::kCut:
      limit_.refused(true);
      return true;
    case LimitChange::kTryHalf:
      limit_.try_half();
      return true;
    case LimitChange::kUndo:
      limit_.end_trial(1);
      return false;
    case LimitChange::kKeep:
      limit_.end_trial(0.9);
      return false;
    case LimitChange::kKeepHalf:
      limit_.end_trial(0.5);
      return false;
  }
  return false;
}

void ConcurrencyControl::interrupt_trial() {
  if (failures_.interrupt()) {
    limit_.end_trial(1);
  }
}

}  // namespace respand::delivery
