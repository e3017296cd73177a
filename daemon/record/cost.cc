#include "record/cost.h"

#include <algorithm>
#include <bit>

#include "record/scan.h"

namespace respand::record {
namespace {

// A price in a record may have more places than a list has.
constexpr int kMaxUnitScale = 12;
constexpr int kMillion = 6;

bool given(std::string_view value) { return !value.empty() && value != "null"; }

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

UnitPrices unit_prices_of(const Facts& facts, MissingSet& missing) {
  UnitPrices prices;
  const auto read = [&](std::string_view value, std::optional<Decimal>& price) {
    if (!given(value)) {
      return;
    }
    price = parse_decimal(value);
    if (!price || price->scale > kMaxUnitScale || price->digits >= kMaxPrice * power_of_ten(price->scale)) {
      prices.sound = false;
    }
  };
  read(facts.prompt_unit_price, prices.prompt);
  read(facts.completion_unit_price, prices.completion);
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

// What is no token has a price in a list only.
bool has_tokens_alone(const UsageCounts& counts) {
  constexpr std::uint64_t kTokens = (std::uint64_t{2} << static_cast<unsigned>(kLastToken)) - 1;
  return (counts.given() & ~kTokens) == 0;
}

// By the record's own prices, and for what they leave by the list's for plain tokens.
bool cost_of_own(const Usage& usage, const UnitPrices& own, const Price* price, MissingSet& missing, Decimal& cost) {
  if ((!own.prompt || !own.completion) && price == nullptr) {
    missing.add(Missing::kModelUnknown);
    return false;
  }
  if (!has_tokens_alone(usage.counts)) {
    missing.add(Missing::kUnitUnpriced);
    return false;
  }
  const Tokens tokens = usage.tokens();
  const Decimal& prompt = own.prompt ? *own.prompt : price->prompt;
  const Decimal* const completion = own.completion      ? &*own.completion
                                    : price->completion ? &*price->completion
                                                        : nullptr;
  // A model without a price for completions makes none; one with a price may just not have told.
  if (!usage.has_prompt || (!usage.has_completion && completion != nullptr) ||
      (tokens.completion > 0 && completion == nullptr)) {
    missing.add(Missing::kTokensIncomplete);
    return false;
  }
  static constexpr Decimal kFree{};
  const Decimal& cached = own.prompt ? prompt : price->cached_prompt;
  const Decimal& written = own.prompt ? prompt : price->cache_write;
  const Decimal& answered = completion != nullptr ? *completion : kFree;
  const int scale = std::max({prompt.scale, cached.scale, written.scale, answered.scale});
  const auto product = [scale](std::uint64_t count, const Decimal& unit) {
    return count == 0 ? Wide{0} : count * (unit.digits * power_of_ten(scale - unit.scale));
  };
  cost.digits = product(tokens.prompt - tokens.cached_prompt - tokens.cache_write, prompt) +
                product(tokens.cached_prompt, cached) + product(tokens.cache_write, written) +
                product(tokens.completion, answered);
  cost.scale = scale + kMillion;
  return true;
}

// Whether the model answers: has a price for that.
bool has_price_for_answers(const PriceTable& prices, const PriceEntry* entry, const PriceTerms& terms) {
  UsageCounts one;
  one.set(BillingUnit::kInput, 1);
  one.set(BillingUnit::kOutput, 1);
  return prices.price(entry, terms, one).reason == NoCost::kPriced;
}

}  // namespace

bool cost_of(const Usage& usage, const UnitPrices& own, const ListPrice& list, MissingSet& missing, Decimal& cost) {
  if (!usage.sound || !own.sound || !usage.any()) {
    return false;
  }
  if (own.prompt || own.completion) {
    const Price* const price = list.table != nullptr ? list.table->find(list.provider, list.model).price : nullptr;
    return cost_of_own(usage, own, price, missing, cost);
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
