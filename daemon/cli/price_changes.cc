#include "cli/price_changes.h"

#include <algorithm>
#include <map>
#include <set>

#include "record/price_catalog.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

std::string dollars(record::Wide price, std::uint32_t per) {
  constexpr std::uint32_t kHour = 3'600'000;  // rates of durations are per hour already
  const record::Wide times = per == kHour ? 1 : per;
  std::string text(record::kDecimalSize, '\0');
  text.resize(record::put_decimal({.digits = price * times, .scale = record::kCostScale}, text.data()));
  return text;
}

// A model's list price at a time, as text: "input 2.5 · output 10". Empty where it has none.
std::string price_text(const record::PriceEntry& entry, WallTime time) {
  const record::RateSet* const rates = record::rates_for(entry, {.time = time, .service_tier = {}, .geography = {}});
  if (rates == nullptr) {
    return {};
  }
  std::map<BillingUnit, std::string> parts;
  for (const record::Rate& rate : rates->rates) {
    parts[rate.unit] = cat(rate_name(rate.unit), " ", rate_text(rate));
  }
  std::string text;
  for (const auto& [unit, part] : parts) {
    text += cat(text.empty() ? "" : " · ", part);
  }
  return text.empty() ? "free" : text;
}

}  // namespace

std::string rate_name(BillingUnit unit) {
  std::string name(name_of(unit));
  constexpr std::string_view kTokens = "_tokens";
  if (name.ends_with(kTokens)) {
    name.resize(name.size() - kTokens.size());
  }
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string rate_text(const record::Rate& rate) {
  const std::uint32_t per = traits_of(rate.unit).per;
  std::string text = dollars(rate.price, per);
  for (const record::Rate::Tier& tier : rate.tiers) {
    text += cat(", above ", tier.above, " input tokens ", dollars(tier.price, per));
  }
  return text;
}

std::string describe_changes(const record::PriceTable& before, const record::PriceTable& after, WallTime time) {
  std::set<std::string> changes;
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t same = 0;
  std::set<std::string> seen;
  for (const record::PriceEntry& entry : after.catalog().entries()) {
    const std::string name = entry.provider.empty() ? entry.model : cat(entry.provider, "/", entry.model);
    if (!seen.insert(name).second) {
      continue;
    }
    const record::ModelReference model{.provider = entry.provider, .model = entry.model, .answer_model = {}};
    const record::PriceEntry* const now = after.entry(model);
    const record::PriceEntry* const was = before.entry(model);
    if (now == nullptr) {
      continue;
    }
    const std::string price = price_text(*now, time);
    if (was == nullptr) {
      ++added;
      changes.insert(cat("new      ", name, ": ", price, "\n"));
    } else if (const std::string old = price_text(*was, time); old != price) {
      ++changed;
      changes.insert(cat("changed  ", name, ": ", price, " (was ", old, ")\n"));
    } else {
      ++same;
    }
  }
  std::string text;
  for (const std::string& change : changes) {
    text += change;
  }
  return cat(text, added, " new, ", changed, " changed, ", same, " as they are\n");
}

}  // namespace respand::cli
