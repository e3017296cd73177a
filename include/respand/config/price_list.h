#pragma once
// What a price list says, whatever its form was (prices.h reads them): who sells which models
// under which names, and what they ask when. The meaning is that of genai-prices (pydantic), v2. Values only; main
// thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/billing_units.h"

namespace respand::config {

// Which names something goes by. Compared without regard to capitals.
struct NameMatch {
  enum class Kind : std::uint8_t { kEquals, kStartsWith, kEndsWith, kContains, kRegex, kAny, kAll };
  Kind kind = Kind::kEquals;
  std::string text;              // of the first five
  std::vector<NameMatch> parts;  // of kAny and kAll

  friend bool operator==(const NameMatch&, const NameMatch&) = default;
};

// From so many input tokens of the whole request on (more than `above`), each token costs `price`.
struct ListedTier {
  std::uint64_t above = 0;
  std::string price;

  friend bool operator==(const ListedTier&, const ListedTier&) = default;
};

// US dollars for as many units as BillingUnitTraits::per says: decimal numbers as written, "0.25", "1e-07".
struct ListedRate {
  BillingUnit unit = BillingUnit::kInput;
  std::string price;
  std::vector<ListedTier> tiers;  // by `above`, ascending

  friend bool operator==(const ListedRate&, const ListedRate&) = default;
};

// What a model costs under a condition.
struct ListedPrices {
  std::optional<int> from_day;     // days since 1970-01-01, UTC
  std::optional<int> from_second;  // of the day, UTC; with to_second, which is exclusive
  std::optional<int> to_second;
  std::string service_tier;           // "flex", "batch" …; empty: the list price
  std::string geography;              // "us"; empty: anywhere
  std::optional<std::string> factor;  // instead of rates: the list price times this
  std::vector<ListedRate> rates;      // none and no factor: it is free

  friend bool operator==(const ListedPrices&, const ListedPrices&) = default;
};

struct ListedModel {
  std::string provider;  // its id; empty: whoever sells it (respand's own form of 0.1)
  std::string id;
  NameMatch match;
  // Of several for the same service tier and geography the last one whose condition holds counts; if none does, the
  // first one.
  std::vector<ListedPrices> prices;
  int line = 0;  // in the file, from 1
};

struct ListedProvider {
  std::string id;
  std::optional<NameMatch> names;      // under which records name it, besides its id
  std::optional<NameMatch> models;     // model names that are its own where no provider is named
  std::vector<std::string> fallbacks;  // ids of those whose models it sells at their price
};

// Prices under a condition for models that stand elsewhere: what batch costs, say.
struct ListedVariant {
  std::string provider;
  NameMatch match;  // of the model's id
  ListedPrices prices;
};

struct PriceList {
  std::string file;    // where it was read, for people
  std::string source;  // what the list says of itself: where its fields are from, and of when
  std::vector<ListedProvider> providers;
  std::vector<ListedModel> models;
  std::vector<ListedVariant> variants;
};

}  // namespace respand::config
