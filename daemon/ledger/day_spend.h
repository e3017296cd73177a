#pragma once
// DaySpend: what was spent today (UTC) by model and by customer, for the status page. It follows what is committed; how
// many names a day has is bounded (cardinality_limiter.h). The ledger's thread.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ledger/budgets.h"
#include "ledger/row.h"
#include "ledger/store.h"
#include "ledger/usd.h"

namespace respand::ledger {

struct SpendRow {
  std::string name;  // empty: the records name none
  Usd spent{};
  std::int64_t records = 0;
  std::int64_t unpriced = 0;  // of them, those that used something and have no price
};

struct SpendTable {
  std::vector<SpendRow> rows{};  // the dearest first
  std::size_t left_out = 0;      // names that have no row
};

struct SpendTables {
  SpendTable models{};
  SpendTable customers{};
};

class DaySpend {
 public:
  static constexpr std::size_t kMostRows = 20;

  // Another file was opened: the next add() counts from what it holds.
  void forget() { day_ = {}; }
  // Adds rows that the store has committed; a new day begins with what the store has of it. `now` is the present hour.
  // After an error, which is the store's, the next add() begins the day again.
  [[nodiscard]] Status add(const Rows& committed, std::int64_t now, Store& store);
  [[nodiscard]] std::shared_ptr<const SpendTables> tables() const { return tables_; }

 private:
  struct Spent {
    Usd money{};
    Count records{};
    Count unpriced{};
  };
  using ByName = std::map<std::string, Spent, std::less<>>;
  void count(const Key& key, const Spent& spent);
  [[nodiscard]] static SpendTable table_of(const ByName& names);

  Period day_{};  // no hour is in it: not begun
  ByName models_;
  ByName customers_;
  std::shared_ptr<const SpendTables> tables_ = std::make_shared<const SpendTables>();
};

}  // namespace respand::ledger
