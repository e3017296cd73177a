// What was spent today, by model and by customer: right after each commit, after a restart, and at midnight.

#include "ledger/day_spend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/ledger/world.h"

namespace respand::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DaySpendTest : public testing::Test {
 protected:
  void spend(std::string_view model, std::string_view customer, std::uint64_t cents, bool unpriced = false) {
    record::UsageSummary summary{.model = model, .customer = customer};
    summary.unpriced = unpriced;
    if (!unpriced) {
      summary.cost = record::Decimal{cents, 2};
    }
    world_.put(summary);
    world_.advance(std::chrono::seconds{1});
    world_.step();
  }
  // "NAME SPENT RECORDS/UNPRICED" each.
  static std::vector<std::string> rows(const SpendTable& table) {
    std::vector<std::string> all;
    for (const SpendRow& row : table.rows) {
      all.push_back(cat(row.name, " ", row.spent.exact(), " ", row.records, "/", row.unpriced));
    }
    return all;
  }
  [[nodiscard]] std::vector<std::string> models() { return rows(world_.ledger->state().spend->models); }
  [[nodiscard]] std::vector<std::string> customers() { return rows(world_.ledger->state().spend->customers); }
  World world_;
};

TEST_F(DaySpendTest, TheDearestFirstAlsoAfterARestart) {
  world_.live();
  spend("small", "acme", 5);
  spend("large", "globex", 300);
  spend("small", "globex", 10);
  spend("unknown", "acme", 0, true);
  for (int life = 0; life < 2; ++life) {
    EXPECT_THAT(models(), ElementsAre("large 3 1/0", "small 0.15 2/0", "unknown 0 1/1"));
    EXPECT_THAT(customers(), ElementsAre("globex 3.1 2/0", "acme 0.05 2/1"));
    world_.live();
    world_.step();
  }
}

TEST_F(DaySpendTest, ADayBeginsWithNothing) {
  world_.live();
  spend("m", "acme", 5);
  EXPECT_THAT(models(), ElementsAre("m 0.05 1/0"));
  world_.advance(std::chrono::hours{24});
  world_.step();
  EXPECT_THAT(models(), IsEmpty());
  spend("m", "acme", 7);
  EXPECT_THAT(customers(), ElementsAre("acme 0.07 1/0"));
}

TEST_F(DaySpendTest, HasRowsForTheDearestAndSaysHowManyThereAre) {
  world_.live();
  for (std::size_t i = 0; i < DaySpend::kMostRows + 7; ++i) {
    spend("m", cat("customer-", i), i + 1);
  }
  const SpendTable customers = world_.ledger->state().spend->customers;
  ASSERT_EQ(customers.rows.size(), DaySpend::kMostRows);
  EXPECT_EQ(customers.rows[0].name, "customer-26");
  EXPECT_EQ(customers.left_out, 7U);
}

}  // namespace
}  // namespace respand::ledger
