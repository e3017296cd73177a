#pragma once
// From token counts and prices to a cost, exactly; the rules are in COST.md. Private to the module; pure.

#include <optional>
#include <string_view>

#include "record/usage_meaning.h"
#include "respand/record/missing_usage.h"
#include "respand/record/prices.h"
#include "respand/record/record_parser.h"
#include "respand/record/usage_summary.h"

namespace respand::record {

// The prices that a record names itself, per million tokens.
struct UnitPrices {
  std::optional<Decimal> prompt;
  std::optional<Decimal> completion;
  bool sound = true;
};
[[nodiscard]] UnitPrices unit_prices_of(const RecordFields& fields, MissingSet& missing);

// Where a price is looked for, and under which terms.
struct ListPrice {
  const PriceTable* table = nullptr;  // null: there is none
  const PriceEntry* entry = nullptr;  // of the table; null: it has none for the model
  PriceTerms terms = {};
};

// What was used costs so many US dollars. False where something is missing, which is then noted.
[[nodiscard]] bool cost_of(const Usage& usage, const UnitPrices& own, const ListPrice& list, MissingSet& missing,
                           Decimal& cost);

}  // namespace respand::record
