#include "delivery/backoff.h"

#include <gtest/gtest.h>

#include <limits>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, DoublesUpToTheMaximum) {
  EXPECT_EQ(ceiling(milliseconds{250}, seconds{60}, 0), milliseconds{250});
  EXPECT_EQ(ceiling(milliseconds{250}, seconds{60}, 1), milliseconds{500});
  EXPECT_EQ(ceiling(milliseconds{250}, seconds{60}, 7), seconds{32});
  EXPECT_EQ(ceiling(milliseconds{250}, seconds{60}, 8), seconds{60});
  EXPECT_EQ(ceiling(milliseconds{250}, seconds{60}, std::numeric_limits<std::uint32_t>::max()), seconds{60});
}

TEST(Backoff, SurvivesOddConfigurations) {
  EXPECT_EQ(ceiling(seconds{60}, seconds{1}, 0), seconds{1}) << "initial above max";
  EXPECT_EQ(ceiling(Duration{0}, seconds{1}, 40), seconds{1});
  EXPECT_EQ(ceiling(Duration{0}, Duration{0}, 3), Duration{0});
  EXPECT_EQ(ceiling(Duration::max(), Duration::max(), 5), Duration::max());
  EXPECT_EQ(ceiling(seconds{1}, Duration::max(), 200), Duration::max());
}

TEST(Backoff, JitterStaysInItsRangeAndReachesItsEnds) {
  SeededRandom random(1);
  Duration least = Duration::max();
  Duration most{0};
  for (int i = 0; i < 10'000; ++i) {
    const Duration full = full_jitter(Duration{3}, Duration{8}, 1, random);
    least = std::min(least, full);
    most = std::max(most, full);
    const Duration half = half_jitter(Duration{4}, Duration{100}, 1, random);
    EXPECT_GE(half, Duration{4});
    EXPECT_LE(half, Duration{8});
  }
  EXPECT_EQ(least, Duration{0});
  EXPECT_EQ(most, Duration{6});
}

}  // namespace
}  // namespace respand::delivery
