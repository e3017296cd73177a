#include "delivery/concurrency_control.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "answers.h"
#include "tests/delivery/start.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ConcurrencyControl, ARefusalOfTheCurrentEpochBeginsANewOne) {
  ConcurrencyControl control(100, 100);
  EXPECT_FALSE(control.refused(false));
  EXPECT_TRUE(control.refused(true));
  EXPECT_LT(control.limit(), 100U);
}

// Answers at a load that fills the limit, of which every other one fails.
TEST(ConcurrencyControl, FailuresAtFullLoadAreTriedAtHalfOfIt) {
  ConcurrencyControl control(64, 64);
  MonoTime now = kStart;
  int answers = 0;
  bool changed = false;
  for (; !changed && answers < 2000; ++answers) {
    now += milliseconds{1};
    changed = control.answered(answers % 2 == 0, true, control.limit(), now);
  }
  EXPECT_TRUE(changed);
  EXPECT_EQ(control.limit(), 32U);
  EXPECT_GT(control.failure_share(), 0.2);
  control.interrupt_trial();
  EXPECT_EQ(control.limit(), 64U) << "a trial without a result changes nothing";
}

TEST(ConcurrencyControl, FailuresBelowTheLimitChangeNothing) {
  ConcurrencyControl control(64, 64);
  MonoTime now = kStart;
  for (int i = 0; i < 5000; ++i) {
    now += milliseconds{1};
    ASSERT_FALSE(control.answered(i % 2 == 0, true, 3, now));
  }
  EXPECT_EQ(control.limit(), 64U);
  EXPECT_NEAR(control.failure_noise(), 0.5, 0.1) << "they are the API's own";
  control.forget_failures();
  EXPECT_EQ(control.failure_noise(), 0);
}

TEST(ConcurrencyControl, TheLatencyOfALargePayloadSaysNothing) {
  ConcurrencyControl small(1000, 100);
  ConcurrencyControl large(1000, 100);
  // The lowest limit after the latency has risen a hundredfold.
  const auto lowest = [](ConcurrencyControl& control, std::size_t bytes) {
    std::uint32_t least = 1000;
    for (int round = 0; round < 200; ++round) {
      http::Answer answer = status(200);
      answer.latency = round < 100 ? milliseconds{20} : milliseconds{2000};
      answer.payload.assign(bytes, 'x');
      for (int i = 0; i < 100; ++i) {
        control.reached();
        static_cast<void>(control.succeeded(true, answer, true));
        least = round < 100 ? least : std::min(least, control.limit());
      }
    }
    return least;
  };
  EXPECT_LT(lowest(small, ConcurrencyControl::kMaxMeasuredBytes), 1000U);
  EXPECT_EQ(lowest(large, ConcurrencyControl::kMaxMeasuredBytes + 1), 1000U);
}

TEST(ConcurrencyControl, ACeilingHoldsAtOnce) {
  ConcurrencyControl control(100, 100);
  control.set_most(7);
  EXPECT_EQ(control.limit(), 7U);
}

}  // namespace
}  // namespace respand::delivery
