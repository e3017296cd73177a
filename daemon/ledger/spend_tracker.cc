#include "ledger/spend_tracker.h"

#include <utility>

namespace respand::ledger {

void SpendTracker::forget() {
  budgets_.forget();
  day_.forget();
  hour_ = INT64_MIN;
}

Status SpendTracker::add(const Rows& committed, std::int64_t hour, Store& store) {
  Status added = add_to_both(committed, hour, store);
  hour_ = added ? hour : INT64_MIN;
  return added;
}

Status SpendTracker::begin_hour(std::int64_t hour, Store& store) {
  Status begun = add_to_both({}, hour, store);
  if (begun) {
    hour_ = hour;
  }
  return begun;
}

Status SpendTracker::add_to_both(const Rows& committed, std::int64_t hour, Store& store) {
  Status budgeted = budgets_.add(committed, hour, store);
  Status tabled = day_.add(committed, hour, store);
  return budgeted ? std::move(tabled) : std::move(budgeted);
}

void SpendTracker::show(std::int64_t hour, State& state) const {
  state.today = budgets_.today(hour);
  state.today_unpriced = budgets_.today_unpriced(hour);
  state.budgets = budgets_.state(hour);
  state.spend = day_.tables();
}

}  // namespace respand::ledger
