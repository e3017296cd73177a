#include "ledger/duration_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "respand/base/random.h"

namespace respand::ledger {
namespace {

TEST(DurationHistogram, PercentilesAreWithinTheStatedError) {
  SeededRandom random(5);
  DurationHistogram times;
  std::vector<std::int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<std::int64_t>(std::exp(random.unit() * 24)));  // 1 µs … 7 hours
    times.add(Duration{all.back()});
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(times.count(), all.size());
  for (const double share : {0.0001, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all.size()))) - 1;
    const auto truth = static_cast<double>(all[rank]);
    EXPECT_NEAR(static_cast<double>(times.percentile(share).count()), truth, truth / 32 + 1e-9) << share;
  }
}

TEST(DurationHistogram, MergedOrStoredTheyAreTheSame) {
  SeededRandom random(6);
  DurationHistogram one;
  DurationHistogram two;
  DurationHistogram both;
  for (int i = 0; i < 1000; ++i) {
    const Duration time{static_cast<std::int64_t>(random.below(std::uint64_t{1} << random.below(43)))};
    (i % 3 == 0 ? one : two).add(time);
    both.add(time);
  }
  one.merge(two);
  EXPECT_EQ(one.encode(), both.encode());
  EXPECT_EQ(DurationHistogram::decode(both.encode()).encode(), both.encode());
}

TEST(DurationHistogram, TheLongestAndTheShortest) {
  DurationHistogram times;
  times.add(Duration{0});
  times.add(Duration{INT64_MAX});
  times.add(Duration{static_cast<std::int64_t>(DurationHistogram::kLongest)});
  EXPECT_EQ(times.percentile(0.0), Duration{0});
  EXPECT_EQ(times.percentile(0.3), Duration{0});
  EXPECT_NEAR(static_cast<double>(times.percentile(1).count()), static_cast<double>(DurationHistogram::kLongest),
              static_cast<double>(DurationHistogram::kLongest) / 32);
  EXPECT_EQ(DurationHistogram::decode(times.encode()).count(), 3U);
}

TEST(DurationHistogram, HostileBytesDoNoHarm) {
  SeededRandom random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random.below(24), '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random.below(3) == 0 ? 0xff : random.below(256));
    }
    const DurationHistogram times = DurationHistogram::decode(bytes);
    EXPECT_EQ(DurationHistogram::decode(times.encode()).encode(), times.encode());
  }
}

}  // namespace
}  // namespace respand::ledger
