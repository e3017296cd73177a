// How far the clocks are apart: never more than an answer proves.

#include <gtest/gtest.h>

#include "http/clock_offset.h"
#include "http/retry_after.h"

namespace respand::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime kDate{seconds{1'800'000'000}};

TEST(ClockOffset, IsNoneWhereTheClocksMayAgree) {
  // Written at the end of its second, 200 ms before the answer was here; and at the first moment of the attempt.
  EXPECT_EQ(clock_offset(kDate, kDate + milliseconds{1199}, milliseconds{200}), Duration{0});
  EXPECT_EQ(clock_offset(kDate, kDate + milliseconds{1200}, milliseconds{200}), Duration{0});
  EXPECT_EQ(clock_offset(kDate, kDate, milliseconds{200}), Duration{0});
}

TEST(ClockOffset, IsWhatTheAnswerProves) {
  EXPECT_EQ(clock_offset(kDate, kDate + milliseconds{1201}, milliseconds{200}), milliseconds{1});
  EXPECT_EQ(clock_offset(kDate, kDate - milliseconds{1}, milliseconds{200}), milliseconds{-1});
  EXPECT_EQ(clock_offset(kDate, kDate + seconds{3601}, Duration{0}), seconds{3600});
  EXPECT_EQ(clock_offset(kDate, kDate - seconds{3600}, seconds{30}), seconds{-3600});
}

// The latest date that is taken, and the first one.
TEST(ClockOffset, TakesAnyDateThatIsRead) {
  const auto last = parse_date("Fri, 31 Dec 9999 23:59:59 GMT");
  const auto first = parse_date("Thu, 01 Jan 1970 00:00:00 GMT");
  ASSERT_TRUE(last && first);
  EXPECT_LT(clock_offset(*last, kDate, Duration{0}), seconds{-200'000'000'000});
  EXPECT_EQ(clock_offset(*first, kDate, Duration{0}), seconds{1'799'999'999});
}

}  // namespace
}  // namespace respand::http
