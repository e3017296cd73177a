#include "delivery/vain_refusals.h"

#include <algorithm>
#include <chrono>

namespace respand::delivery {
namespace {

// So many refusals while steady, each alone and so soon after the last, make a pace useless.
constexpr int kLightCuts = 5;
constexpr Duration kInARow = std::chrono::milliseconds{1500};
// So many refusals, each alone, at a pace that is down to a part of what it was, can't be about the pace: twice as
// many, at a tenth of the pace, where each asks for a silence. At a quarter of the pace a second try may be refused as
// well.
constexpr int kAloneBelow = 5;
constexpr double kHalf = 0.5;
constexpr double kQuarter = 0.25;
constexpr double kFarBelow = 0.1;
// A run of so many acceptances begins the comparison; a longer one than kLongRun ends it.
constexpr double kSomeRun = 3;
constexpr double kLongRun = 600;

}  // namespace

bool VainRefusals::come_alone(const Refusal& refusal, MonoTime now) {
  const bool light = refusal.steady && refusal.hold == Duration{0} && refusal.tries <= 1;
  const bool soon = now - cut_at_ < kInARow || refusal.run < kRequestsPerRefusal;
  light_ = !light ? 0 : soon ? light_ + 1 : 1;
  cut_at_ = now;
  if (light_ < kLightCuts && !(light_ > 1 && refusal.collapsed)) {
    return false;
  }
  light_ = 0;
  return true;
}

// A limit on the rate that refuses one request and takes the next is hardly below the pace, so it refuses none at half
// of the pace. Refusals that go on there have another cause.
void VainRefusals::compare(const Refusal& refusal) {
  if (refusal.run > kLongRun || refusal.upward) {
    first_pace_ = 0;
  }
  if (refusal.run >= kSomeRun) {
    first_pace_ = std::max(first_pace_, std::min(refusal.pace, refusal.accepted_rate));
  }
  if (first_pace_ <= refusal.pace) {
    far_below_ = 0;
    refused_ = 0;
    taken_ = 0;
    return;
  }
  refused_ += 1;
  const double below = refusal.pace / first_pace_;
  // Where a large share is refused, the next try is often refused too.
  const bool alone = refusal.run > 0 && refusal.tries <= (below <= kQuarter ? 2U : 1U);
  const bool held = refusal.hold > Duration{0};
  if (alone && below <= (held ? kFarBelow : kHalf) && ++far_below_ >= (held ? 2 : 1) * kAloneBelow) {
    share_ = refused_ / (refused_ + taken_);
    first_pace_ = 0;
  }
}

}  // namespace respand::delivery
