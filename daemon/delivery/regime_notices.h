#pragma once
// RegimeNotices: what is logged when requests come to be limited in another way. A limit that comes and goes is logged
// seldom, not each time. Used by UpstreamGate, under its mutex. Pure.

#include <string>

#include "delivery/notice.h"
#include "respand/base/log.h"
#include "respand/base/units.h"

namespace respand::delivery {

// What limits requests, and which failures do not.
struct Regime {
  double rate = 0;           // requests a second of the learned pace; 0: there is no pace
  double refusal_noise = 0;  // the share of requests that is refused whatever is sent
  double failure_noise = 0;  // the share of requests that fails whatever the load
};

class RegimeNotices {
 public:
  // What is to be logged of the change, if anything. `last_error`: the API's last one, as text.
  [[nodiscard]] Notice changed(const Regime& before, const Regime& now_in_force, const std::string& last_error,
                               MonoTime now);

 private:
  log::LogThrottle pace_throttle_{std::chrono::minutes{10}};
  log::LogThrottle refusal_throttle_{std::chrono::minutes{10}};
  log::LogThrottle failure_throttle_{std::chrono::minutes{10}};
};

}  // namespace respand::delivery
