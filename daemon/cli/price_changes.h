#pragma once
// What another price list would change, in words: models that it adds, and prices that differ. For `respand costs
// prices
// --check`. Pure.

#include <string>

#include "record/price_entry.h"
#include "respand/base/units.h"
#include "respand/record/prices.h"

namespace respand::cli {

// "input", "cache read", "web searches".
[[nodiscard]] std::string rate_name(BillingUnit unit);
// "2.5", "1.25, above 200000 input tokens 2.5": dollars for the number of units that price lists use.
[[nodiscard]] std::string rate_text(const record::Rate& rate);

// A line for each model of `after` whose price at `time` differs from that in `before`, sorted, and a last line that
// counts them.
[[nodiscard]] std::string describe_changes(const record::PriceTable& before, const record::PriceTable& after,
                                           WallTime time);

}  // namespace respand::cli
