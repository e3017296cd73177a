#pragma once
// SpendTracker: what was spent in the periods that run: the budgets, and the tables of the day. It follows what is
// committed, and reads from the store what a period had before. The ledger's thread.
//
// What holds: after forget(), and in a new hour, the sums are those of the store, whatever was added before.

#include <cstdint>
#include <vector>

#include "ledger/budgets.h"
#include "ledger/day_spend.h"
#include "ledger/state.h"
#include "ledger/store.h"
#include "respand/metrics/metrics.h"

namespace respand::ledger {

class SpendTracker {
 public:
  SpendTracker(std::vector<Budget> budgets, metrics::Registry& registry) : budgets_(std::move(budgets), registry) {}

  // Another file was opened: its sums count, from the next turn on.
  void forget();
  // Adds rows that the store has committed; `hour` is the present one. Budgets and tables both get them, whichever of
  // the two fails. After a failure the hour is new: begin_hour() catches up.
  [[nodiscard]] Status add(const Rows& committed, std::int64_t hour, Store& store);
  // Whether the hour has changed since the last add() or begin_hour().
  [[nodiscard]] bool is_new(std::int64_t hour) const { return hour != hour_; }
  // A budget's period ends with its hour, also where nothing is spent in the next one. After a failure the hour is new
  // still.
  [[nodiscard]] Status begin_hour(std::int64_t hour, Store& store);
  // Writes today's sums, the budgets and the tables to `state`.
  void show(std::int64_t hour, State& state) const;

 private:
  [[nodiscard]] Status add_to_both(const Rows& committed, std::int64_t hour, Store& store);

  Budgets budgets_;
  DaySpend day_;
  std::int64_t hour_ = INT64_MIN;  // the last one that was added to
};

}  // namespace respand::ledger
