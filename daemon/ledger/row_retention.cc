#include "ledger/row_retention.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace respand::ledger {

Status RowRetention::step(Store& store, WallTime wall, MonoTime now) {
  if (now < due_at_) {
    return {};
  }
  auto newest = store.newest();
  if (!newest) {
    return std::move(newest).error();
  }
  bool more = false;
  if (*newest) {
    // Ages count from the newest row, where the clock is ahead of it: a clock that was set years ahead for a moment
    // would else remove everything.
    auto left = remove_before(std::min(hour_of(wall), **newest), store);
    if (!left) {
      return std::move(left).error();
    }
    more = *left;
  }
  due_at_ = now + (more ? kNextStep : kInterval);
  return {};
}

// Removes what is too old at `hour`. Whether there may be more of it.
Result<bool> RowRetention::remove_before(std::int64_t hour, Store& store) const {
  // Rows and identities are known to the hour only, so the limits are whole hours. An identity is kept rather too long:
  // one that is forgotten too early lets a repeat count as spend.
  const std::int64_t kept = std::chrono::floor<std::chrono::hours>(rows_).count();
  auto rows = store.forget(hour - kept, kRowsAtOnce);
  if (!rows) {
    return std::move(rows).error();
  }
  const std::int64_t remembered = std::chrono::ceil<std::chrono::hours>(identities_).count();
  auto identities = store.forget_identities(hour - remembered, kIdentitiesAtOnce);
  if (!identities) {
    return std::move(identities).error();
  }
  return *rows == kRowsAtOnce || *identities == kIdentitiesAtOnce;
}

}  // namespace respand::ledger
