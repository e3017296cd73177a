#include "respand/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace respand {
namespace {

// Gives what it is told, for the ends of the range.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t value) : value_(value) {}
  [[nodiscard]] std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

TEST(Random, StaysBelowItsLimitAtTheEnds) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  FixedRandom least(0);
  FixedRandom most(kMax);
  for (const std::uint64_t limit : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1000}, kMax}) {
    EXPECT_EQ(least.below(limit), 0U);
    EXPECT_EQ(most.below(limit), limit - 1);
  }
  EXPECT_EQ(least.unit(), 0.0);
  EXPECT_LT(most.unit(), 1.0);
}

TEST(Random, TheSameSeedGivesTheSameSequence) {
  SeededRandom one(42);
  SeededRandom two(42);
  SeededRandom other(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto value = one.next();
    EXPECT_EQ(value, two.next());
    differs |= value != other.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, BelowIsEven) {
  SeededRandom random(1);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) {
    ++counts.at(random.below(counts.size()));
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 10'000, 600);  // six standard deviations
  }
}

TEST(Random, EntropyDiffers) { EXPECT_NE(entropy(), entropy()); }

}  // namespace
}  // namespace respand
