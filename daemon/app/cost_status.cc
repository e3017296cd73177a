#include "app/cost_status.h"

#include <cmath>
#include <vector>

#include "respand/base/text.h"
#include "respand/json/text.h"

namespace respand::app {
namespace {

constexpr std::size_t kLongestIssue = 300;
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kMostBudgetLines = 2;

void put_budget(const ledger::BudgetState& budget, std::string& out) {
  out += R"({"budget":)";
  json::put_string(out, budget.name);
  out += cat(R"(,"spent_usd":)", budget.spent.exact(), R"(,"limit_usd":)", budget.limit.exact(),
             R"(,"crossed_percent":)", budget.level, R"(,"unpriced":)", budget.unpriced, "}");
}

void put_table(const ledger::SpendTable& table, std::string& out) {
  out += R"({"rows":[)";
  for (const ledger::SpendRow& row : table.rows) {
    out += out.ends_with('[') ? R"({"name":)" : R"(,{"name":)";
    json::put_string(out, printable(row.name, kLongestName));
    out += cat(R"(,"usd":)", row.spent.exact(), R"(,"records":)", row.records, R"(,"unpriced":)", row.unpriced, "}");
  }
  out += cat(R"(],"left_out":)", table.left_out, "}");
}

// An amount in words, with "at least" where the price of some records is not known.
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
  std::string out =
      cat(R"({"today_usd":)", state.today.exact(), R"(,"today_unpriced":)", state.today_unpriced, R"(,"budgets":[)");
  for (std::size_t i = 0; i < state.budgets.size(); ++i) {
    out += i == 0 ? "" : ",";
    put_budget(state.budgets[i], out);
  }
  out += R"(],"ledger":{"trouble":)";
  json::put_string(out, printable(state.issue, kLongestIssue));
  out += cat(R"(,"missed":)", state.missed, R"(},"models":)");
  put_table(state.spend->models, out);
  out += R"(,"customers":)";
  put_table(state.spend->customers, out);
  return out + "}";
}

}  // namespace respand::app
