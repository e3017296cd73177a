#include "cli/costs_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/sanitized.h"

namespace respand::cli {
namespace {

using ledger::By;
using ledger::Usd;
using testing::HasSubstr;
using testing::Not;

ledger::UsageTotals totals(std::int64_t records, const record::Decimal& cost, int milliseconds = 0) {
  ledger::UsageTotals all;
  for (std::int64_t i = 0; i < records; ++i) {
    record::UsageSummary summary{.tokens = {.prompt = 1000, .completion = 10}};
    if (i == 0) {
      summary.cost = cost;
    }
    if (milliseconds > 0) {
      summary.generation_time = std::chrono::milliseconds{milliseconds};
    }
    all.add(summary);
  }
  return all;
}

ledger::Report report_of(const std::vector<std::pair<std::vector<std::string>, ledger::UsageTotals>>& rows) {
  ledger::Report report;
  for (const auto& [values, row] : rows) {
    report.rows[values].merge(row);
    report.total.merge(row);
  }
  return report;
}

Usd total_of(const Costs& costs) {
  Usd total;
  for (const CostsRow& row : costs.rows) {
    total.add(row.totals.cost);
  }
  return total;
}

// A table of so many customers.
void lay_out(std::size_t rows, const TableStyle& style) {
  Costs costs;
  costs.by = {By::kCustomer};
  const ledger::UsageTotals each = totals(2, {125, 2}, 40);
  for (std::size_t i = 0; i < rows; ++i) {
    costs.rows.push_back({{cat("kunde-straße-", i)}, each});
    costs.total.merge(each);
  }
  EXPECT_EQ(test::lines_of(costs_table(costs, style)).size(), rows + 2);
}

// Work that grew with the square of the rows would not end within a test's time.
TEST(CostsTable, ManyRowsAreLaidOut) {
  constexpr std::size_t kRows = test::kSanitized ? 5'000 : 50'000;
  for (const std::size_t width : {0U, 60U}) {
    lay_out(kRows, {.width = width});
  }
}

TEST(CostsTable, TheDearestFirstAndTheRestAddedUp) {
  const auto report = report_of({{{"a"}, totals(1, {1, 0})}, {{"b"}, totals(1, {5, 0})}, {{"c"}, totals(1, {3, 0})}});
  const Costs all = arrange(report, {By::kModel}, 0);
  ASSERT_EQ(all.rows.size(), 3U);
  EXPECT_EQ(all.rows[0].values[0], "b");
  EXPECT_EQ(arrange(report, {By::kModel}, 3).rows.size(), 3U);
  for (const std::size_t top : {1U, 2U}) {
    const Costs cut = arrange(report, {By::kModel}, top);
    ASSERT_EQ(cut.rows.size(), top + 1);
    EXPECT_EQ(cut.rows.back().values[0], kRest);
    EXPECT_EQ(total_of(cut), cut.total.cost);
  }
  const Costs none = arrange(report_of({}), {By::kModel}, 5);
  EXPECT_TRUE(none.rows.empty());
}

TEST(CostsTable, TimesStandInTheirOrder) {
  const auto report = report_of({{{"2026-11-02", "m"}, totals(1, {9, 0})},
                                 {{"2026-11-01", "m"}, totals(1, {1, 0})},
                                 {{"2026-11-01", "n"}, totals(1, {2, 0})}});
  const Costs costs = arrange(report, {By::kDay, By::kModel}, 0);
  EXPECT_EQ(costs.rows[0].values, (std::vector<std::string>{"2026-11-01", "n"}));
  EXPECT_EQ(costs.rows[2].values[0], "2026-11-02");
}

TEST(CostsTable, JsonIsTheContracts) {
  Costs costs =
      arrange(report_of({{{"gpt-4o"}, totals(2, {15, 7}, 1200)}, {{"\"\\\n"}, totals(1, {0, 0})}}), {By::kModel}, 0);
  costs.since = ledger::time_of(492'864);
  costs.until = ledger::time_of(492'888);
  EXPECT_EQ(costs_json(costs),
            R"({"since":"2026-03-24T00:00:00Z","until":"2026-03-25T00:00:00Z","by":["model"],"rows":[)"
            R"({"model":"gpt-4o","records":2,"errors":0,"prompt_tokens":2000,"completion_tokens":20,)"
            R"("cached_prompt_tokens":0,"cache_write_tokens":0,"reasoning_tokens":0,"cost":0.0000015,)"
            R"("cost_given":0.0000015,"cost_reported":0,"cost_computed":0,"unpriced":0,"repeats":0,)"
            R"("generation_seconds":2.4,"max_seconds":1.2,"p50":1.2,"p95":1.2,"p99":1.2,"times":"920202"},)"
            R"({"model":"\"\\\u000a","records":1,"errors":0,"prompt_tokens":1000,"completion_tokens":10,)"
            R"("cached_prompt_tokens":0,"cache_write_tokens":0,"reasoning_tokens":0,"cost":0,)"
            R"("cost_given":0,"cost_reported":0,"cost_computed":0,"unpriced":0,"repeats":0,)"
            R"("generation_seconds":0,"max_seconds":0,"p50":null,"p95":null,"p99":null,"times":""}],)"
            R"("total":{"records":3,"errors":0,"prompt_tokens":3000,"completion_tokens":30,)"
            R"("cached_prompt_tokens":0,"cache_write_tokens":0,"reasoning_tokens":0,"cost":0.0000015,)"
            R"("cost_given":0.0000015,"cost_reported":0,"cost_computed":0,"unpriced":0,"repeats":0,)"
            R"("generation_seconds":2.4,"max_seconds":1.2,"p50":1.2,"p95":1.2,"p99":1.2,"times":"920202"},)"
            R"("unpriced_models":{}})"
            "\n");
}

TEST(CostsTable, CsvIsNoFormulaAndQuotesWhatItMust) {
  const Costs costs = arrange(report_of({{{"=cmd()", "a,b"}, totals(1, {1, 1})},
                                         {{"-1+1", "say \"hi\""}, totals(1, {2, 1})},
                                         {{"@x", "plain"}, totals(1, {3, 1})}}),
                              {By::kModel, By::kCustomer}, 0);
  const std::string csv = costs_csv(costs);
  EXPECT_THAT(csv,
              HasSubstr("model,customer,records,errors,prompt_tokens,completion_tokens,cached_prompt_tokens,"
                        "cache_write_tokens,reasoning_tokens,cost,generation_seconds,p50,p95,p99,unpriced,cost_given,"
                        "cost_reported,cost_computed,repeats\r\n"));
  EXPECT_THAT(csv, HasSubstr("\r\n\"'=cmd()\",\"a,b\",1,0,1000,10,0,0,0,0.1,0,,,,0,0.1,0,0,0\r\n"));
  EXPECT_THAT(csv, HasSubstr("\r\n\"'-1+1\",\"say \"\"hi\"\"\",1,"));
  EXPECT_THAT(csv, HasSubstr("\r\n\"'@x\",plain,1,"));
}

TEST(CostsTable, FitsEveryWidth) {
  const std::string wide(40, 'w');
  const auto report = report_of({{{cat(wide, "日本語の名前"), "acme"}, totals(3, {123'456'789, 4}, 1500)},
                                 {{"gpt-4o", "é"}, totals(1, {1, 4}, 20)},
                                 {{"", "nobody"}, totals(1, {0, 0})}});
  const Costs costs = arrange(report, {By::kModel, By::kCustomer}, 0);
  for (std::size_t width = 50; width <= 200; ++width) {
    for (const bool utf8 : {true, false}) {
      for (const std::string& line : test::lines_of(costs_table(costs, {width, utf8}))) {
        ASSERT_LE(display_width(line), width) << line;
      }
    }
  }
  const auto hours = report_of({{{"2026-11-24T23:00:00Z", wide}, totals(1, {1, 4})}});
  EXPECT_THAT(costs_table(arrange(hours, {By::kHour, By::kModel}, 0), {60, true}),
              HasSubstr("2026-11-24T23:00:00Z  ww"));
  const std::string all = costs_table(costs, {});
  EXPECT_THAT(all, HasSubstr("日本語の名前"));
  EXPECT_THAT(all, HasSubstr("12345.6789"));
  EXPECT_THAT(all, HasSubstr("████████████████████\n"));
  EXPECT_THAT(all, HasSubstr("(none)"));
  EXPECT_THAT(costs_table(costs, {80, true}), HasSubstr("…"));
  EXPECT_THAT(costs_table(costs, {80, false}), Not(HasSubstr("…")));
}

// Cents as they stand in the column of costs.
std::vector<std::int64_t> amounts_in(const std::string& table) {
  std::vector<std::int64_t> amounts;
  for (const std::string& line : test::lines_of(table)) {
    const std::size_t point = line.find('.');
    if (point == std::string::npos) {
      continue;
    }
    const std::size_t begin = line.rfind(' ', point) + 1;
    std::string digits = line.substr(begin, point - begin) + line.substr(point + 1, 4);
    std::erase(digits, ',');
    amounts.push_back(std::stoll(digits));
  }
  return amounts;
}

TEST(CostsTable, RoundedRowsAddUpToTheTotal) {
  std::vector<std::pair<std::vector<std::string>, ledger::UsageTotals>> rows;
  for (std::uint64_t i = 0; i < 50; ++i) {
    rows.push_back({{cat("m", i)}, totals(1, {33'333 + 7 * i, 9})});  // thirds of hundredths of a cent
  }
  const auto amounts = amounts_in(costs_table(arrange(report_of(rows), {By::kModel}, 0), {}));
  ASSERT_EQ(amounts.size(), 51U);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < 50; ++i) {
    sum += amounts[i];
  }
  EXPECT_EQ(sum, amounts.back());
}

TEST(CostsTable, Widths) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("é日"), 3U);
  EXPECT_EQ(display_width("e\u0301"), 1U) << "a combining mark";
  EXPECT_EQ(cut_to_width("abcdef", 6, true), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 5, true), "abcd…");
  EXPECT_EQ(cut_to_width("abcdef", 5, false), "abcd~");
  EXPECT_EQ(cut_to_width("日本語", 5, true), "日本…");
  EXPECT_EQ(cut_to_width("日本語", 4, true), "日…");
}

}  // namespace
}  // namespace respand::cli
