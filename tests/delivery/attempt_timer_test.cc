// When the next attempt may begin: silences are floors, probes have a ceiling, and all of it is jittered.

#include "delivery/attempt_timer.h"
#include "tests/delivery/start.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Upstream = AttemptTimer::Upstream;

const Retry kUsual{.initial = milliseconds{250}, .max = minutes{1}};

TEST(AttemptTimerTest, ThereIsNothingToWaitForAtFirst) {
  AttemptTimer timer(kUsual, 1);
  EXPECT_LE(timer.next(), kStart);
  EXPECT_FALSE(timer.lift());
}

TEST(AttemptTimerTest, ASilenceIsAFloorAndItsJitterIsOnTop) {
  Duration most{0};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    AttemptTimer timer(kUsual, seed);
    timer.keep_silence(seconds{30}, true, kStart);
    ASSERT_GE(timer.next(), kStart + seconds{30});
    ASSERT_LE(timer.next(), kStart + seconds{33} + kUsual.initial);
    most = std::max(most, timer.next() - kStart);
    AttemptTimer long_one(kUsual, seed);
    long_one.keep_silence(std::chrono::hours{10}, true, kStart);
    ASSERT_LE(long_one.next(), kStart + std::chrono::hours{10} + AttemptTimer::kMaxSilenceJitter + kUsual.initial);
  }
  EXPECT_GT(most, seconds{32}) << "hosts are spread over it";
}

TEST(AttemptTimerTest, ASilenceIsNeverCutShortButByTheOperator) {
  AttemptTimer timer(kUsual, 1);
  timer.keep_silence(seconds{30}, false, kStart);
  EXPECT_EQ(timer.silent_until(), kStart + seconds{30}) << "exactly, where it is not spread";
  timer.keep_silence(seconds{10}, false, kStart);
  timer.rest(seconds{1}, kStart);
  timer.lift();
  timer.restart();
  EXPECT_EQ(timer.next(), kStart + seconds{30});
  timer.rest(seconds{40}, kStart);
  EXPECT_GE(timer.next(), kStart + seconds{40});
  timer.end_silence();
  EXPECT_LE(timer.next(), kStart);
}

TEST(AttemptTimerTest, ProbesOfAFailingUpstreamGrowToTheirCeiling) {
  AttemptTimer timer(kUsual, 1);
  Duration before{0};
  for (int step = 0; step < 30; ++step) {
    timer.wait_for_probe(Upstream::kFailing, kStart);
    const Duration interval = timer.next() - kStart;
    ASSERT_LE(interval, AttemptTimer::kLongestProbe);
    ASSERT_GE(interval, std::min(kUsual.initial * (1 << std::min(step, 10)), AttemptTimer::kLongestProbe) / 2);
    before = interval;
    timer.lengthen();
  }
  EXPECT_GE(before, AttemptTimer::kLongestProbe / 2);
}

TEST(AttemptTimerTest, ProbesOfAWrongUpstreamBeginLaterAndGrowFurther) {
  AttemptTimer timer(kUsual, 1);
  timer.wait_for_probe(Upstream::kWrong, kStart);
  EXPECT_GE(timer.next() - kStart, AttemptTimer::kFirstPauseProbe / 2);
  for (int i = 0; i < 20; ++i) {
    timer.lengthen();
  }
  timer.wait_for_probe(Upstream::kWrong, kStart);
  EXPECT_GE(timer.next() - kStart, kUsual.max / 2);
  EXPECT_LE(timer.next() - kStart, kUsual.max);
}

TEST(AttemptTimerTest, IntervalsShrinkAgainAndBeginAnew) {
  AttemptTimer timer(kUsual, 1);
  timer.shorten();  // of the first one there is no half
  timer.lengthen();
  timer.lengthen();
  timer.shorten();
  timer.wait_for_probe(Upstream::kFailing, kStart);
  EXPECT_LE(timer.next() - kStart, 2 * kUsual.initial);
  EXPECT_GE(timer.next() - kStart, kUsual.initial);
  timer.restart();
  timer.wait_for_probe(Upstream::kFailing, kStart);
  EXPECT_LE(timer.next() - kStart, kUsual.initial);
}

TEST(AttemptTimerTest, ABackoffIsLiftedOnceAndGrowsByItself) {
  Duration most{0};
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    AttemptTimer timer(kUsual, seed);
    timer.back_off(kStart);
    ASSERT_LE(timer.next() - kStart, kUsual.initial);
    timer.back_off(kStart);
    ASSERT_LE(timer.next() - kStart, 2 * kUsual.initial);
    most = std::max(most, timer.next() - kStart);
    ASSERT_TRUE(timer.lift());
    ASSERT_FALSE(timer.lift());
  }
  EXPECT_GT(most, kUsual.initial);
}

TEST(AttemptTimerTest, NewSettingsCountFromTheNextIntervalOn) {
  AttemptTimer timer(kUsual, 1);
  timer.reconfigure({.initial = seconds{4}, .max = seconds{4}});
  timer.wait_for_probe(Upstream::kFailing, kStart);
  EXPECT_GE(timer.next() - kStart, seconds{2});
  EXPECT_LE(timer.next() - kStart, seconds{4});
}

}  // namespace
}  // namespace respand::delivery
