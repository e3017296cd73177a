// Sums that wait for their commit: rows, identities and metrics of the same records, or of none.

#include "ledger/usage_accumulator.h"

#include <gtest/gtest.h>

#include "tests/ledger/store_bench.h"
#include "tests/ledger/world.h"
#include "tests/support/metrics.h"

namespace respand::ledger {
namespace {

constexpr WallTime kReceived{std::chrono::hours{480'000}};

class UsageAccumulatorTest : public testing::Test {
 protected:
  void add(const record::UsageSummary& summary, ApiRoute route = ApiRoute::kRecords) {
    const std::string attributes = attributes_of(summary);
    ASSERT_TRUE(usage_.add({Sequence{1}, kReceived, attributes, route}, bench_.store));
  }
  [[nodiscard]] double timed(const std::string& model) {
    return test::metric(registry_.expose(), "respand_llm_generation_seconds_count", {{"model", model}}).value_or(0);
  }
  StoreBench bench_;
  metrics::Registry registry_;
  UsageMetrics metrics_{registry_};
  UsageAccumulator usage_{{}, {}, std::chrono::hours{1}, metrics_};
};

TEST_F(UsageAccumulatorTest, RecordsOfTheSameNamesAndWayShareARow) {
  const record::UsageSummary summary{.model = "m", .customer = "c", .cost = micro(2)};
  ASSERT_NO_FATAL_FAILURE(add(summary));
  ASSERT_NO_FATAL_FAILURE(add(summary));
  ASSERT_NO_FATAL_FAILURE(add(summary, ApiRoute::kSpans));
  // The names' ends count: "m" of "c" is not "mc".
  ASSERT_NO_FATAL_FAILURE(add({.model = "mc", .cost = micro(1)}));
  ASSERT_EQ(usage_.rows().size(), 3U);
  const UsageTotals& row = usage_.rows().begin()->second;
  EXPECT_EQ(row.records.value, 2);
  EXPECT_EQ(row.cost, Usd::of(micro(4)));
}

TEST_F(UsageAccumulatorTest, ARepeatIsCountedAsOneAndInNothingElse) {
  record::UsageSummary summary{.model = "m", .cost = micro(2), .generation_time = std::chrono::seconds{1}};
  summary.identity = 4711;
  for (int i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(add(summary));
  }
  const UsageTotals& row = usage_.rows().begin()->second;
  EXPECT_EQ(row.records.value, 1);
  EXPECT_EQ(row.repeats.value, 2);
  EXPECT_EQ(row.cost, Usd::of(micro(2)));
  EXPECT_EQ(usage_.identities().count(4711), 1U);
  metrics_.publish(usage_.rows());
  EXPECT_EQ(timed("m"), 1);
}

TEST_F(UsageAccumulatorTest, WithoutASummaryThatCanBeReadARecordIsPassedOver) {
  ASSERT_TRUE(usage_.add({Sequence{1}, kReceived, {}}, bench_.store));
  const std::string_view strange("\x02\x03\x00zzz", 6);
  ASSERT_TRUE(usage_.add({Sequence{2}, kReceived, strange}, bench_.store));
  EXPECT_TRUE(usage_.rows().empty());
}

TEST_F(UsageAccumulatorTest, ClearedItBeginsWithNewRows) {
  ASSERT_NO_FATAL_FAILURE(add({.model = "m", .cost = micro(2)}));
  usage_.clear();
  EXPECT_TRUE(usage_.rows().empty());
  ASSERT_NO_FATAL_FAILURE(add({.model = "m", .cost = micro(1)}));
  EXPECT_EQ(usage_.rows().begin()->second.cost, Usd::of(micro(1))) << "not in a row that has gone";
}

TEST_F(UsageAccumulatorTest, AfterDiscardNothingIsLeftOfTheRecords) {
  record::UsageSummary summary{.model = "m", .cost = micro(2), .generation_time = std::chrono::seconds{1}};
  summary.identity = 4711;
  ASSERT_NO_FATAL_FAILURE(add(summary));
  usage_.discard();
  EXPECT_TRUE(usage_.rows().empty());
  EXPECT_TRUE(usage_.identities().empty());
  ASSERT_NO_FATAL_FAILURE(add(summary));
  EXPECT_EQ(usage_.rows().begin()->second.records.value, 1) << "it is no repeat of itself";
  metrics_.publish(usage_.rows());
  EXPECT_EQ(timed("m"), 1) << "not twice";
}

}  // namespace
}  // namespace respand::ledger
