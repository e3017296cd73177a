#pragma once
// RepeatFilter: tells a record that was counted before, by the identity that the encoder drew from its
// custom_identifier (costs.deduplicate). It remembers the identities of the rows that are not committed; the store has
// the others. The ledger's thread.

#include <cstdint>

#include "ledger/store.h"
#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::ledger {

class RepeatFilter {
 public:
  // An identity is a repeat for `window` after it was counted, in whole hours; 0: none ever is.
  explicit RepeatFilter(Duration window) : window_(window) {}

  // Whether a record of that identity was counted in the window before `hour`. If not, it is from now on. 0 is the
  // identity of records that have none: never a repeat. An error is the store's.
  [[nodiscard]] Result<bool> is_repeat(std::uint64_t identity, std::int64_t hour, Store& store);
  // Those that are to be committed with the rows.
  [[nodiscard]] const Identities& uncommitted() const { return uncommitted_; }
  // They are committed, or their records will be read again.
  void clear() { uncommitted_.clear(); }

 private:
  const Duration window_;
  Identities uncommitted_;
};

}  // namespace respand::ledger
