#pragma once
// What models cost: the built-in table (config/prices.yaml, compiled in) with the operator's own prices over it, and
// the rules by which a record's model finds its price (COST.md). Immutable, shared by the intake threads; a reload
// makes a new one. A look-up allocates nothing.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "respand/record/decimal.h"

namespace respand::record {

// A line of a price list: US dollars per million tokens as decimal numbers, empty where there is none.
struct PriceLine {
  std::string_view model;
  std::string_view prompt;
  std::string_view completion;
  std::string_view cached_prompt;  // empty: cached tokens cost what others do
  std::string_view cache_write;    // empty: likewise
};

// A price of the operator's that is larger, or has more places, would make costs that Decimal can't hold.
inline constexpr int kMaxPriceScale = 9;
inline constexpr std::uint64_t kMaxPrice = 1'000'000;  // exclusive

struct Price {
  std::string name;  // in the table
  bool built_in = true;
  Decimal prompt;
  std::optional<Decimal> completion;  // none: an embedding, say
  Decimal cached_prompt;
  Decimal cache_write;
};

class PriceTable {
 public:
  // `own` is read, not kept: it adds to and overrides the built-in table; of a repeated model the last one counts.
  // Requires: numbers that parse_decimal() takes, within the limits above.
  explicit PriceTable(std::span<const PriceLine> own = {});

  // How a price was found; what of it is not so was not needed.
  struct Found {
    const Price* price = nullptr;  // null: none; holds as long as the table
    bool with_provider = false;    // under PROVIDER/MODEL, the record's own provider
    std::string_view prefix{};     // this was left off in front ("openrouter/openai/"); a view into the model given
    std::string_view date{};       // and this behind ("-2024-08-06"); likewise
    bool latest = false;           // "-latest" was put in its place
  };
  // The longest name that fits wins: PROVIDER/MODEL, MODEL, then MODEL without known provider prefixes; each as it is
  // (capitals do not matter), then without a date. Nothing else is ever cut off: a name that only begins like a model
  // has no price. `provider` may be empty.
  [[nodiscard]] Found find(std::string_view provider, std::string_view model) const;

  [[nodiscard]] std::size_t size() const { return prices_.size(); }

 private:
  void put(const PriceLine& line, bool built_in);
  void build_index();
  [[nodiscard]] const Price* exact(std::string_view lower_name) const;
  [[nodiscard]] bool by_name(std::string_view lower_name, Found& found) const;

  std::vector<Price> prices_;
  std::vector<std::uint32_t> slots_;  // 1 + index in prices_, 0: empty; open addressing
};

// Whether "PREFIX/" in front of a model is a provider and not a part of the name.
[[nodiscard]] bool is_provider(std::string_view prefix);

}  // namespace respand::record
