#pragma once
// What a list's entry for a model costs, compiled: prices in 10^-18 dollars for one unit, ordered so that each count is
// charged once, at the most special price that it has. Private to the module, and to `respand costs price`. Immutable.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/billing_units.h"
#include "respand/config/price_list.h"
#include "respand/record/decimal.h"
#include "respand/record/pricing.h"

namespace respand::record {

// 10^-18 dollars, the scale of every cost.
inline constexpr int kCostScale = 18;

struct Rate {
  BillingUnit unit = BillingUnit::kInput;
  Wide price = 0;  // for one unit; of durations for an hour, since a millisecond has no decimal price
  struct Tier {
    std::uint64_t above = 0;
    Wide price = 0;
  };
  std::vector<Tier> tiers;       // ascending
  std::uint64_t part_rates = 0;  // bit i: rates[i] of the same set prices a part of this unit
};

// The rates that count under one condition.
struct RateSet {
  std::optional<int> from_day;
  std::optional<int> from_second;
  std::optional<int> to_second;
  std::vector<Rate> rates;    // the rate of a part stands in front of that of its whole
  std::uint64_t priced = 0;   // bit i: BillingUnit(i) has a rate
  std::uint64_t refused = 0;  // bit i: BillingUnit(i) has no price, and no other unit's may be taken
  bool charges_request = false;

  // UTC.
  [[nodiscard]] bool holds(int day, int second) const;
};

// The sets for a service tier and geography. The last set that holds counts; if none holds, the first.
struct RateTerms {
  std::string service_tier;  // empty: the list price
  std::string geography;
  std::vector<RateSet> sets;
};

struct PriceEntry {
  std::string provider;  // empty: the entry counts whoever sells the model
  std::string model;
  std::uint16_t list = 0;  // which of the table's lists it is from
  int line = 0;
  std::vector<RateTerms> terms;
};

// A decimal number ("0.25", "1.5e-07") of dollars for 10^power units as 10^-18 dollars for one, rounded half up. None
// for a text that is no such number.
[[nodiscard]] std::optional<Wide> atto_dollars(std::string_view number, int power);

// The prices of a model, with the variants of its provider's that fit. `output_is_free`: where it has no price.
// Requires: numbers that is_price_number() takes.
[[nodiscard]] std::vector<RateTerms> compile_prices(const std::vector<config::ListedPrices>& listed,
                                                    const std::vector<const config::ListedPrices*>& variants,
                                                    bool output_is_free = false);

// "ON_DEMAND_FLEX" is "flex", "default" is the list price (empty). Views into `memory` or literals.
using TermMemory = std::array<char, 32>;
[[nodiscard]] std::string_view service_tier_of(std::string_view reported, TermMemory& memory);
[[nodiscard]] std::string_view geography_of(std::string_view reported, TermMemory& memory);

// The set that prices a call; null where the entry has none for its tier or geography.
[[nodiscard]] const RateSet* rates_for(const PriceEntry& entry, const PriceTerms& terms);

[[nodiscard]] PriceResult cost_at(const RateSet& rates, const UsageCounts& counts);

}  // namespace respand::record
