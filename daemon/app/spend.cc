#include "app/spend.h"

#include <vector>

#include "respand/base/json_text.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr std::size_t kLongestTrouble = 300;
constexpr std::size_t kMostBudgetLines = 2;

void put_budget(const ledger::BudgetState& budget, std::string& out) {
  out += R"({"budget":)";
  put_json_string(out, budget.name);
  out += cat(R"(,"spent_usd":)", budget.spent.exact(), R"(,"limit_usd":)", budget.limit.exact(),
             R"(,"crossed_percent":)", budget.level, "}");
}

}  // namespace

std::string spend_lines(const ledger::State& state) {
  std::string lines = cat("spend        ", state.today.rounded(4), " USD today (UTC)\n");
  std::vector<std::string> crossed;
  for (const int level : {100, 80}) {
    for (const ledger::BudgetState& budget : state.budgets) {
      if (budget.level == level) {
        crossed.push_back(cat("budget       ", level == 100 ? "spent" : "80 % spent", ": ", budget.name, ", spent ",
                              budget.spent.rounded(4), " USD\n"));
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
  std::string out = cat(R"({"today_usd":)", state.today.exact(), R"(,"budgets":[)");
  for (std::size_t i = 0; i < state.budgets.size(); ++i) {
    out += i == 0 ? "" : ",";
    put_budget(state.budgets[i], out);
  }
  out += R"(],"ledger":{"trouble":)";
  put_json_string(out, printable(state.trouble, kLongestTrouble));
  return cat(out, R"(,"missed":)", state.missed, "}}");
}

}  // namespace respand::app
