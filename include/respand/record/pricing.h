#pragma once
// The terms in which a price is asked for, and the answer. The code that reads a record's usage asks, and PriceTable
// (prices.h) answers. Values only; any thread.

#include <cstdint>
#include <string_view>

#include "respand/base/units.h"
#include "respand/record/decimal.h"
#include "respand/record/usage_counts.h"

namespace respand::record {

// A price list's entry for a model: what the model costs in every unit, at every time. Opaque; belongs to its
// PriceTable.
struct PriceEntry;

// How a record names what it called. Texts without quotes and escapes; each may be empty.
struct ModelReference {
  std::string_view provider = {};      // the record's `provider` or `provider_id`
  std::string_view model = {};         // as the record names it
  std::string_view answer_model = {};  // as the provider's own answer names it ("gpt-4o-2024-08-06")
};

// What else decides a price.
struct PriceTerms {
  WallTime time = {};                  // when the call was: prices are those of the record's own time
  std::string_view service_tier = {};  // as reported: "flex", "priority", "batch", "ON_DEMAND_FLEX" …. Empty,
                                       // "default", "standard", "auto", "on_demand" mean the list price
  std::string_view geography = {};     // as reported (Anthropic's inference_geo): "us". Empty, "global" and
                                       // "not_available" mean the list price
};

// Why there is no cost. respand gives a cost that is right, or none with the reason.
enum class NoCost : std::uint8_t {
  kPriced,         // there is a cost
  kUnknownModel,   // no list has the model, or those who sell it ask different prices and the record names no provider
  kNoUnitPrice,    // something that was used (`unit`) has no price: audio, a web search …
  kUnknownTier,    // the list has no price for this service tier or geography
  kUndivided,      // cached tokens may be text or what `unit` says, at different prices, and nothing tells
  kContradiction,  // the parts (`unit` is the whole) are more than the whole, or a part stands there without its whole
  kOutOfRange,     // a count above kMaxUsage
};

// A cost, or why there is none.
struct PriceResult {
  NoCost reason = NoCost::kUnknownModel;   // kPriced: `cost` is set
  BillingUnit unit = BillingUnit::kInput;  // what kNoUnitPrice and kContradiction are about
  Decimal cost = {};                       // US dollars, where kPriced; exact
};

}  // namespace respand::record
