#pragma once
// What a price list changes, in words: models that come to it, and prices that become others. For `respand costs
// prices --check`. Pure.

#include <string>

#include "record/price_entry.h"
#include "respand/base/units.h"
#include "respand/record/prices.h"

namespace respand::cli {

// "input", "cache read", "web searches".
[[nodiscard]] std::string rate_name(BillingUnit unit);
// "2.5", "1.25, above 200000 input tokens 2.5": dollars for as many units as lists price.
[[nodiscard]] std::string rate_text(const record::Rate& rate);

// A line for each model of `after` whose price at `time` is another in `before`, sorted, and a last one that counts
// them.
[[nodiscard]] std::string describe_changes(const record::PriceTable& before, const record::PriceTable& after,
                                           WallTime time);

}  // namespace respand::cli
