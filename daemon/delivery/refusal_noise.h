#pragma once
// RefusalNoise: refusals (429) that come whatever is sent, such as those of one exhausted node of many. Who slows down
// for them gets nothing for it: a pace that was cut for them again and again, in vain, says that they are there, and
// from then on only more of them than these count. Used by UpstreamGate, under its mutex. Pure: no randomness.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "delivery/excess_test.h"
#include "respand/base/units.h"

namespace respand::delivery {

class RefusalNoise {
 public:
  // This share of the requests was refused however few there were. False: that was believed not long ago, and wrong.
  bool believe(double share, MonoTime now);
  // Of the answers, one; `under_way`: requests that have none yet. True: a refusal that is no reason to send less.
  [[nodiscard]] bool explains(bool refused, std::uint32_t under_way, MonoTime now);

  [[nodiscard]] bool known() const { return share_ > 0; }
  [[nodiscard]] double share() const { return share_; }

 private:
  // So much more than what is known is a reason.
  static constexpr double kExcess = 0.1;
  static constexpr Duration kFirstDisbelief = std::chrono::minutes{2};
  static constexpr Duration kLongestDisbelief = std::chrono::hours{1};

  double share_ = 0;  // 0: not known
  ExcessTest excess_{kExcess};
  double answers_ = 0;  // that the share was measured by
  MonoTime since_{};
  MonoTime disbelieved_until_{};
  Duration disbelief_ = kFirstDisbelief;
};

}  // namespace respand::delivery
