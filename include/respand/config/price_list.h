#pragma once
// What a price list says, whatever its form was (prices.h reads them): who sells which models under which names, and
// what they ask when. The meaning is that of genai-prices (pydantic), v2. Values only; main thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/billing_units.h"

namespace respand::config {

// A condition that a name meets or not. Names are compared without regard to capitals.
struct NameMatch {
  // How the name is compared with `text`; kAny and kAll: whether one, or each, of `parts` is met.
  enum class Kind : std::uint8_t { kEquals, kStartsWith, kEndsWith, kContains, kRegex, kAny, kAll };
  Kind kind = Kind::kEquals;
  std::string text;              // for the first five kinds
  std::vector<NameMatch> parts;  // for kAny and kAll

  friend bool operator==(const NameMatch&, const NameMatch&) = default;
};

// A price for large requests.
struct ListedTier {
  std::uint64_t above = 0;  // the tier holds where the whole request has more input tokens than this
  std::string price;        // as ListedRate::price, for each token of the request

  friend bool operator==(const ListedTier&, const ListedTier&) = default;
};

// What a unit costs.
struct ListedRate {
  BillingUnit unit = BillingUnit::kInput;  // what is counted
  std::string price;  // US dollars for BillingUnitTraits::per of them: a decimal as written, "0.25", "1e-07"
  std::vector<ListedTier> tiers;  // by `above`, ascending

  friend bool operator==(const ListedRate&, const ListedRate&) = default;
};

// What a model costs under a condition. Where nothing is set the condition always holds.
struct ListedPrices {
  std::optional<int> from_day;        // days since 1970-01-01, UTC
  std::optional<int> from_second;     // of the day, UTC; set together with to_second
  std::optional<int> to_second;       // exclusive
  std::string service_tier;           // "flex", "batch" …; empty: the list price
  std::string geography;              // "us"; empty: anywhere
  std::optional<std::string> factor;  // instead of rates: the list price times this
  std::vector<ListedRate> rates;      // none and no factor: it is free

  friend bool operator==(const ListedPrices&, const ListedPrices&) = default;
};

// A model and its prices.
struct ListedModel {
  std::string provider;  // the id of who sells it; empty: anybody (respand's own form of 0.1)
  std::string id;        // the model's name in the list
  NameMatch match;       // the names that records use for it
  // Where several are for the same service tier and geography, the last one whose condition holds counts; if none does,
  // the first one.
  std::vector<ListedPrices> prices;
  int line = 0;  // in the file, from 1
};

// Somebody who sells models.
struct ListedProvider {
  std::string id;                      // "openai"
  std::optional<NameMatch> names;      // the names that records use for it, besides its id
  std::optional<NameMatch> models;     // model names that are its own where no provider is named
  std::vector<std::string> fallbacks;  // ids of those whose models it sells at their price
};

// Prices under a condition for models that are listed elsewhere, such as what they cost in a batch.
struct ListedVariant {
  std::string provider;  // its id
  NameMatch match;       // for the model's id
  ListedPrices prices;   // with a service tier or a geography
};

// A whole list.
struct PriceList {
  std::string file;    // where it was read, for people
  std::string source;  // what the list says of itself: where its fields are from, and of when
  // In the order of the file.
  std::vector<ListedProvider> providers;
  std::vector<ListedModel> models;
  std::vector<ListedVariant> variants;
};

}  // namespace respand::config
