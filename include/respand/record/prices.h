#pragma once
// PriceTable: what models cost, and the rules by which a call finds its price (COST.md). It holds the built-in lists
// (config/prices.yaml and its corrections, compiled in) with the operator's own over them. Immutable, and shared by the
// intake threads; a reload makes a new table. A look-up allocates nothing.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/config/price_list.h"
#include "respand/record/decimal.h"
#include "respand/record/pricing.h"

namespace respand::record {

class NameIndex;
class PriceCatalog;

// The limit, exclusive, for a price that a record names itself, in US dollars. A larger one would make costs that
// Decimal can't hold.
inline constexpr std::uint64_t kMaxPrice = 1'000'000;

// The table. Entries that it gives live as long as it does.
class PriceTable {
 public:
  // `own` is read, not kept. Its lists count before the built-in ones, and later lists before earlier ones.
  // Requires: what config::load_prices() reads without a problem.
  explicit PriceTable(const std::vector<config::PriceList>& own = {});
  // A table of these lists and nothing else.
  [[nodiscard]] static PriceTable of(const std::vector<config::PriceList>& lists);
  ~PriceTable();
  PriceTable(PriceTable&&) noexcept;
  PriceTable& operator=(PriceTable&&) noexcept;

  // The entry that prices the call; null where there is none (NoCost::kUnknownModel). The record's name of the model
  // counts first, the answer's name where that is another model or more exact. The entry does not depend on time, tier
  // or counts: a caller may keep it by the three names, as long as the table lives. Allocates nothing.
  [[nodiscard]] const PriceEntry* entry(const ModelReference& model) const;
  // Whether the entry's prices differ from time to time; otherwise PriceTerms::time need not be set. Null: false.
  [[nodiscard]] static bool depends_on_time(const PriceEntry* entry);
  // What `counts` cost. A request fee, where the entry has one, is added once. Allocates nothing.
  // Requires: `entry` is null or one of this table.
  [[nodiscard]] PriceResult price(const PriceEntry* entry, const PriceTerms& terms, const UsageCounts& counts) const;
  // What entry() does, in words, one text for each step.
  [[nodiscard]] std::vector<std::string> explain(const ModelReference& model) const;

  // The entries themselves; private to the module.
  [[nodiscard]] const PriceCatalog& catalog() const { return *catalog_; }
  // The file that an entry's list was read from, and what the list says of where its prices are from.
  [[nodiscard]] const std::string& file_of(const PriceEntry& entry) const;
  [[nodiscard]] const std::string& source_of(const PriceEntry& entry) const;
  // Whether the entry is compiled in.
  [[nodiscard]] bool is_built_in(const PriceEntry& entry) const;

  // The number of entries.
  [[nodiscard]] std::size_t size() const;

 private:
  struct Origin {
    std::string file;
    std::string source;
  };
  PriceTable(const std::vector<config::PriceList>& built_in, const std::vector<config::PriceList>& own);

  std::unique_ptr<const PriceCatalog> catalog_;
  std::unique_ptr<const NameIndex> index_;
  std::vector<Origin> origins_;  // of the lists, the built-in ones first
  std::size_t built_in_ = 0;
};

}  // namespace respand::record
