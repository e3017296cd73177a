#pragma once
// Budgets: how much of each was spent in the period that runs, and whether 80 % or 100 % is crossed. It warns; nothing
// is ever dropped for it. One thread.

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/row.h"
#include "ledger/store.h"
#include "respand/metrics/metrics.h"

namespace respand::ledger {

enum class Per : std::uint8_t { kHour, kDay, kMonth };

struct Budget {
  std::array<std::optional<std::string>, kNames> match;  // in the order of Name; none: any
  Per per = Per::kDay;
  Money limit;
};

// "customer=acme 50 USD a day": what messages and labels call it.
[[nodiscard]] std::string name_of(const Budget& budget);
// The first hour of the period that `hour` is in, and of the next one; UTC.
struct Period {
  std::int64_t from = 0;
  std::int64_t to = 0;
};
[[nodiscard]] Period period_of(Per per, std::int64_t hour);

// Where a budget stands.
struct BudgetState {
  std::string name;
  Money spent;
  Money limit;
  int level = 0;  // 0, 80 or 100: what is crossed
};

class Budgets {
 public:
  Budgets(std::vector<Budget> budgets, metrics::Registry& registry);

  // The names that budgets match by.
  [[nodiscard]] static std::set<std::string> names(const std::vector<Budget>& budgets);
  // The ledger was opened: count anew from it at the next turn.
  void forget();
  // Adds what was committed; periods that have ended begin anew. `now` is this hour.
  [[nodiscard]] Status add(const Rows& committed, std::int64_t now, Store& store);
  [[nodiscard]] std::vector<BudgetState> state(std::int64_t now) const;

 private:
  struct Tracked {
    Budget budget;
    std::string name;
    metrics::Gauge share;  // of the limit
    metrics::Counter crossed80;
    metrics::Counter crossed100;
    Period period{};
    Money spent{};
    int said = 0;  // the level that the log was told of in this period
    int told = 0;  // and the metrics of this run
  };
  [[nodiscard]] static bool matches(const Budget& budget, const Key& key);
  [[nodiscard]] static Status begin_period(Tracked& tracked, std::int64_t now, Store& store);
  [[nodiscard]] static Status speak(Tracked& tracked, Store& store);

  std::vector<Tracked> tracked_;
};

}  // namespace respand::ledger
