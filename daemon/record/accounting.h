#pragma once
// From a record's facts to what the ledger counts of it. Private to the module.

#include <string_view>

#include "respand/record/account.h"
#include "respand/record/check.h"

namespace respand::record {

// The names, the error mark, and the cost and generation time that the application gave. `scratch` takes names that are
// written with escapes: room for 4 * kMaxName bytes. Of tokens it says nothing.
void account_of(const Facts& facts, char* scratch, Account& account);

// Seconds as microseconds, rounded down; false where they are beyond a Duration.
[[nodiscard]] bool to_duration(const Decimal& seconds, Duration& duration);

}  // namespace respand::record
