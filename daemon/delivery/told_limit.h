#pragma once
// ToldLimit: the limit on requests that the API told last, and whether it has changed it. Used by UpstreamGate, under
// its mutex. Pure.

#include <algorithm>
#include <optional>

#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::delivery {

class ToldLimit {
 public:
  // By how much the limit is another than it was, 1 where it is the same or not told. One of another window is another
  // policy of several, and no change. At most kMostChange at once, either way: it is a claim.
  static constexpr double kMostChange = 10;
  [[nodiscard]] double change(const http::RateLimitHint& said) {
    if (!said.limit || !said.window || *said.limit <= 0) {
      return 1;
    }
    const bool same_policy = limit_ > 0 && *said.window == window_;
    const double factor = same_policy ? std::clamp(*said.limit / limit_, 1 / kMostChange, kMostChange) : 1;
    limit_ = *said.limit;
    window_ = *said.window;
    return factor;
  }

 private:
  double limit_ = 0;  // 0: none was told
  Duration window_{0};
};

}  // namespace respand::delivery
