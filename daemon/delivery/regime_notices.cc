#include "delivery/regime_notices.h"

namespace respand::delivery {
namespace {

// A share of failures below this is not worth a line.
constexpr double kWorthTelling = 0.01;

}  // namespace

Notice RegimeNotices::changed(const Regime& before, const Regime& now_in_force, const std::string& last_error,
                              MonoTime now) {
  if (before.rate == 0 && now_in_force.rate > 0 && pace_throttle_.open(now)) {
    return {.event = "the API limits the rate of requests, delivery is paced", .pace = now_in_force.rate};
  }
  if (before.refusal_noise == 0 && now_in_force.refusal_noise > 0 && refusal_throttle_.open(now)) {
    return {.event = "the API refuses requests (429) however few there are, delivery goes on at full speed",
            .level = log::Level::kWarning,
            .why = last_error,
            .share = now_in_force.refusal_noise};
  }
  if (before.failure_noise < kWorthTelling && now_in_force.failure_noise >= kWorthTelling &&
      failure_throttle_.open(now)) {
    return {.event = "the API fails requests whatever the load, delivery goes on at full speed",
            .level = log::Level::kWarning,
            .why = last_error,
            .share = now_in_force.failure_noise};
  }
  return {};
}

}  // namespace respand::delivery
