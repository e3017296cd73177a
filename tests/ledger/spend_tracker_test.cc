// What was spent follows what is committed, and begins anew with the store or the hour.

#include "ledger/spend_tracker.h"

#include <gtest/gtest.h>

#include "tests/ledger/store_bench.h"

namespace respand::ledger {
namespace {

constexpr std::int64_t kMidnight = 24 * 20'000;
constexpr std::int64_t kNoon = kMidnight + 12;

class SpendTrackerTest : public testing::Test {
 protected:
  // Commits a row and tells the tracker.
  void spend(std::int64_t dollars, std::int64_t hour) {
    const Rows rows{{StoreBench::key("m", hour, "c"), StoreBench::dollars(dollars)}};
    ASSERT_NO_FATAL_FAILURE(bench_.commit(rows));
    ASSERT_TRUE(tracker_.add(rows, hour, bench_.store));
  }
  [[nodiscard]] State state(std::int64_t hour) const {
    State state;
    tracker_.show(hour, state);
    return state;
  }
  StoreBench bench_;
  metrics::Registry registry_;
  SpendTracker tracker_{{Budget{.match = {}, .per = Per::kHour, .limit = {10, 0}}}, registry_};
};

TEST_F(SpendTrackerTest, BudgetsAndTablesFollowWhatIsCommitted) {
  ASSERT_NO_FATAL_FAILURE(spend(3, kNoon));
  ASSERT_NO_FATAL_FAILURE(spend(5, kNoon));
  const State now = state(kNoon);
  EXPECT_EQ(now.today, (Usd{8, 0}));
  ASSERT_EQ(now.budgets.size(), 1U);
  EXPECT_EQ(now.budgets[0].spent, (Usd{8, 0}));
  EXPECT_EQ(now.budgets[0].level, 80);
  ASSERT_EQ(now.spend->customers.rows.size(), 1U);
  EXPECT_EQ(now.spend->customers.rows[0].spent, (Usd{8, 0}));
}

TEST_F(SpendTrackerTest, ForgottenItCountsAnewWhatTheStoreHas) {
  ASSERT_NO_FATAL_FAILURE(spend(3, kNoon));
  ASSERT_NO_FATAL_FAILURE(bench_.commit({{StoreBench::key("m", kNoon), StoreBench::dollars(4)}}));  // of another file
  tracker_.forget();
  EXPECT_TRUE(tracker_.is_new(kNoon));
  ASSERT_TRUE(tracker_.begin_hour(kNoon, bench_.store));
  EXPECT_EQ(state(kNoon).today, (Usd{7, 0}));
  EXPECT_EQ(state(kNoon).budgets[0].spent, (Usd{7, 0}));
}

TEST_F(SpendTrackerTest, AnHourInWhichNothingIsSpentBeginsToo) {
  ASSERT_NO_FATAL_FAILURE(spend(9, kNoon));
  EXPECT_FALSE(tracker_.is_new(kNoon));
  EXPECT_TRUE(tracker_.is_new(kNoon + 1));
  ASSERT_TRUE(tracker_.begin_hour(kNoon + 1, bench_.store));
  EXPECT_FALSE(tracker_.is_new(kNoon + 1));
  EXPECT_EQ(state(kNoon + 1).budgets[0].level, 0);
  EXPECT_EQ(state(kNoon + 1).today, (Usd{9, 0})) << "the day goes on";
  ASSERT_TRUE(tracker_.begin_hour(kMidnight + 24, bench_.store));
  EXPECT_EQ(state(kMidnight + 24).today, Usd{});
  EXPECT_TRUE(state(kMidnight + 24).spend->customers.rows.empty());
}

}  // namespace
}  // namespace respand::ledger
