#include "delivery/vain_refusals.h"
#include "tests/delivery/start.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A refusal of a steady pace, the first after some that were accepted.
VainRefusals::Refusal alone_at(double pace) {
  return {.pace = pace, .accepted_rate = pace, .run = 10, .steady = true, .tries = 1};
}

TEST(VainRefusals, AFewInARowHaveAnotherCauseThanThePace) {
  VainRefusals vain;
  MonoTime now = kStart;
  int refusals = 1;
  while (!vain.come_alone(alone_at(100), now) && refusals < 100) {
    now += seconds{1};
    ++refusals;
  }
  EXPECT_EQ(refusals, 5);
  EXPECT_FALSE(vain.come_alone(alone_at(100), now)) << "it counts anew";
}

TEST(VainRefusals, OneThatAsksForSilenceIsAboutThePace) {
  VainRefusals vain;
  for (int i = 0; i < 100; ++i) {
    VainRefusals::Refusal refusal = alone_at(100);
    refusal.hold = i % 4 == 3 ? seconds{1} : seconds{0};
    EXPECT_FALSE(vain.come_alone(refusal, kStart + seconds{i}));
  }
}

TEST(VainRefusals, OneAfterALongRunIsTheFirst) {
  VainRefusals vain;
  for (int i = 0; i < 100; ++i) {
    VainRefusals::Refusal refusal = alone_at(100);
    refusal.run = VainRefusals::kRequestsPerRefusal;
    EXPECT_FALSE(vain.come_alone(refusal, kStart + i * milliseconds{1500}));
  }
}

TEST(VainRefusals, ACollapsedRateNeedsTwo) {
  VainRefusals vain;
  VainRefusals::Refusal refusal = alone_at(100);
  refusal.collapsed = true;
  EXPECT_FALSE(vain.come_alone(refusal, kStart));
  EXPECT_TRUE(vain.come_alone(refusal, kStart + seconds{1}));
}

TEST(VainRefusals, AShareThatStaysAtHalfThePaceIsNotAboutIt) {
  VainRefusals vain;
  vain.compare(alone_at(100));
  double share = 0;
  for (int i = 0; share == 0 && i < 20; ++i) {
    for (int accepted = 0; accepted < 9; ++accepted) {
      vain.accepted();
    }
    vain.compare(alone_at(50));
    share = vain.take_share();
  }
  EXPECT_NEAR(share, 0.1, 0.01);
  EXPECT_EQ(vain.take_share(), 0) << "asking forgets it";
}

TEST(VainRefusals, WhereTheNextTriesAreRefusedTooItIsAboutThePace) {
  VainRefusals vain;
  vain.compare(alone_at(100));
  for (int i = 0; i < 20; ++i) {
    VainRefusals::Refusal refusal = alone_at(50);
    refusal.tries = 2;
    vain.accepted();
    vain.compare(refusal);
    EXPECT_EQ(vain.take_share(), 0);
  }
}

}  // namespace
}  // namespace respand::delivery
