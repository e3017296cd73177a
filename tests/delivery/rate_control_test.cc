#include "delivery/rate_control.h"

#include <gtest/gtest.h>

#include "answers.h"
#include "delivery/regime_notices.h"
#include "tests/delivery/start.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr RateControl::Attempt kAmongMany{.concurrency = 100, .in_flight = 100};

TEST(RateControl, AcceptedRequestsMakeNoPace) {
  RateControl rate;
  const RateControl::Effect effect = rate.learn(status(200), kAmongMany, kStart);
  EXPECT_TRUE(effect.load_tells);
  EXPECT_FALSE(rate.paced());
  EXPECT_FALSE(rate.explained());
  EXPECT_EQ(rate.rate(), 0);
  EXPECT_FALSE(rate.learned(kStart));
}

TEST(RateControl, ARefusalAmongManyIsAboutHowManyThereAreAtOnce) {
  RateControl rate;
  const RateControl::Effect effect = rate.learn(status(429), kAmongMany, kStart);
  EXPECT_TRUE(effect.concurrency_refused);
  EXPECT_FALSE(effect.load_tells);
  EXPECT_FALSE(rate.paced());
}

TEST(RateControl, ARefusalOfASingleRequestIsAboutTheRate) {
  RateControl rate;
  const RateControl::Effect effect = rate.learn(status(429), {.concurrency = 1, .in_flight = 1}, kStart);
  EXPECT_FALSE(effect.concurrency_refused);
  EXPECT_TRUE(rate.paced());
  EXPECT_TRUE(rate.explained());
  EXPECT_TRUE(rate.learned(kStart));
}

TEST(RateControl, ARefusalWithATimeCountsTheTime) {
  RateControl rate;
  static_cast<void>(rate.learn(status(429, {}, seconds{2}), kAmongMany, kStart));
  EXPECT_TRUE(rate.paced());
}

TEST(RateControl, TheLastRequestOfAWindowIsARest) {
  http::Answer last = status(200);
  last.limits = {.limit = 100, .window = seconds{60}, .remaining = 0, .reset = seconds{7}};
  RateControl rate;
  EXPECT_EQ(rate.learn(last, kAmongMany, kStart).rest, seconds{7});
  EXPECT_TRUE(rate.paced());
  RateControl probing;
  RateControl::Attempt probe = kAmongMany;
  probe.normal = false;
  EXPECT_EQ(probing.learn(last, probe, kStart).rest, Duration{0}) << "only while all is normal";
}

TEST(RateControl, AConnectionThatBreaksTellsNothingOfTheLoad) {
  RateControl rate;
  EXPECT_FALSE(rate.learn(failed(http::Failure::kConnect), kAmongMany, kStart).load_tells);
  EXPECT_TRUE(rate.learn(failed(http::Failure::kTimeout), kAmongMany, kStart).load_tells);
}

TEST(RateControl, ANewTargetIsUnknownAndAnOldOneIsNot) {
  const LearnedPace learned{.rate = 50, .burst = 10, .hold = seconds{1}, .age = minutes{1}};
  for (const bool new_target : {false, true}) {
    RateControl rate;
    rate.begin_with(learned, kStart);
    EXPECT_EQ(rate.rate(), 50);
    rate.resume(kStart, new_target);
    EXPECT_EQ(rate.paced(), !new_target);
  }
}

TEST(RateControl, APaceIsSavedWhenItHasStoodTheTest) {
  RateControl rate;
  static_cast<void>(rate.learn(status(429), {.concurrency = 1, .in_flight = 1}, kStart));
  EXPECT_FALSE(rate.take_to_save(kStart));
  EXPECT_TRUE(rate.take_to_save(kStart + SavedPace::kOther));
  EXPECT_FALSE(rate.take_to_save(kStart + SavedPace::kOther));
}

TEST(RegimeNotices, EachChangeIsToldOnceAPeriod) {
  RegimeNotices notices;
  const Regime free;
  const Regime paced{.rate = 40};
  const Notice first = notices.changed(free, paced, "", kStart);
  ASSERT_NE(first.event, nullptr);
  EXPECT_EQ(first.pace, 40);
  EXPECT_EQ(notices.changed(free, paced, "", kStart + minutes{1}).event, nullptr) << "it comes and goes";
  EXPECT_NE(notices.changed(free, paced, "", kStart + hours{1}).event, nullptr);
  EXPECT_EQ(notices.changed(paced, paced, "", kStart + hours{2}).event, nullptr);
  EXPECT_EQ(notices.changed(paced, free, "", kStart + hours{3}).event, nullptr);
}

TEST(RegimeNotices, WhatIsTheApisOwnIsAWarningWithItsShare) {
  RegimeNotices notices;
  const Notice refusals = notices.changed({}, {.refusal_noise = 0.2}, "429: no", kStart);
  EXPECT_EQ(refusals.level, log::Level::kWarning);
  EXPECT_EQ(refusals.share, 0.2);
  EXPECT_EQ(refusals.why, "429: no");
  EXPECT_EQ(notices.changed({}, {.failure_noise = 0.009}, "503", kStart).event, nullptr) << "too few";
  EXPECT_EQ(notices.changed({}, {.failure_noise = 0.01}, "503", kStart).share, 0.01);
}

}  // namespace
}  // namespace respand::delivery
