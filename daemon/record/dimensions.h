#pragma once
// What the ledger wants of a record in addition (costs.dimensions, costs.deduplicate). Only where it is configured: it
// goes over the record once more. Private to the module; pure.

#include "record/rules_compiled.h"
#include "respand/record/record_parser.h"
#include "respand/record/usage_summary.h"

namespace respand::record {

// `scratch` takes values that are written with escapes: room for kDimensions * kMaxName bytes.
void put_dimensions(const RecordFields& fields, const Rules::Compiled& rules, char* scratch, UsageSummary& summary);

// The value as written at the end of these steps, in the record as the application wrote it, or in the defaults; empty
// where there is none.
[[nodiscard]] std::string_view value_in(const RecordFields& fields, const Rules::Compiled& rules,
                                        const std::vector<std::string>& steps);

// Of the application's own custom_identifier; 0 where there is none.
[[nodiscard]] std::uint64_t identity_of(const RecordFields& fields);

}  // namespace respand::record
