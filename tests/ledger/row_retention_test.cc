// What is too old goes, a little at a time, and what is not stays whatever the clock says.

#include "ledger/row_retention.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/ledger/store_bench.h"

namespace respand::ledger {
namespace {

constexpr std::int64_t kThisHour = 480'000;
constexpr MonoTime kFirstLook{std::chrono::seconds{1}};
constexpr Duration kRowsKept = std::chrono::hours{48};

class RowRetentionTest : public testing::Test {
 protected:
  // `count` rows of an hour.
  void put(std::int64_t hour, std::size_t count = 1) {
    Rows rows;
    for (std::size_t i = 0; i < count; ++i) {
      rows[StoreBench::key(cat("m", i), hour)] = StoreBench::dollars(1);
    }
    ASSERT_NO_FATAL_FAILURE(bench_.commit(rows));
  }
  [[nodiscard]] std::size_t rows(std::int64_t hour) { return bench_.rows(hour, hour + 1); }
  StoreBench bench_;
};

TEST_F(RowRetentionTest, ARowAtTheLimitStaysAndAnOlderOneGoes) {
  RowRetention retention(kRowsKept, Duration{0});
  for (const std::int64_t hour : {kThisHour - 49, kThisHour - 48, kThisHour}) {
    ASSERT_NO_FATAL_FAILURE(put(hour));
  }
  ASSERT_TRUE(retention.step(bench_.store, time_of(kThisHour), kFirstLook));
  EXPECT_EQ(rows(kThisHour - 49), 0U);
  EXPECT_EQ(rows(kThisHour - 48), 1U);
  EXPECT_EQ(rows(kThisHour), 1U);
  EXPECT_EQ(retention.due_at(), kFirstLook + RowRetention::kInterval);
}

TEST_F(RowRetentionTest, MuchGoesInSteps) {
  RowRetention retention(kRowsKept, Duration{0});
  ASSERT_NO_FATAL_FAILURE(put(kThisHour - 100, RowRetention::kRowsAtOnce + 1));
  ASSERT_NO_FATAL_FAILURE(put(kThisHour));
  ASSERT_TRUE(retention.step(bench_.store, time_of(kThisHour), kFirstLook));
  EXPECT_EQ(rows(kThisHour - 100), 1U);
  EXPECT_EQ(retention.due_at(), kFirstLook + RowRetention::kNextStep);
  ASSERT_TRUE(retention.step(bench_.store, time_of(kThisHour), kFirstLook));
  EXPECT_EQ(rows(kThisHour - 100), 1U) << "not before it is time";
  ASSERT_TRUE(retention.step(bench_.store, time_of(kThisHour), retention.due_at()));
  EXPECT_EQ(rows(kThisHour - 100), 0U);
}

TEST_F(RowRetentionTest, AClockThatIsFarAheadRemovesNothing) {
  RowRetention retention(kRowsKept, Duration{0});
  ASSERT_NO_FATAL_FAILURE(put(kThisHour - 48));
  ASSERT_NO_FATAL_FAILURE(put(kThisHour));
  ASSERT_TRUE(retention.step(bench_.store, time_of(kThisHour + 1'000'000), kFirstLook));
  EXPECT_EQ(rows(kThisHour - 48), 1U);
}

TEST_F(RowRetentionTest, IdentitiesAreKeptAsLongAsTheyCountAndNotAsLongAsRows) {
  RowRetention retention(kRowsKept, std::chrono::minutes{90});
  ASSERT_NO_FATAL_FAILURE(bench_.commit({{StoreBench::key("m", kThisHour), StoreBench::dollars(1)}},
                                        {{1, kThisHour - 3}, {2, kThisHour - 2}}));
  ASSERT_TRUE(retention.step(bench_.store, time_of(kThisHour), kFirstLook));
  EXPECT_FALSE(*bench_.store.hour_of_identity(1));
  EXPECT_TRUE(*bench_.store.hour_of_identity(2));
}

}  // namespace
}  // namespace respand::ledger
