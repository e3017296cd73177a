// Which records were counted before, by their identities.

#include "ledger/repeat_filter.h"

#include <gtest/gtest.h>

#include "tests/ledger/store_bench.h"

namespace respand::ledger {
namespace {

constexpr std::int64_t kCounted = 480'000;
constexpr std::uint64_t kIdentity = 4711;

class RepeatFilterTest : public testing::Test {
 protected:
  [[nodiscard]] bool is_repeat(RepeatFilter& filter, std::uint64_t identity, std::int64_t hour) {
    const auto repeat = filter.is_repeat(identity, hour, bench_.store);
    EXPECT_TRUE(repeat);
    return repeat && *repeat;
  }
  StoreBench bench_;
};

TEST_F(RepeatFilterTest, TheFirstIsNoneAndTheNextOnesAre) {
  RepeatFilter filter(std::chrono::hours{1});
  EXPECT_FALSE(is_repeat(filter, kIdentity, kCounted));
  EXPECT_TRUE(is_repeat(filter, kIdentity, kCounted));
  EXPECT_FALSE(is_repeat(filter, kIdentity + 1, kCounted));
  EXPECT_EQ(filter.uncommitted().size(), 2U);
  filter.clear();
  EXPECT_FALSE(is_repeat(filter, kIdentity, kCounted)) << "neither committed nor in here";
}

TEST_F(RepeatFilterTest, TheWindowIsInWholeHoursAndItsLastOneCounts) {
  RepeatFilter filter(std::chrono::minutes{90});
  ASSERT_NO_FATAL_FAILURE(bench_.commit({}, {{kIdentity, kCounted}}));
  EXPECT_TRUE(is_repeat(filter, kIdentity, kCounted + 2)) << "the store has it";
  EXPECT_TRUE(filter.uncommitted().empty()) << "a repeat does not lengthen the window";
  EXPECT_FALSE(is_repeat(filter, kIdentity, kCounted + 3));
  EXPECT_EQ(filter.uncommitted().at(kIdentity), kCounted + 3);
}

TEST_F(RepeatFilterTest, WithoutAnIdentityOrAWindowNoneIs) {
  RepeatFilter filter(std::chrono::hours{1});
  RepeatFilter off(Duration{0});
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(is_repeat(filter, 0, kCounted));
    EXPECT_FALSE(is_repeat(off, kIdentity, kCounted));
  }
  EXPECT_TRUE(filter.uncommitted().empty());
  EXPECT_TRUE(off.uncommitted().empty());
}

}  // namespace
}  // namespace respand::ledger
