#pragma once
// RegimeNotices: what the log is told when the way in which requests are limited has become another: seldom, and not
// each time that it comes and goes. Used by UpstreamGate, under its mutex. Pure.

#include <string>

#include "delivery/notice.h"
#include "respand/base/log.h"
#include "respand/base/units.h"

namespace respand::delivery {

// What limits requests, and which failures do not.
struct Regime {
  double rate = 0;           // requests a second that the API's refusals leave; 0: there is no pace
  double refusal_noise = 0;  // of the requests, those that are refused whatever is sent
  double failure_noise = 0;  // of the requests, those that fail whatever the load
};

class RegimeNotices {
 public:
  // What is to be said of the change, if anything. `last_error`: of the API, for people.
  [[nodiscard]] Notice changed(const Regime& before, const Regime& now_in_force, const std::string& last_error,
                               MonoTime now);

 private:
  log::LogThrottle pace_throttle_{std::chrono::minutes{10}};
  log::LogThrottle refusal_throttle_{std::chrono::minutes{10}};
  log::LogThrottle failure_throttle_{std::chrono::minutes{10}};
};

}  // namespace respand::delivery
