#include "record/cost.h"

#include "record/member_value.h"
#include "record/price_entry.h"
#include "respand/json/scan.h"

namespace respand::record {
namespace {

// The most decimal places of a record's own price a million tokens: a cost has no room for more.
constexpr int kMaxUnitScale = kCostScale - 6;

}  // namespace

std::string_view name_of(Missing reason) noexcept {
  switch (reason) {
    case Missing::kCostValue:
      return "cost_value";
    case Missing::kGenerationTimeValue:
      return "generation_time_value";
    case Missing::kTimesUnreadable:
      return "times_unreadable";
    case Missing::kEndBeforeStart:
      return "end_before_start";
    case Missing::kTokensValue:
      return "tokens_value";
    case Missing::kTokensContradict:
      return "tokens_contradict";
    case Missing::kTokensIncomplete:
      return "tokens_incomplete";
    case Missing::kUnitPriceValue:
      return "unit_price_value";
    case Missing::kModelUnknown:
      return "model_unknown";
    case Missing::kTokensAmbiguous:
      return "tokens_ambiguous";
    case Missing::kPartUnknown:
      return "part_unknown";
    case Missing::kUnitUnpriced:
      return "unit_unpriced";
    case Missing::kTierUnpriced:
      return "tier_unpriced";
    case Missing::kUsageMissing:
      return "usage_missing";
  }
  return "unknown";
}

UnitPrices unit_prices_of(const RecordFields& fields, MissingSet& missing) {
  UnitPrices prices;
  const auto read = [&](std::string_view value, std::optional<Decimal>& price) {
    if (!is_given(value)) {
      return;
    }
    price = parse_decimal(value);
    if (!price || price->scale > kMaxUnitScale || price->digits >= kMaxPrice * power_of_ten(price->scale)) {
      prices.sound = false;
    }
  };
  read(fields.prompt_unit_price, prices.prompt);
  read(fields.completion_unit_price, prices.completion);
  if (!prices.sound) {
    missing.add(Missing::kUnitPriceValue);
  }
  return prices;
}

namespace {

Missing missing_of(const PriceResult& result) {
  switch (result.reason) {
    case NoCost::kPriced:
    case NoCost::kUnknownModel:
      return Missing::kModelUnknown;
    case NoCost::kNoUnitPrice:  // an embedding's model that answered
      return result.unit == BillingUnit::kOutput ? Missing::kTokensIncomplete : Missing::kUnitUnpriced;
    case NoCost::kUnknownTier:
      return Missing::kTierUnpriced;
    case NoCost::kUndivided:
      return Missing::kTokensAmbiguous;
    case NoCost::kContradiction:
      return Missing::kTokensContradict;
    case NoCost::kOutOfRange:
      return Missing::kTokensValue;
  }
  return Missing::kModelUnknown;
}

// A record names prices of tokens only, so everything else is priced by a list.
bool has_tokens_alone(const UsageCounts& counts) {
  constexpr std::uint64_t kTokens = (std::uint64_t{2} << static_cast<unsigned>(kLastToken)) - 1;
  return (counts.given() & ~kTokens) == 0;
}

// Whether the model produces output at all: a model that does has a price for it.
bool has_price_for_answers(const PriceTable& prices, const PriceEntry* entry, const PriceTerms& terms) {
  UsageCounts one;
  one.set(BillingUnit::kInput, 1);
  one.set(BillingUnit::kOutput, 1);
  return prices.price(entry, terms, one).reason == NoCost::kPriced;
}

UsageCounts without_answers(const UsageCounts& counts) {
  UsageCounts rest;
  counts.for_each([&](BillingUnit unit, std::uint64_t count) {
    if (traits_of(unit).direction != Direction::kOutput) {
      rest.set(unit, count);
    }
  });
  return rest;
}

// The part of the list's price that is for the output, or the part that is for everything else.
PriceResult list_part(const UsageCounts& counts, bool answers, const ListPrice& list) {
  PriceResult rest = list.table->price(list.entry, list.terms, without_answers(counts));
  if (!answers || rest.reason != NoCost::kPriced) {
    return rest;
  }
  PriceResult all = list.table->price(list.entry, list.terms, counts);
  all.cost.digits -= all.reason == NoCost::kPriced ? rest.cost.digits : 0;
  return all;
}

// The record's own prices come first, and the list prices what they leave.
bool cost_of_own(const Usage& usage, const UnitPrices& own, const ListPrice& list, MissingSet& missing, Decimal& cost) {
  const bool partly = !own.prompt || !own.completion;
  if (partly && list.entry == nullptr) {
    missing.add(Missing::kModelUnknown);
    return false;
  }
  if (!has_tokens_alone(usage.counts)) {
    missing.add(Missing::kUnitUnpriced);
    return false;
  }
  const bool answers = own.completion || has_price_for_answers(*list.table, list.entry, list.terms);
  if (!usage.has_prompt || (!usage.has_completion && answers)) {
    missing.add(Missing::kTokensIncomplete);
    return false;
  }
  cost = Decimal{.digits = 0, .scale = kCostScale};
  if (partly) {
    const PriceResult rest = list_part(usage.counts, own.prompt.has_value(), list);
    if (rest.reason != NoCost::kPriced) {
      missing.add(missing_of(rest));
      return false;
    }
    cost.digits = rest.cost.digits;
  }
  const auto add = [&cost](std::uint64_t count, const std::optional<Decimal>& price) {
    cost.digits += price ? count * (price->digits * power_of_ten(kMaxUnitScale - price->scale)) : Wide{0};
  };
  const Tokens tokens = usage.tokens();
  add(tokens.prompt, own.prompt);
  add(tokens.completion, own.completion);
  return true;
}

}  // namespace

bool cost_of(const Usage& usage, const UnitPrices& own, const ListPrice& list, MissingSet& missing, Decimal& cost) {
  if (!usage.sound || !own.sound || !usage.any()) {
    return false;
  }
  if (own.prompt || own.completion) {
    return cost_of_own(usage, own, list, missing, cost);
  }
  if (list.entry == nullptr) {
    missing.add(Missing::kModelUnknown);
    return false;
  }
  if (!usage.has_prompt || (!usage.has_completion && has_price_for_answers(*list.table, list.entry, list.terms))) {
    missing.add(Missing::kTokensIncomplete);
    return false;
  }
  const PriceResult result = list.table->price(list.entry, list.terms, usage.counts);
  if (result.reason != NoCost::kPriced) {
    missing.add(missing_of(result));
    return false;
  }
  cost = result.cost;
  return true;
}

}  // namespace respand::record
