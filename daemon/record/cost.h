#pragma once
// From token counts and prices to a cost, exactly; the rules are in COST.md. Private to the module; pure.

#include <optional>
#include <string_view>

#include "respand/record/account.h"
#include "respand/record/check.h"
#include "respand/record/missing.h"
#include "respand/record/prices.h"

namespace respand::record {

// The token counts of a record, brought to one meaning.
struct Tally {
  Tokens tokens;
  bool has_prompt = false;
  bool has_completion = false;  // also where the total says that there is none
  bool sound = true;            // nothing that is there is wrong
};

// `own` are counts of the record's usage, `beside` those beside it, for what `own` lacks.
[[nodiscard]] Tally tally_of(const Counts& own, const Counts& beside, MissingSet& missing);

// The prices that a record names itself, per million tokens.
struct UnitPrices {
  std::optional<Decimal> prompt;
  std::optional<Decimal> completion;
  bool sound = true;
};
[[nodiscard]] UnitPrices unit_prices_of(const Facts& facts, MissingSet& missing);

// What the tokens cost in US dollars. False where something is missing, which is then noted. `price` may be null.
[[nodiscard]] bool cost_of(const Tally& tally, const UnitPrices& own, const Price* price, MissingSet& missing,
                           Decimal& cost);

}  // namespace respand::record
