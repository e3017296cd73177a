#pragma once
// The cost part of a status: what the ledger and the budgets say, for people and for programs. Pure.

#include <string>

#include "ledger/ledger.h"

namespace respand::app {

// Today's cost and the budgets that are crossed, as a few lines, each with its line end.
[[nodiscard]] std::string spend_lines(const ledger::State& state);
// {"today_usd":…,"today_unpriced":…,"budgets":[{"budget":…,"spent_usd":…,"limit_usd":…,"crossed_percent":0|80|100,"unpriced":…}],"ledger":{…}}:
// all budgets, exact numbers.
[[nodiscard]] std::string spend_json(const ledger::State& state);

}  // namespace respand::app
