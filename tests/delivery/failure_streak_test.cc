// Failures in a row: at 8 fewer slots, at 16 a suspicion, and three more of single requests are an outage.

#include "delivery/failure_streak.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using Finding = FailureStreak::Finding;

constexpr std::uint32_t kSlots = 64;

// Of current requests; what the last one has come to.
Finding fail(FailureStreak& streak, std::uint32_t times) {
  Finding last = Finding::kFew;
  for (; times > 0; --times) {
    last = streak.failed(true);
  }
  return last;
}

TEST(FailureStreakTest, SlotsAreHalvedFromTheLimitOnAndOneIsLeft) {
  FailureStreak streak;
  fail(streak, FailureStreak::kToSlow - 1);
  EXPECT_EQ(streak.slots(kSlots), kSlots) << "one below";
  fail(streak, 1);
  EXPECT_EQ(streak.slots(kSlots), kSlots / 2);
  fail(streak, 1);
  EXPECT_EQ(streak.slots(kSlots), kSlots / 4);
  EXPECT_EQ(streak.slots(1), 1U);
  EXPECT_EQ(streak.slots(0), 1U) << "one at least";
}

TEST(FailureStreakTest, SuspectsAtItsLimitAndIsSureAfterSingleFailures) {
  FailureStreak streak;
  EXPECT_EQ(fail(streak, FailureStreak::kToSuspect - 1), Finding::kFew);
  EXPECT_FALSE(streak.suspects()) << "one below";
  EXPECT_EQ(fail(streak, 1), Finding::kSuspected);
  EXPECT_TRUE(streak.suspects());
  EXPECT_EQ(streak.slots(kSlots), 1U);
  EXPECT_EQ(fail(streak, FailureStreak::kSinglesToOpen - 1), Finding::kSingleFailed);
  EXPECT_EQ(fail(streak, 1), Finding::kDown);
}

TEST(FailureStreakTest, LateFailuresAreCountedToTheSuspicionOnly) {
  FailureStreak streak;
  fail(streak, FailureStreak::kToSuspect - 1);
  EXPECT_EQ(streak.failed(false), Finding::kSuspected);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(streak.failed(false), Finding::kLate);
  }
  EXPECT_EQ(fail(streak, FailureStreak::kSinglesToOpen), Finding::kDown);
}

TEST(FailureStreakTest, ASuccessForgetsAll) {
  FailureStreak streak;
  fail(streak, FailureStreak::kToSuspect + FailureStreak::kSinglesToOpen - 1);
  streak.reset();
  EXPECT_FALSE(streak.suspects());
  EXPECT_EQ(streak.slots(kSlots), kSlots);
  EXPECT_EQ(fail(streak, FailureStreak::kToSuspect + FailureStreak::kSinglesToOpen - 1), Finding::kSingleFailed)
      << "single failures of before do not count";
}

TEST(FailureStreakTest, ComingBackFewerAreEnough) {
  FailureStreak streak;
  for (std::uint32_t i = 1; i < FailureStreak::kToReopen; ++i) {
    EXPECT_FALSE(streak.failed_coming_back()) << i;
  }
  EXPECT_TRUE(streak.failed_coming_back());
}

}  // namespace
}  // namespace respand::delivery
