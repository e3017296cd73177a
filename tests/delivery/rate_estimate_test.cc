#include "delivery/rate_estimate.h"
#include "tests/delivery/start.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(BurstCredit, GathersAtTheRateUpToItsSize) {
  BurstCredit burst;
  burst.size = 10;
  burst.restart(kStart);
  burst.spend(2, kStart + seconds{3});
  EXPECT_DOUBLE_EQ(burst.left, 5);
  burst.spend(2, kStart + seconds{60});
  EXPECT_DOUBLE_EQ(burst.left, 9);
  burst.spend(2, kStart + seconds{1});
  EXPECT_DOUBLE_EQ(burst.left, 8) << "time does not run back";
}

TEST(RateEstimate, BeginsWithWhatWasAcceptedAndTheSilenceThatItCost) {
  RateEstimate estimate;
  for (int i = 0; i < 40; ++i) {
    estimate.early.add(kStart + i * milliseconds{50}, kStart + i * milliseconds{50});
  }
  EXPECT_FALSE(estimate.known());
  estimate.begin(kStart + seconds{2}, kStart + seconds{2}, seconds{8}, std::nullopt);
  EXPECT_DOUBLE_EQ(estimate.rate, 4);
  EXPECT_DOUBLE_EQ(estimate.burst.size, 40);
  EXPECT_TRUE(estimate.seek.active);
}

TEST(RateEstimate, BelievesTheRateThatTheApiTells) {
  RateEstimate estimate;
  estimate.early.add(kStart, kStart);
  estimate.begin(kStart, kStart, seconds{1}, 25.0);
  EXPECT_DOUBLE_EQ(estimate.rate, 25);
  EXPECT_FALSE(estimate.seek.active);
}

TEST(RateEstimate, ASteadyRateThatWasRefusedBecomesLess) {
  RateEstimate estimate;
  estimate.begin(kStart, kStart, seconds{0}, 100.0);
  MonoTime now = kStart;
  for (int i = 0; i < 200; ++i) {
    now += milliseconds{11};
    estimate.accepted(now);
  }
  const double before = estimate.rate;
  EXPECT_TRUE(estimate.cut({.phase = PacePhase::kSteady, .pace = before}, now)) << "the run was long: it counts anew";
  EXPECT_LT(estimate.rate, before);
  EXPECT_GE(estimate.rate, 80) << "what was accepted for sure";
}

TEST(RateEstimate, ALookUpwardThatWasRefusedLeavesTheRate) {
  RateEstimate estimate;
  estimate.begin(kStart, kStart, seconds{0}, 100.0);
  estimate.look_up(kStart);
  MonoTime now = kStart;
  for (int i = 0; i < 100; ++i) {
    now += milliseconds{10};
    estimate.accepted(now);
    estimate.raise(now, now);
  }
  static_cast<void>(estimate.cut({.phase = PacePhase::kUpward, .pace = 102}, now));
  EXPECT_GE(estimate.rate, 99);
  EXPECT_LE(estimate.rate, 106);
}

TEST(RateEstimate, ALookUpwardFindsAHigherRate) {
  RateEstimate estimate;
  estimate.begin(kStart, kStart, seconds{0}, 10.0);
  estimate.look_up(kStart);
  MonoTime now = kStart;
  for (int i = 0; i < 2000; ++i) {
    now += milliseconds{10};
    estimate.accepted(now);
    estimate.raise(now, now);
  }
  EXPECT_GT(estimate.rate, 50) << "a hundred a second were accepted";
}

TEST(RateEstimate, FollowsWhatTheApiAllows) {
  RateEstimate estimate;
  estimate.scale(2);
  EXPECT_FALSE(estimate.known());
  estimate.begin(kStart, kStart, seconds{0}, 10.0);
  estimate.scale(3);
  EXPECT_DOUBLE_EQ(estimate.rate, 30);
  estimate.scale(1e9);
  EXPECT_DOUBLE_EQ(estimate.rate, RateEstimate::kMost);
}

}  // namespace
}  // namespace respand::delivery
