#pragma once
// A store of its own for a test of one part of the ledger, in a folder of the test. One thread.

#include <gtest/gtest.h>

#include <string>

#include "ledger/store.h"
#include "tests/support/files.h"

namespace respand::ledger {

class StoreBench {
 public:
  // A row of this model and hour.
  static Key key(std::string model, std::int64_t hour, std::string customer = {}) {
    return Key{hour, {std::move(model), "p", std::move(customer), "e"}, {}};
  }
  static UsageTotals dollars(std::int64_t amount) {
    UsageTotals totals;
    totals.records.add(1);
    totals.cost = {amount, 0};
    return totals;
  }
  void commit(const Rows& rows, const Identities& identities = {}) {
    ASSERT_TRUE(store.commit(rows, store.place(), identities));
  }
  // Rows of [from, to).
  [[nodiscard]] std::size_t rows(std::int64_t from, std::int64_t to) {
    std::size_t count = 0;
    EXPECT_TRUE(store.costs(from, to, [&](const Key&, const StoredCost&) { ++count; }));
    return count;
  }

  test::TempDir folder;
  Store store = std::move(*Store::open(folder / kFileName));
};

}  // namespace respand::ledger
