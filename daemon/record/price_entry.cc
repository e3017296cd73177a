#include "record/price_entry.h"

#include <algorithm>
#include <bit>

#include "respand/base/check.h"
#include "respand/json/scan.h"

namespace respand::record {
namespace {

using Unit = BillingUnit;

constexpr std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << i; }
constexpr std::uint64_t bit(Unit unit) { return bit(static_cast<std::size_t>(unit)); }

constexpr std::uint32_t kHour = 3'600'000;  // milliseconds

int power_of(Unit unit) {
  switch (traits_of(unit).per) {
    case 1'000:
      return 3;
    case 1'000'000:
      return 6;
    case 1'000'000'000:
      return 9;
    default:
      return 0;
  }
}

Wide price_of(std::string_view number, Unit unit) {
  const std::optional<Wide> price = atto_dollars(number, power_of(unit));
  RESPAND_CHECK(price.has_value());
  return *price;
}

// Whether a count of a unit without a price of its own may be charged at the price of what it is a part of. What is
// usually dearer than the whole, or may be, is not charged so: no cost is better than one that is too low.
bool may_stand_for(Unit unit, std::uint64_t priced) {
  const auto has = [priced](Unit other) { return (priced & bit(other)) != 0; };
  const BillingUnitTraits& traits = traits_of(unit);
  if (unit > kLastToken) {
    return unit == Unit::kRequests;
  }
  if (!has(traits.direction == Direction::kInput ? Unit::kInput : Unit::kOutput)) {
    return false;
  }
  // One hour costs more than five minutes, which is what "written to the cache" means.
  if (traits.kind == TokenKind::kCacheWrite1h && !has(Unit::kCacheWrite1h)) {
    return false;
  }
  if ((traits.kind == TokenKind::kCacheWrite || traits.kind == TokenKind::kCacheWrite5m) && !has(Unit::kCacheWrite)) {
    return false;
  }
  switch (traits.modality) {
    case Modality::kAny:
    case Modality::kText:
      return true;
    case Modality::kAudio:
      // Where not even cached text has a price, a price for cached audio is not missed.
      return has(Unit::kInputAudio) && unit == Unit::kCacheAudioRead && !has(Unit::kCacheRead);
    case Modality::kImage:
      // An entry with a price for input images and for one kind of output is a model that makes images.
      if (traits.direction == Direction::kOutput) {
        return has(Unit::kInputImage);
      }
      return unit != Unit::kCacheImageRead || !has(Unit::kInputImage) || !has(Unit::kCacheRead);
    case Modality::kVideo:
      return traits.direction == Direction::kInput;
  }
  return false;
}

std::uint64_t refused_units(std::uint64_t priced, bool is_free) {
  std::uint64_t refused = 0;
  for (std::size_t i = 0; i < kBillingUnits; ++i) {
    const auto unit = static_cast<Unit>(i);
    const bool fine = (priced & bit(i)) != 0 || (is_free ? unit <= kLastToken : may_stand_for(unit, priced));
    refused |= fine || unit == Unit::kRequests ? 0 : bit(i);
  }
  return refused;
}

// How specific a unit is: the more specific of two is charged first.
int special(Unit unit) {
  const BillingUnitTraits& traits = traits_of(unit);
  const bool has_life = traits.kind == TokenKind::kCacheWrite5m || traits.kind == TokenKind::kCacheWrite1h;
  return (traits.modality != Modality::kAny ? 1 : 0) + (traits.kind != TokenKind::kAny ? 1 : 0) + (has_life ? 1 : 0);
}

void finish(RateSet& set) {
  std::stable_sort(set.rates.begin(), set.rates.end(),
                   [](const Rate& a, const Rate& b) { return special(a.unit) > special(b.unit); });
  for (std::size_t i = 0; i < set.rates.size(); ++i) {
    Rate& rate = set.rates[i];
    set.priced |= bit(rate.unit);
    set.charges_request = set.charges_request || rate.unit == Unit::kRequests;
    for (std::size_t j = 0; j < i; ++j) {
      rate.part_rates |= contains(rate.unit, set.rates[j].unit) ? bit(j) : 0;
    }
  }
  set.refused = refused_units(set.priced, set.rates.empty());
}

RateSet condition_of(const config::ListedPrices& listed) {
  RateSet set;
  set.from_day = listed.from_day;
  set.from_second = listed.from_second;
  set.to_second = listed.to_second;
  return set;
}

RateSet compile_set(const config::ListedPrices& listed) {
  RateSet set = condition_of(listed);
  for (const config::ListedRate& from : listed.rates) {
    Rate rate{.unit = from.unit, .price = price_of(from.price, from.unit), .tiers = {}, .part_rates = 0};
    for (const config::ListedTier& tier : from.tiers) {
      rate.tiers.push_back({tier.above, price_of(tier.price, from.unit)});
    }
    set.rates.push_back(std::move(rate));
  }
  finish(set);
  return set;
}

// Changes the prices of tokens only: a price by the call is the same at every service tier.
void multiply(RateSet& set, std::string_view factor) {
  constexpr int kPlaces = 9;
  const std::optional<Wide> scaled = atto_dollars(factor, kCostScale - kPlaces);
  RESPAND_CHECK(scaled.has_value());
  const auto times = [&](Wide& price) {
    const Wide unit = power_of_ten(kPlaces);
    price = (price * *scaled + unit / 2) / unit;
  };
  for (Rate& rate : set.rates) {
    if (rate.unit > kLastToken) {
      continue;
    }
    times(rate.price);
    for (Rate::Tier& tier : rate.tiers) {
      times(tier.price);
    }
  }
}

RateTerms& terms_of(std::vector<RateTerms>& all, const config::ListedPrices& listed) {
  for (RateTerms& terms : all) {
    if (terms.service_tier == listed.service_tier && terms.geography == listed.geography) {
      return terms;
    }
  }
  return all.emplace_back(RateTerms{.service_tier = listed.service_tier, .geography = listed.geography, .sets = {}});
}

// Charged once for its tokens, at the tier that the whole request's input reaches.
Wide price_at(const Rate& rate, std::uint64_t input) {
  Wide price = rate.price;
  for (const Rate::Tier& tier : rate.tiers) {
    if (input > tier.above) {
      price = tier.price;
    }
  }
  return price;
}

// A part without a price of its own is not in the sums, but even it can't be larger than the whole.
std::optional<Unit> contradiction(const UsageCounts& counts, std::uint64_t priced) {
  for (std::uint64_t left = counts.given() & ~priced; left != 0; left &= left - 1) {
    const auto unit = static_cast<Unit>(std::countr_zero(left));
    if (unit > kLastToken) {
      continue;
    }
    const Unit whole = traits_of(unit).direction == Direction::kInput ? Unit::kInput : Unit::kOutput;
    if (counts[unit] > counts[whole]) {
      return whole;
    }
  }
  return std::nullopt;
}

// Audio, images and text may have different prices in the cache: then the record must say what was cached.
std::optional<Unit> undivided(const UsageCounts& counts, std::uint64_t priced) {
  if (!counts.has(Unit::kCacheRead)) {
    return std::nullopt;
  }
  constexpr std::pair<Unit, Unit> kOverlaps[] = {{Unit::kInputAudio, Unit::kCacheAudioRead},
                                                 {Unit::kInputImage, Unit::kCacheImageRead},
                                                 {Unit::kInputVideo, Unit::kCacheVideoRead}};
  for (const auto& [part, both] : kOverlaps) {
    const bool matters =
        counts.has(part) && ((priced & bit(both)) != 0 || (part == Unit::kInputAudio && (priced & bit(part)) != 0));
    if (matters && !counts.is_told(both) && (priced & bit(Unit::kCacheRead)) != 0) {
      return part;
    }
  }
  return std::nullopt;
}

std::string_view lower_term(std::string_view text, TermMemory& memory) {
  text = text.substr(0, memory.size());
  std::transform(text.begin(), text.end(), memory.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return {memory.data(), text.size()};
}

}  // namespace

bool RateSet::holds(int day, int second) const {
  if (from_day && day < *from_day) {
    return false;
  }
  return !from_second || (second >= *from_second && second < to_second.value_or(86'400));
}

std::optional<Wide> atto_dollars(std::string_view number, int power) {
  Wide digits = 0;
  int places = 0;
  bool behind_point = false;
  std::size_t at = 0;
  for (; at < number.size() && (json::is_digit(number[at]) || number[at] == '.'); ++at) {
    if (number[at] == '.') {
      behind_point = true;
    } else if (digits < power_of_ten(25)) {  // no price has more digits
      digits = digits * 10 + static_cast<Wide>(number[at] - '0');
      places += behind_point ? 1 : 0;
    } else if (!behind_point) {
      return std::nullopt;
    }
  }
  if (at < number.size()) {
    int exponent = 0;
    bool negative = false;
    if (number[at] != 'e' && number[at] != 'E') {
      return std::nullopt;
    }
    for (++at; at < number.size(); ++at) {
      negative = negative || number[at] == '-';
      exponent = json::is_digit(number[at]) ? std::min(exponent * 10 + (number[at] - '0'), 1'000) : exponent;
    }
    places += negative ? exponent : -exponent;
  }
  const int shift = kCostScale - power - places;
  if (digits == 0 || shift < -37) {
    return Wide{0};
  }
  if (shift < 0) {
    const Wide unit = power_of_ten(-shift);
    return (digits + unit / 2) / unit;
  }
  // A million dollars for one unit is more than any price.
  return shift > 30 || digits > power_of_ten(kCostScale + 6) / power_of_ten(std::min(shift, kCostScale + 6))
             ? std::nullopt
             : std::optional(digits * power_of_ten(shift));
}

std::vector<RateTerms> compile_prices(const std::vector<config::ListedPrices>& listed,
                                      const std::vector<const config::ListedPrices*>& variants, bool output_is_free) {
  std::vector<RateTerms> all;
  for (const config::ListedPrices& prices : listed) {
    terms_of(all, prices).sets.push_back(compile_set(prices));
  }
  for (const config::ListedPrices* const variant : variants) {
    RateTerms made{.service_tier = variant->service_tier, .geography = variant->geography, .sets = {}};
    if (!variant->factor) {
      made.sets.push_back(compile_set(*variant));
    } else if (!all.empty()) {
      made.sets = terms_of(all, {}).sets;
      for (RateSet& set : made.sets) {
        multiply(set, *variant->factor);
      }
    }
    RateTerms& terms = terms_of(all, *variant);
    if (terms.sets.empty()) {  // the model's own entry, and the first variant that fits, say it best
      terms = std::move(made);
    }
  }
  for (RateTerms& terms : all) {
    for (RateSet& set : terms.sets) {
      set.refused &= output_is_free ? ~bit(Unit::kOutput) : ~std::uint64_t{0};
    }
  }
  return all;
}

std::string_view service_tier_of(std::string_view reported, TermMemory& memory) {
  const std::string_view tier = lower_term(reported, memory);
  if (tier.empty() || tier == "default" || tier == "standard" || tier == "auto" || tier == "on_demand" ||
      tier == "null" || tier == "standard_only") {
    return {};
  }
  constexpr std::string_view kOnDemand = "on_demand_";
  if (tier.starts_with(kOnDemand)) {
    return tier.substr(kOnDemand.size());
  }
  return tier == "batches" ? "batch" : tier;
}

std::string_view geography_of(std::string_view reported, TermMemory& memory) {
  const std::string_view place = lower_term(reported, memory);
  return place == "global" || place == "not_available" || place == "default" || place == "null" ? std::string_view()
                                                                                                : place;
}

const RateSet* rates_for(const PriceEntry& entry, const PriceTerms& terms) {
  TermMemory tier_memory;
  TermMemory place_memory;
  const std::string_view tier = service_tier_of(terms.service_tier, tier_memory);
  const std::string_view place = geography_of(terms.geography, place_memory);
  const auto fits = [&](const RateTerms& each) { return each.service_tier == tier && each.geography == place; };
  const auto found = std::find_if(entry.terms.begin(), entry.terms.end(), fits);
  if (found == entry.terms.end() || found->sets.empty()) {
    return nullptr;
  }
  if (found->sets.size() == 1) {
    return &found->sets.front();
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(terms.time).time_since_epoch();
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const auto holds = [&](const RateSet& set) {
    return set.holds(static_cast<int>(days.count()), static_cast<int>((seconds - days).count()));
  };
  const auto last = std::find_if(found->sets.rbegin(), found->sets.rend(), holds);
  return last != found->sets.rend() ? &*last : &found->sets.front();
}

PriceResult cost_at(const RateSet& set, const UsageCounts& counts) {
  PriceResult result;
  if (const std::uint64_t refused = counts.given() & set.refused; refused != 0) {
    result.reason = NoCost::kNoUnitPrice;
    result.unit = static_cast<Unit>(std::countr_zero(refused));
    return result;
  }
  if (const auto whole = contradiction(counts, set.priced)) {
    result.reason = NoCost::kContradiction;
    result.unit = *whole;
    return result;
  }
  if (const auto part = undivided(counts, set.priced)) {
    result.reason = NoCost::kUndivided;
    result.unit = *part;
    return result;
  }
  std::array<std::uint64_t, kBillingUnits> alone;  // by rate: the units that no other rate charges
  const std::uint64_t input = counts[Unit::kInput];
  Wide cost = 0;
  for (std::size_t i = 0; i < set.rates.size(); ++i) {
    const Rate& rate = set.rates[i];
    const std::uint64_t count = rate.unit == Unit::kRequests ? 1 : counts[rate.unit];
    std::uint64_t parts = 0;
    for (std::uint64_t left = rate.part_rates; left != 0; left &= left - 1) {
      parts += alone[static_cast<std::size_t>(std::countr_zero(left))];
    }
    if (count > kMaxUsage || parts > count) {
      result.reason = count > kMaxUsage ? NoCost::kOutOfRange : NoCost::kContradiction;
      result.unit = rate.unit;
      return result;
    }
    alone[i] = count - parts;
    if (alone[i] != 0) {
      const Wide price = price_at(rate, input) * alone[i];
      cost += traits_of(rate.unit).per == kHour ? (price + kHour / 2) / kHour : price;
    }
  }
  result.reason = NoCost::kPriced;
  result.cost = {.digits = cost, .scale = kCostScale};
  return result;
}

}  // namespace respand::record
