#pragma once
// What models cost: the built-in lists (config/prices.yaml and its corrections, compiled in) with the operator's own
// over them, and the rules by which a call finds its price (COST.md). Immutable, shared by the intake threads; a reload
// makes a new one. A look-up allocates nothing.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "respand/config/price_list.h"
#include "respand/record/decimal.h"
#include "respand/record/pricing.h"

namespace respand::record {

class NameIndex;
class PriceCatalog;

// A price by name alone, whoever sells the model (PROVIDER/MODEL: that one): US dollars per million tokens as decimal
// numbers, empty where there is none.
struct PriceLine {
  std::string_view model;
  std::string_view prompt;
  std::string_view completion;
  std::string_view cached_prompt;  // empty: cached tokens cost what others do
  std::string_view cache_write;    // empty: likewise
};

// A price of a record's own that is larger would make costs that Decimal can't hold.
inline constexpr std::uint64_t kMaxPrice = 1'000'000;  // exclusive

struct Price {
  Decimal prompt;
  std::optional<Decimal> completion;  // none: an embedding, say
  Decimal cached_prompt;
  Decimal cache_write;
};

class PriceTable {
 public:
  // `own` are read, not kept, and count before the built-in lists; of several the last one first.
  // Requires: what config::load_prices() reads without a problem.
  explicit PriceTable(const std::vector<config::PriceList>& own);
  // Of a repeated model the last line counts. Requires: numbers that parse_decimal() takes, below kMaxPrice.
  explicit PriceTable(std::span<const PriceLine> own = {});
  // The lists given and nothing else.
  [[nodiscard]] static PriceTable of(const std::vector<config::PriceList>& lists);
  ~PriceTable();
  PriceTable(PriceTable&&) noexcept;
  PriceTable& operator=(PriceTable&&) noexcept;

  // The entry that prices the call, null for none (NoCost::kUnknownModel). The record's name counts first, the answer's
  // where it is another model or more exact. It does not depend on time, tier or counts: a caller may keep it by the
  // three names, as long as the table lives. Allocates nothing.
  [[nodiscard]] const PriceEntry* entry(const ModelReference& model) const;
  // What `counts` cost. A request fee, where the entry has one, is added once. Allocates nothing.
  // Requires: `entry` is null or one of this table.
  [[nodiscard]] PriceResult price(const PriceEntry* entry, const PriceTerms& terms, const UsageCounts& counts) const;
  // What entry() does, in words, a step each.
  [[nodiscard]] std::vector<std::string> explain(const ModelReference& model) const;

  [[nodiscard]] const PriceCatalog& catalog() const { return *catalog_; }
  // Of an entry: where its list was read, and what that says of its facts.
  [[nodiscard]] const std::string& file_of(const PriceEntry& entry) const;
  [[nodiscard]] const std::string& source_of(const PriceEntry& entry) const;
  // Whether it is compiled in.
  [[nodiscard]] bool is_built_in(const PriceEntry& entry) const;

  // The list price of plain tokens, for who counts no more; null for none. Holds as long as the table.
  struct Found {
    const Price* price = nullptr;
  };
  [[nodiscard]] Found find(std::string_view provider, std::string_view model) const;

  [[nodiscard]] std::size_t size() const;

 private:
  struct Origin {
    std::string file;
    std::string source;
  };
  PriceTable(const std::vector<const config::PriceList*>& lists, std::size_t built_in);

  std::unique_ptr<const PriceCatalog> catalog_;
  std::unique_ptr<const NameIndex> index_;
  std::vector<Origin> origins_;  // of the lists, the built-in ones first
  std::size_t built_in_ = 0;
  std::vector<std::optional<Price>> prices_;  // of each entry; empty where it has no price for tokens
};

}  // namespace respand::record
