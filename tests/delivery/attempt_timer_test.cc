// When the next attempt may begin: silences are floors, probes have a ceiling, and all of it is jittered.

#include "delivery/attempt_timer.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Upstream = AttemptTimer::Upstream;

constexpr MonoTime kBegin{seconds{1000}};
const Retry kUsual{.initial = milliseconds{250}, .max = minutes{1}};

TEST(AttemptTimerTest, ThereIsNothingToWaitForAtFirst) {
  AttemptTimer timer(kUsual, 1);
  EXPECT_LE(timer.next(), kBegin);
  EXPECT_FALSE(timer.lift());
}

TEST(AttemptTimerTest, ASilenceIsAFloorAndItsJitterIsOnTop) {
  Duration most{0};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    AttemptTimer timer(kUsual, seed);
    timer.keep_silence(seconds{30}, true, kBegin);
    ASSERT_GE(timer.next(), kBegin + seconds{30});
    ASSERT_LE(timer.next(), kBegin + seconds{33} + kUsual.initial);
    most = std::max(most, timer.next() - kBegin);
    AttemptTimer long_one(kUsual, seed);
    long_one.keep_silence(std::chrono::hours{10}, true, kBegin);
    ASSERT_LE(long_one.next(), kBegin + std::chrono::hours{10} + AttemptTimer::kMaxSilenceJitter + kUsual.initial);
  }
  EXPECT_GT(most, seconds{32}) << "hosts are spread over it";
}

TEST(AttemptTimerTest, ASilenceIsNeverCutShortButByTheOperator) {
  AttemptTimer timer(kUsual, 1);
  timer.keep_silence(seconds{30}, false, kBegin);
  EXPECT_EQ(timer.silent_until(), kBegin + seconds{30}) << "exactly, where it is not spread";
  timer.keep_silence(seconds{10}, false, kBegin);
  timer.rest(seconds{1}, kBegin);
  timer.lift();
  timer.restart();
  EXPECT_EQ(timer.next(), kBegin + seconds{30});
  timer.rest(seconds{40}, kBegin);
  EXPECT_GE(timer.next(), kBegin + seconds{40});
  timer.end_silence();
  EXPECT_LE(timer.next(), kBegin);
}

TEST(AttemptTimerTest, ProbesOfAFailingUpstreamGrowToTheirCeiling) {
  AttemptTimer timer(kUsual, 1);
  Duration before{0};
  for (int step = 0; step < 30; ++step) {
    timer.wait_for_probe(Upstream::kFailing, kBegin);
    const Duration interval = timer.next() - kBegin;
    ASSERT_LE(interval, AttemptTimer::kLongestProbe);
    ASSERT_GE(interval, std::min(kUsual.initial * (1 << std::min(step, 10)), AttemptTimer::kLongestProbe) / 2);
    before = interval;
    timer.lengthen();
  }
  EXPECT_GE(before, AttemptTimer::kLongestProbe / 2);
}

TEST(AttemptTimerTest, ProbesOfAWrongUpstreamBeginLaterAndGrowFurther) {
  AttemptTimer timer(kUsual, 1);
  timer.wait_for_probe(Upstream::kWrong, kBegin);
  EXPECT_GE(timer.next() - kBegin, AttemptTimer::kFirstPauseProbe / 2);
  for (int i = 0; i < 20; ++i) {
    timer.lengthen();
  }
  timer.wait_for_probe(Upstream::kWrong, kBegin);
  EXPECT_GE(timer.next() - kBegin, kUsual.max / 2);
  EXPECT_LE(timer.next() - kBegin, kUsual.max);
}

TEST(AttemptTimerTest, IntervalsShrinkAgainAndBeginAnew) {
  AttemptTimer timer(kUsual, 1);
  timer.shorten();  // of the first one there is no half
  timer.lengthen();
  timer.lengthen();
  timer.shorten();
  timer.wait_for_probe(Upstream::kFailing, kBegin);
  EXPECT_LE(timer.next() - kBegin, 2 * kUsual.initial);
  EXPECT_GE(timer.next() - kBegin, kUsual.initial);
  timer.restart();
  timer.wait_for_probe(Upstream::kFailing, kBegin);
  EXPECT_LE(timer.next() - kBegin, kUsual.initial);
}

TEST(AttemptTimerTest, ABackoffIsLiftedOnceAndGrowsByItself) {
  Duration most{0};
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    AttemptTimer timer(kUsual, seed);
    timer.back_off(kBegin);
    ASSERT_LE(timer.next() - kBegin, kUsual.initial);
    timer.back_off(kBegin);
    ASSERT_LE(timer.next() - kBegin, 2 * kUsual.initial);
    most = std::max(most, timer.next() - kBegin);
    ASSERT_TRUE(timer.lift());
    ASSERT_FALSE(timer.lift());
  }
  EXPECT_GT(most, kUsual.initial);
}

TEST(AttemptTimerTest, NewSettingsCountFromTheNextIntervalOn) {
  AttemptTimer timer(kUsual, 1);
  timer.reconfigure({.initial = seconds{4}, .max = seconds{4}});
  timer.wait_for_probe(Upstream::kFailing, kBegin);
  EXPECT_GE(timer.next() - kBegin, seconds{2});
  EXPECT_LE(timer.next() - kBegin, seconds{4});
}

}  // namespace
}  // namespace respand::delivery
