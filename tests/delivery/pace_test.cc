// The pace by itself: what it learns from the API's headers, and how a learned rate grows old. How it learns from
// refusals is in pace_simulation_test.cc and pace_table_test.cc.
#include "delivery/pace.h"

#include <gtest/gtest.h>

#include "delivery/advertised_limit.h"
#include "tests/delivery/start.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A hundred accepted in a tenth of a second.
void accept(Pace& pace, MonoTime from) {
  for (int i = 0; i < 100; ++i) {
    pace.accepted(from + milliseconds{i}, from + milliseconds{i + 1});
  }
}

TEST(Pace, BeginsAtTheRateThatTheRefusalTells) {
  Pace pace;
  accept(pace, kStart);
  const MonoTime now = kStart + milliseconds{200};
  pace.refused(kStart + milliseconds{199}, seconds{1}, 42, true, now);
  EXPECT_DOUBLE_EQ(pace.rate(), 42);
  EXPECT_LT(pace.value(now + seconds{1}), 42) << "a little below it, and no search for it";
}

TEST(Pace, RestsBeforeTheFirstRefusalWhereNothingIsLeft) {
  Pace pace;
  accept(pace, kStart);
  const MonoTime now = kStart + milliseconds{200};
  EXPECT_FALSE(pace.known());
  EXPECT_TRUE(pace.used_up(kStart + milliseconds{199}, seconds{10}, 30, false, now));
  EXPECT_TRUE(pace.known());
  EXPECT_DOUBLE_EQ(pace.rate(), 30);
  EXPECT_FALSE(pace.used_up(kStart + milliseconds{198}, seconds{10}, 30, false, now + milliseconds{1}))
      << "of one that left before: nothing new";
}

TEST(Pace, WhoAlwaysSaysThatNothingIsLeftIsNotBelieved) {
  Pace pace;
  accept(pace, kStart);
  MonoTime now = kStart + milliseconds{200};
  ASSERT_TRUE(pace.used_up(now - milliseconds{1}, seconds{10}, std::nullopt, false, now));
  now += seconds{11};
  pace.accepted(now, now + milliseconds{1});
  EXPECT_FALSE(pace.used_up(now, seconds{10}, std::nullopt, false, now + milliseconds{1}));
  now += Pace::kDisbelief - seconds{1};
  pace.accepted(now, now + milliseconds{1});
  EXPECT_FALSE(pace.used_up(now, seconds{10}, std::nullopt, false, now + milliseconds{1}));
}

TEST(Pace, OneInEachWindowIsBelieved) {
  Pace pace;
  pace.accepted(kStart, kStart + milliseconds{1});
  MonoTime now = kStart + milliseconds{1};
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pace.used_up(now, seconds{10}, 0.1, true, now + milliseconds{1})) << i;
    now += seconds{11};
    pace.accepted(now, now + milliseconds{1});
  }
}

TEST(Pace, ARefusalThatTellsLessIsFollowed) {
  Pace pace;
  accept(pace, kStart);
  MonoTime now = kStart + milliseconds{200};
  pace.refused(now - milliseconds{1}, seconds{1}, 300, true, now);
  now += seconds{2};
  pace.accepted(now, now + milliseconds{1});
  pace.refused(now + milliseconds{1}, seconds{1}, 30, true, now + milliseconds{2});
  EXPECT_LE(pace.rate(), 30);
}

// After the API's limit was lifted long ago, the pace neither creeps up nor jumps to everything at once.
TEST(Pace, WhatIsKnownGrowsOld) {
  Pace pace;
  accept(pace, kStart);
  const MonoTime now = kStart + milliseconds{200};
  pace.refused(now - milliseconds{1}, seconds{1}, 30, true, now);
  const MonoTime young = now + Pace::kOld - seconds{1};
  (void)pace.take(young, 1);
  EXPECT_LT(pace.value(young + seconds{5}), 40);
  const MonoTime old = now + Pace::kOld;
  (void)pace.take(old, 1);
  EXPECT_GT(pace.value(old + seconds{10}), 10'000);
  EXPECT_TRUE(pace.known());
  EXPECT_EQ(pace.take(now + Pace::kForgotten, 1000), 1000U);
  EXPECT_FALSE(pace.known()) << "a day without a refusal";
}

TEST(Pace, FollowsALimitThatTheApiChanges) {
  Pace pace;
  accept(pace, kStart);
  pace.scale(3);
  EXPECT_FALSE(pace.known()) << "nothing is known to follow";
  const MonoTime now = kStart + milliseconds{200};
  pace.refused(now - milliseconds{1}, seconds{1}, 30, true, now);
  pace.scale(3);
  EXPECT_DOUBLE_EQ(pace.rate(), 90);
  pace.scale(0.1);
  EXPECT_DOUBLE_EQ(pace.rate(), 9);
}

TEST(AdvertisedLimit, AnotherNumberIsAChangeAndAnotherWindowIsAnotherPolicy) {
  AdvertisedLimit told;
  EXPECT_EQ(told.change({300, seconds{1}, {}, {}}), 1);
  EXPECT_EQ(told.change({600, seconds{1}, {}, {}}), 2);
  EXPECT_EQ(told.change({600, seconds{1}, {}, {}}), 1);
  EXPECT_EQ(told.change({{}, {}, 5, seconds{1}}), 1);
  EXPECT_EQ(told.change({10'000, hours{1}, {}, {}}), 1);
  EXPECT_EQ(told.change({1, hours{1}, {}, {}}), 1 / AdvertisedLimit::kMostChange) << "a claim has its limits";
  EXPECT_EQ(told.change({0, hours{1}, {}, {}}), 1);
}

// Retry-After was too short. That nothing is taken right after it says nothing of the rate.
TEST(Pace, ARefusalBehindASilenceInWhichNothingWasTakenCutsNothing) {
  Pace pace;
  accept(pace, kStart);
  MonoTime now = kStart + milliseconds{200};
  pace.refused(now - milliseconds{1}, seconds{1}, 30, true, now);
  for (int i = 0; i < 20; ++i) {
    now += seconds{2};
    pace.refused(now, seconds{1}, std::nullopt, true, now + milliseconds{1});
  }
  EXPECT_DOUBLE_EQ(pace.rate(), 30);
}

TEST(Pace, ARefusalMakesItYoungAgain) {
  Pace pace;
  accept(pace, kStart);
  MonoTime now = kStart + milliseconds{200};
  pace.refused(now - milliseconds{1}, seconds{1}, 30, true, now);
  now += hours{1};
  (void)pace.take(now, 1);
  pace.accepted(now, now + milliseconds{1});
  pace.refused(now + milliseconds{1}, seconds{1}, 20, true, now + milliseconds{2});
  EXPECT_LE(pace.rate(), 20);
  now += Pace::kForgotten - seconds{1};
  (void)pace.take(now, 0);
  EXPECT_TRUE(pace.known());
}

}  // namespace
}  // namespace respand::delivery
