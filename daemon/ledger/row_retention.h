#pragma once
// RowRetention: removes rows and remembered identities that are too old, a few at a time, so that a turn of the ledger
// stays short however much has grown old at once. The ledger's thread.
//
// What holds: nothing goes that is younger than its limit by the older of two clocks: the host's, and the newest row.

#include <cstdint>

#include "ledger/store.h"
#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::ledger {

class RowRetention {
 public:
  // What one step removes at most.
  static constexpr std::uint64_t kRowsAtOnce = 500;
  static constexpr std::uint64_t kIdentitiesAtOnce = 20'000;
  // Between two looks: a row is an hour, so more often finds nothing. Where more is left, the next step comes soon.
  static constexpr Duration kInterval = std::chrono::hours{1};
  static constexpr Duration kNextStep = std::chrono::seconds{1};

  // Rows are kept for `rows`, identities for `identities`.
  RowRetention(Duration rows, Duration identities) : rows_(rows), identities_(identities) {}

  // Removes what is too old, where it is time to look. After a failure it is time still.
  [[nodiscard]] Status step(Store& store, WallTime wall, MonoTime now);
  // When it is time to look again.
  [[nodiscard]] MonoTime due_at() const { return due_at_; }

 private:
  [[nodiscard]] Result<bool> remove_before(std::int64_t hour, Store& store) const;

  const Duration rows_;
  const Duration identities_;
  MonoTime due_at_{};
};

}  // namespace respand::ledger
