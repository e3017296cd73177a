#pragma once
// State: one look at the ledger, for the status page: whether it counts, and what was spent. Values only. Made by
// LedgerStatus, read by `app`.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/budgets.h"
#include "ledger/day_spend.h"
#include "ledger/usd.h"

namespace respand::ledger {

// Why the ledger does not count at the moment.
enum class Condition : std::uint8_t {
  kNone,    // it does
  kFailed,  // its file can't be written or read: it is tried again
  kBroken,  // its file was broken, and is made anew
};

struct State {
  Condition condition = Condition::kNone;
  std::string issue;                // the condition in SQLite's words; empty: none
  std::uint64_t missed = 0;         // records that went uncounted, since the file was made
  Usd today;                        // spent since midnight, UTC
  std::int64_t today_unpriced = 0;  // records of today that used something and have no price
  std::vector<BudgetState> budgets;
  std::shared_ptr<const SpendTables> spend = std::make_shared<const SpendTables>();  // today's; never none
};

}  // namespace respand::ledger
