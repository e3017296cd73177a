#pragma once
// Budgets: how much of each budget was spent in the period that runs, and whether 80 % or 100 % of it is crossed; and
// how much was spent today by all. Records that are counted after their period has ended count for that period. A
// budget warns; no record is ever dropped for it. One thread.

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
  Usd limit;
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
  Usd spent;
  Usd limit;
  int level = 0;              // 0, 80 or 100: what is crossed
  std::int64_t unpriced = 0;  // records without a price: at least so much was spent
};

class Budgets {
 public:
  Budgets(std::vector<Budget> budgets, metrics::Registry& registry);

  // The names that budgets match by.
  [[nodiscard]] static std::set<std::string> names(const std::vector<Budget>& budgets);
  // Another file was opened: the next add() counts from what it holds.
  void forget();
  // Adds rows that the store has committed; a period that has ended makes place for the next one. `now` is the present
  // hour. An error is the store's. Every budget gets the rows all the same: one that can't be counted now catches up at
  // the next add(), from the store.
  [[nodiscard]] Status add(const Rows& committed, std::int64_t now, Store& store);
  [[nodiscard]] std::vector<BudgetState> state(std::int64_t now) const;
  // What all records of this hour's day (UTC) cost.
  [[nodiscard]] Usd today(std::int64_t now) const;
  [[nodiscard]] std::int64_t today_unpriced(std::int64_t now) const;

 private:
  // Of one period.
  struct Spending {
    Period period{};
    Usd spent{};
    Count unpriced{};
    bool warned = false;   // of records without a price, in this period and run
    int said = 0;          // the level that the log was told of in this period, in this run or an earlier one
    int told = 0;          // the level that the metrics were told of in this run
    bool unsaved = false;  // the store does not know yet what the log was told
    bool stale = false;    // it may lack rows: it is read from the store again
    [[nodiscard]] bool covers(std::int64_t hour) const { return hour >= period.from && hour < period.to; }
  };
  struct Tracked {
    Budget budget;
    std::string name;
    metrics::Gauge share;  // of the limit
    metrics::Gauge spent;
    metrics::Gauge limit;
    metrics::Gauge unpriced;
    metrics::Counter crossed80;
    metrics::Counter crossed100;
    Spending running{};
    Spending late{};  // the last period of which records came when it was over
    Rows behind{};    // committed, and not counted here because of an error
  };
  [[nodiscard]] static bool matches(const Budget& budget, const Key& key);
  // What was committed of a period.
  struct Spent {
    Usd money{};
    Count unpriced{};
  };
  [[nodiscard]] static Status spent_in(const Budget& budget, Period period, Store& store, Spent& spent);
  [[nodiscard]] static Spent sum(const Rows& rows, const Budget& budget, Period period);
  [[nodiscard]] static Status begin(const Tracked& tracked, Period period, const Rows& committed, Store& store,
                                    Spending& spending);
  // Adds to a period what was committed of it, or begins with it.
  [[nodiscard]] static Status count(const Tracked& tracked, Period period, const Rows& committed, Store& store,
                                    Spending& spending);
  // `next`: the first row that is not counted.
  [[nodiscard]] static Status count_late(Tracked& tracked, const Rows& committed, Store& store,
                                         Rows::const_iterator& next);
  [[nodiscard]] Status add_today(const Rows& committed, std::int64_t now, Store& store);
  [[nodiscard]] static Status add_to(Tracked& tracked, const Rows& rows, std::int64_t now, Store& store);
  // Tells the log, once, that more of a budget is spent than is known.
  static void warn(const Tracked& tracked, Spending& spending);
  [[nodiscard]] static Status speak(Tracked& tracked, Spending& spending, Store& store);

  std::vector<Tracked> tracked_;
  const Budget all_{};  // matches every record
  Spending today_;
};

}  // namespace respand::ledger
