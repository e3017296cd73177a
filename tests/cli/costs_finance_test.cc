// What `respand costs` shows of money that is not all known, and the reports of many hosts added up.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/costs_merge.h"
#include "cli/time_range.h"
#include "respand/base/text.h"
#include "tests/support/files.h"

namespace respand::cli {
namespace {

using ledger::By;
using testing::HasSubstr;
using testing::Not;

ledger::UsageTotals priced_totals(std::int64_t priced, std::int64_t unpriced, const record::Decimal& each) {
  ledger::UsageTotals all;
  for (std::int64_t i = 0; i < priced + unpriced; ++i) {
    record::UsageSummary summary{.tokens = {.prompt = 1000, .completion = 10, .cached_prompt = 7, .cache_write = 3}};
    if (i < priced) {
      summary.cost = each;
      summary.cost_source = i % 2 == 0 ? record::CostSource::kComputed : record::CostSource::kReported;
      summary.generation_time = std::chrono::milliseconds{100 + i};
    } else {
      summary.unpriced = true;
    }
    all.add(summary);
  }
  return all;
}

Costs costs_of(const std::vector<std::pair<std::string, ledger::UsageTotals>>& rows) {
  ledger::Report report;
  for (const auto& [model, row] : rows) {
    report.rows[{model}].merge(row);
    report.total.merge(row);
    if (row.unpriced.value > 0) {
      report.unpriced_models[model] += row.unpriced.value;
    }
  }
  Costs costs = arrange(report, {By::kModel}, 0);
  costs.since = ledger::time_of(492'864);
  costs.until = ledger::time_of(492'888);
  return costs;
}

TEST(CostsFinance, WhatIsNotKnownIsSaid) {
  const Costs costs = costs_of({{"some", priced_totals(2, 1, {5, 1})},
                                {"none", priced_totals(0, 1'234, {})},
                                {"all", priced_totals(3, 0, {2, 1})}});
  const std::string table = costs_table(costs, {});
  EXPECT_THAT(table, HasSubstr("≥ 1.0000"));
  EXPECT_THAT(table, HasSubstr("n/a"));
  EXPECT_THAT(table, HasSubstr("UNPRICED"));
  EXPECT_THAT(costs_table(costs, {.utf8 = false}), HasSubstr(">= 1.0000"));
  const std::string footer = costs_footer(costs, true);
  EXPECT_THAT(footer, HasSubstr("cost: ≥ 1.6000 (1,235 of 1,240 records without a price)\n"));
  EXPECT_THAT(footer, HasSubstr("without a price: none (1,234), some (1)\n"));
  EXPECT_THAT(footer, HasSubstr("records.prices"));
  EXPECT_THAT(footer,
              HasSubstr("of the cost: 0.0000 given by applications, 0.7000 reported in answers, 0.9000 computed"));
  EXPECT_THAT(costs_json(costs), HasSubstr(R"("unpriced_models":{"none":1234,"some":1}})"));
  EXPECT_THAT(costs_csv(costs), HasSubstr(",1,0,0.5,0.5,0\r\n"));

  const Costs known = costs_of({{"all", priced_totals(3, 0, {2, 1})}});
  EXPECT_THAT(costs_table(known, {}), Not(HasSubstr("UNPRICED")));
  EXPECT_THAT(costs_footer(known, true), Not(HasSubstr("without a price")));
}

TEST(CostsFinance, NamesAreKeptAndPercentilesLeftOut) {
  const std::string name = "claude-sonnet-4-5-20250929-eu";
  const std::string table = costs_table(costs_of({{name, priced_totals(20'000, 1, {5, 1})}}), {80, true});
  EXPECT_THAT(table, HasSubstr(name));
  EXPECT_THAT(table, HasSubstr("COST USD"));
  EXPECT_THAT(table, HasSubstr("PROMPT"));
  EXPECT_THAT(table, Not(HasSubstr("p50")));
  const std::string wide = costs_table(costs_of({{name, priced_totals(2, 1, {5, 1})}}), {});
  for (const char* const column : {"ERRORS", "CACHED", "WRITTEN", "REASONING", "p50", "p95", "p99"}) {
    EXPECT_THAT(wide, HasSubstr(column));
  }
}

TEST(CostsFinance, ManyHostsAreAddedUpExactly) {
  const Costs one = costs_of({{"m", priced_totals(3, 1, {7, 18})}, {"\"quoted\\", priced_totals(1, 0, {1, 0})}});
  const Costs two = costs_of({{"m", priced_totals(5, 2, {1, 6})}});
  Costs all;
  for (const Costs* const host : {&one, &two}) {
    const auto read = read_costs_json(costs_json(*host));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(costs_json(*read), costs_json(*host)) << "there and back";
    ASSERT_TRUE(add_host(all, *read));
  }
  ledger::UsageTotals together = one.total;
  together.merge(two.total);
  EXPECT_EQ(all.total.cost.exact(), together.cost.exact());
  EXPECT_EQ(all.total.unpriced.value, 3);
  EXPECT_EQ(all.total.times.encode(), together.times.encode()) << "percentiles are those of one ledger";
  EXPECT_EQ(all.unpriced_models.at("m"), 3);
}

TEST(CostsFinance, WhatIsNoReportIsRefused) {
  for (const char* const text : {"", "{}", "[]", R"({"rows":[],"total":{"records":-1}})", R"({"rows":[1],"total":{}})",
                                 R"({"rows":[],"total":{"times":"8"}})", R"({"rows":[],"total":{"cost":1e40}})",
                                 R"({"rows":[],"total":{"cost":1,"cost_reported":2}})"}) {
    EXPECT_FALSE(read_costs_json(text)) << text;
  }
  Costs all;
  ASSERT_TRUE(add_host(all, costs_of({{"m", priced_totals(1, 0, {1, 0})}})));
  Costs other = costs_of({});
  other.by = {By::kDay};
  EXPECT_FALSE(add_host(all, other));
}

TEST(CostsFinance, TimesOfAZone) {
  const WallTime now{std::chrono::seconds{1'790'000'000}};  // 2026-09-21T14:13:20Z
  const auto zone = TimeZone::named("+05:30");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->show(now), "2026-09-21T19:43:20+05:30");
  EXPECT_EQ(iso8601(*parse_when("2026-11-24", now, *zone)).substr(0, 19), "2026-11-23T18:30:00");
  EXPECT_EQ(iso8601(*parse_when("2026-11-24T10:00Z", now, *zone)).substr(0, 19), "2026-11-24T10:00:00");
  EXPECT_EQ(TimeZone::utc().show(now), "2026-09-21T14:13:20Z");
  const auto west = TimeZone::named("-0330");
  ASSERT_TRUE(west);
  EXPECT_EQ(west->show(now), "2026-09-21T10:43:20-03:30");
  for (const char* const wrong : {"", "Mars/Olympus", "+25:00", "+1", "../etc/passwd", "/etc/localtime", "+01:0"}) {
    EXPECT_FALSE(TimeZone::named(wrong)) << wrong;
  }
  EXPECT_EQ(iso8601(*parse_when("2w", now)).substr(0, 10), "2026-09-07");
}

}  // namespace
}  // namespace respand::cli
