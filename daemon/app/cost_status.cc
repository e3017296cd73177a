#include "app/cost_status.h"

#include <cmath>
#include <vector>

#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::app {
namespace {

constexpr std::size_t kLongestIssue = 300;
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kMostBudgetLines = 2;

json::Object budget_json(const ledger::BudgetState& budget) {
  return json::Object()
      .member("budget", budget.name)
      .value("spent_usd", budget.spent.exact())
      .value("limit_usd", budget.limit.exact())
      .member("crossed_percent", budget.level)
      .member("unpriced", budget.unpriced);
}

json::Object table_json(const ledger::SpendTable& table) {
  json::Array rows;
  for (const ledger::SpendRow& row : table.rows) {
    rows.element(json::Object()
                     .member("name", printable(row.name, kLongestName))
                     .value("usd", row.spent.exact())
                     .member("records", row.records)
                     .member("unpriced", row.unpriced));
  }
  return json::Object().value("rows", rows.text()).member("left_out", table.left_out);
}

// An amount of which a part is not known, because some records have no price.
std::string at_least(const ledger::Usd& money, std::int64_t unpriced) {
  return cat(unpriced > 0 ? "at least " : "", money.rounded(4));
}
std::string without_price(std::int64_t unpriced) {
  return unpriced > 0 ? cat(", ", unpriced, unpriced == 1 ? " record" : " records", " without a price") : std::string();
}

// "customer=acme 5 USD a day: 5.18 of 5.00 USD (104 %)".
std::string crossed_line(const ledger::BudgetState& budget) {
  const int decimals = budget.limit.approximate() < 1 ? 4 : 2;
  const auto percent = std::llround(100 * budget.spent.approximate() / budget.limit.approximate());
  return cat("budget       ", budget.name, ": ", budget.unpriced > 0 ? "at least " : "", budget.spent.rounded(decimals),
             " of ", budget.limit.rounded(decimals), " USD (", percent, " %)", without_price(budget.unpriced), "\n");
}

}  // namespace

std::string spend_lines(const ledger::State& state) {
  std::string lines = cat("spend        ", at_least(state.today, state.today_unpriced), " USD today (UTC)",
                          without_price(state.today_unpriced), "\n");
  std::vector<std::string> crossed;
  for (const int level : {100, 80, 0}) {
    for (const ledger::BudgetState& budget : state.budgets) {
      if (level == 0 && budget.level == 0 && budget.unpriced > 0) {
        crossed.push_back(cat("budget       not sure: ", budget.name, ", spent ",
                              at_least(budget.spent, budget.unpriced), " USD", without_price(budget.unpriced), "\n"));
      } else if (level > 0 && budget.level == level) {
        crossed.push_back(crossed_line(budget));
      }
    }
  }
  if (crossed.size() > kMostBudgetLines) {
    crossed[kMostBudgetLines - 1] =
        cat("budget       and ", crossed.size() - kMostBudgetLines + 1, " more; respand status --json has all\n");
    crossed.resize(kMostBudgetLines);
  }
  for (const std::string& line : crossed) {
    lines += line;
  }
  return lines;
}

std::string spend_json(const ledger::State& state) {
  json::Array budgets;
  for (const ledger::BudgetState& budget : state.budgets) {
    budgets.element(budget_json(budget));
  }
  return json::Object()
      .value("today_usd", state.today.exact())
      .member("today_unpriced", state.today_unpriced)
      .value("budgets", budgets.text())
      .object("ledger",
              json::Object().member("trouble", printable(state.issue, kLongestIssue)).member("missed", state.missed))
      .object("models", table_json(state.spend->models))
      .object("customers", table_json(state.spend->customers))
      .text();
}

}  // namespace respand::app
