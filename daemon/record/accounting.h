#pragma once
// From a record's facts to what the ledger counts of it. Private to the module.

#include <optional>
#include <string_view>

#include "respand/record/account.h"
#include "respand/record/check.h"

namespace respand::record {

// The names, the error mark, and the cost and generation time that the application gave. `scratch` takes names that are
// written with escapes: room for 4 * kMaxName bytes.
[[nodiscard]] Account account_of(const Facts& facts, char* scratch);

// Seconds as microseconds, rounded down; none where they are beyond a Duration.
[[nodiscard]] std::optional<Duration> to_duration(const Decimal& seconds);

}  // namespace respand::record
