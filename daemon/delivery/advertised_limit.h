#pragma once
// AdvertisedLimit: the limit on requests that the API has advertised last, and whether it has changed it. Used by
// RateControl. Pure.

#include <algorithm>
#include <optional>

#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::delivery {

class AdvertisedLimit {
 public:
  // The factor by which the limit has changed; 1 where it is the same or not advertised. A limit for another window is
  // another of the API's policies, and no change. The factor is at most kMostChange either way, because the header is
  // only a claim.
  static constexpr double kMostChange = 10;
  [[nodiscard]] double change(const http::RateLimitHint& hint) {
    if (!hint.limit || !hint.window || *hint.limit <= 0) {
      return 1;
    }
    const bool same_policy = limit_ > 0 && *hint.window == window_;
    const double factor = same_policy ? std::clamp(*hint.limit / limit_, 1 / kMostChange, kMostChange) : 1;
    limit_ = *hint.limit;
    window_ = *hint.window;
    return factor;
  }

 private:
  double limit_ = 0;  // 0: none was
  Duration window_{0};
};

}  // namespace respand::delivery
