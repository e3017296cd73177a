#pragma once
// RefusalNoise: the share of refusals (429) that come whatever is sent, such as those of one exhausted node of many.
// Slowing down does not help against them. Where the pace was cut for them again and again in vain (VainRefusals),
// their share is believed, and from then on only refusals beyond it count. Used by RateControl, under the gate's mutex.
// Pure: no randomness.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "delivery/excess_test.h"
#include "respand/base/units.h"

namespace respand::delivery {

class RefusalNoise {
 public:
  // This share of the requests was refused however few there were. False: the same was believed not long ago, and was
  // wrong.
  bool believe(double share, MonoTime now);
  // One more answer. `under_way`: requests without an answer yet. True: it is a refusal that is no reason to send less.
  [[nodiscard]] bool explains(bool refused, std::uint32_t under_way, MonoTime now);

  [[nodiscard]] bool known() const { return share_ > 0; }
  [[nodiscard]] double share() const { return share_; }

 private:
  // The smallest excess over the known share that is looked for.
  static constexpr double kExcess = 0.1;
  static constexpr Duration kFirstDisbelief = std::chrono::minutes{2};
  static constexpr Duration kLongestDisbelief = std::chrono::hours{1};

  double share_ = 0;  // 0: not known
  ExcessTest excess_{kExcess};
  double answers_ = 0;  // how many answers the share was measured over
  MonoTime since_{};
  MonoTime disbelieved_until_{};
  Duration disbelief_ = kFirstDisbelief;
};

}  // namespace respand::delivery
