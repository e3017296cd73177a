#pragma once
// From a record's fields to what the ledger counts of it. Private to the module.

#include <string_view>

#include "respand/record/record_parser.h"
#include "respand/record/usage_summary.h"

namespace respand::record {

// The names, the error mark, and the cost and generation time that the application gave. `scratch` takes names that are
// written with escapes: room for 4 * kMaxName bytes. It leaves out tokens.
void account_of(const RecordFields& fields, char* scratch, UsageSummary& summary);

// Seconds as microseconds, rounded down; false where they are beyond a Duration.
[[nodiscard]] bool to_duration(const Decimal& seconds, Duration& duration);

}  // namespace respand::record
