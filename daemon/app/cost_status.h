#pragma once
// Spend: what the ledger and the budgets have to say in a status, for people and for programs. Pure.

#include <string>

#include "ledger/ledger.h"

namespace respand::app {

// Today's cost and budgets that are crossed: few lines, each with its end, for a status is one look.
[[nodiscard]] std::string spend_lines(const ledger::State& state);
// {"today_usd":…,"today_unpriced":…,"budgets":[{"budget":…,"spent_usd":…,"limit_usd":…,"crossed_percent":0|80|100,"unpriced":…}],"ledger":{…}}:
// all budgets, exact numbers.
[[nodiscard]] std::string spend_json(const ledger::State& state);

}  // namespace respand::app
