// Which row a record belongs to: names under their limits, dimensions, and the way it goes.

#include "ledger/row_keys.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/ledger/store_bench.h"

namespace respand::ledger {
namespace {

constexpr std::int64_t kHour = 24 * 20'000;
constexpr std::size_t kMostProviders = CardinalityLimiter::kMostADay[static_cast<std::size_t>(Name::kProvider)];

const std::string& provider_in(const Key& key) { return key.names[static_cast<std::size_t>(Name::kProvider)]; }

TEST(RowKeysTest, HourNamesAndDimensionsMakeTheKey) {
  StoreBench bench;
  RowKeys keys({"team"}, {});
  record::UsageSummary summary{.model = "m", .provider = "p", .customer = "c", .environment = "e"};
  summary.dimensions = {"search", "no such dimension"};
  const auto key = keys.key_of(summary, {.hour = kHour}, bench.store);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->hour, kHour);
  EXPECT_EQ(key->names, (std::array<std::string, kNames>{"m", "p", "c", "e"}));
  EXPECT_EQ(dimension_in(key->dimensions, "team"), "search");
  EXPECT_EQ(key->dimensions.find("no such dimension"), std::string::npos);
}

TEST(RowKeysTest, RouteAndKeyAreDimensionsUnlessTheOperatorHasTheirNames) {
  StoreBench bench;
  const RecordWay way{.hour = kHour, .route = ApiRoute::kOtlp, .key = "second"};
  RowKeys plain({}, {});
  auto key = plain.key_of({.model = "m"}, way, bench.store);
  ASSERT_TRUE(key);
  EXPECT_EQ(dimension_in(key->dimensions, kRouteDimension), path_of(ApiRoute::kOtlp));
  EXPECT_EQ(dimension_in(key->dimensions, kKeyDimension), "second");
  RowKeys own({kKeyDimension}, {});
  record::UsageSummary summary{.model = "m"};
  summary.dimensions = {"of the record"};
  key = own.key_of(summary, way, bench.store);
  ASSERT_TRUE(key);
  EXPECT_EQ(dimension_in(key->dimensions, kKeyDimension), "of the record");
  EXPECT_EQ(key->dimensions.find("second"), std::string::npos) << "not both";
  EXPECT_EQ(dimension_in(key->dimensions, kRouteDimension), path_of(ApiRoute::kOtlp));
}

TEST(RowKeysTest, TheLimitOfADayCountsWhatTheStoreHas) {
  StoreBench bench;
  Rows rows;
  for (std::size_t i = 1; i < kMostProviders; ++i) {
    Key key = StoreBench::key("m", kHour);
    key.names[static_cast<std::size_t>(Name::kProvider)] = cat("p", i);
    rows[key] = StoreBench::dollars(1);
  }
  ASSERT_NO_FATAL_FAILURE(bench.commit(rows));
  RowKeys keys({}, {"of a budget"});
  const auto provider = [&](std::string_view name, std::int64_t hour = kHour) {
    auto key = keys.key_of({.provider = name}, {.hour = hour}, bench.store);
    return key ? provider_in(*key) : key.error().message;
  };
  EXPECT_EQ(provider("at the limit"), "at the limit");
  EXPECT_EQ(provider("over it"), kOther);
  EXPECT_EQ(provider("p1"), "p1");
  EXPECT_EQ(provider("of a budget"), "of a budget");
  EXPECT_EQ(provider("over it", kHour + 24), "over it") << "another day";
  keys.forget();
  EXPECT_EQ(provider("over it"), "over it") << "what was admitted is not in the store";
}

TEST(RowKeysTest, ValuesOfDimensionsAreReadBackOutOfTheRows) {
  StoreBench bench;
  constexpr std::size_t kMost = CardinalityLimiter::kMostADay[kNames];
  Rows rows;
  for (std::size_t i = 0; i < kMost; ++i) {
    Key key = StoreBench::key("m", kHour);
    put_dimension(key.dimensions, "team", cat("t", i));
    rows[key] = StoreBench::dollars(1);
  }
  ASSERT_NO_FATAL_FAILURE(bench.commit(rows));
  RowKeys keys({"team"}, {});
  const auto team = [&](std::string_view value) {
    record::UsageSummary summary{.model = "m"};
    summary.dimensions = {value};
    auto key = keys.key_of(summary, {.hour = kHour}, bench.store);
    return key ? std::string(dimension_in(key->dimensions, "team")) : key.error().message;
  };
  EXPECT_EQ(team("t7"), "t7");
  EXPECT_EQ(team("one more"), kOther);
}

}  // namespace
}  // namespace respand::ledger
