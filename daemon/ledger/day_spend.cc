#include "ledger/day_spend.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace respand::ledger {

void DaySpend::count(const Key& key, const Spent& spent) {
  for (const auto& [names, kind] : {std::pair(&models_, Name::kModel), {&customers_, Name::kCustomer}}) {
    Spent& sum = (*names)[key.names[static_cast<std::size_t>(kind)]];
    sum.money.add(spent.money);
    sum.records.add(spent.records.value);
    sum.unpriced.add(spent.unpriced.value);
  }
}

// The dearest names. A day may have 10,000 of them, and this runs every second: only the rows that are shown are sorted
// and copied.
SpendTable DaySpend::table_of(const ByName& names) {
  std::vector<ByName::const_iterator> all;
  all.reserve(names.size());
  for (auto at = names.begin(); at != names.end(); ++at) {
    all.push_back(at);
  }
  const std::size_t most = std::min(all.size(), kMostRows);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most), all.end(),
                    [](const auto& a, const auto& b) {
                      return std::tie(b->second.money, b->second.records, a->first) <
                             std::tie(a->second.money, a->second.records, b->first);
                    });
  SpendTable table{.rows = {}, .left_out = all.size() - most};
  for (std::size_t i = 0; i < most; ++i) {
    const Spent& spent = all[i]->second;
    table.rows.push_back({all[i]->first, spent.money, spent.records.value, spent.unpriced.value});
  }
  return table;
}

Status DaySpend::add(const Rows& committed, std::int64_t now, Store& store) {
  if (now >= day_.from && now < day_.to) {
    for (const auto& [key, totals] : committed) {
      if (key.hour >= day_.from && key.hour < day_.to) {
        count(key, {totals.cost, totals.records, totals.unpriced});
      }
    }
  } else {
    models_.clear();
    customers_.clear();
    day_ = {};  // Where the read fails half-way, no day has begun.
    const Period day = period_of(Per::kDay, now);
    Status read = store.costs(day.from, day.to, [this](const Key& key, const StoredCost& cost) {
      count(key, {cost.money, {cost.records}, {cost.unpriced}});
    });
    if (!read) {
      return read;
    }
    day_ = day;
  }
  tables_ = std::make_shared<const SpendTables>(SpendTables{table_of(models_), table_of(customers_)});
  return {};
}

}  // namespace respand::ledger
