#pragma once
// What models cost: the built-in lists (config/prices.yaml and its corrections, compiled in) with the operator's own
// over them, and the rules by which a call finds its price (COST.md). Immutable, shared by the intake threads; a reload
// makes a new one. A look-up allocates nothing.

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

// A price of a record's own that is larger would make costs that Decimal can't hold.
inline constexpr std::uint64_t kMaxPrice = 1'000'000;  // exclusive

class PriceTable {
 public:
  // `own` are read, not kept, and count before the built-in lists; of several the last one first.
  // Requires: what config::load_prices() reads without a problem.
  explicit PriceTable(const std::vector<config::PriceList>& own = {});
  // The lists given and nothing else.
  [[nodiscard]] static PriceTable of(const std::vector<config::PriceList>& lists);
  ~PriceTable();
  PriceTable(PriceTable&&) noexcept;
  PriceTable& operator=(PriceTable&&) noexcept;

  // The entry that prices the call, null for none (NoCost::kUnknownModel). The record's name counts first, the answer's
  // where it is another model or more exact. It does not depend on time, tier or counts: a caller may keep it by the
  // three names, as long as the table lives. Allocates nothing.
  [[nodiscard]] const PriceEntry* entry(const ModelReference& model) const;
  // Whether what it asks is another at other times: else PriceTerms::time need not be told. Null: no.
  [[nodiscard]] static bool depends_on_time(const PriceEntry* entry);
  // What `counts` cost. A request fee, where the entry has one, is added once. Allocates nothing.
  // Requires: `entry` is null or one of this table.
  [[nodiscard]] PriceResult price(const PriceEntry* entry, const PriceTerms& terms, const UsageCounts& counts) const;
  // What entry() does, in words, a step each.
  [[nodiscard]] std::vector<std::string> explain(const ModelReference& model) const;

  [[nodiscard]] const PriceCatalog& catalog() const { return *catalog_; }
  // Of an entry: where its list was read, and what that says of its fields.
  [[nodiscard]] const std::string& file_of(const PriceEntry& entry) const;
  [[nodiscard]] const std::string& source_of(const PriceEntry& entry) const;
  // Whether it is compiled in.
  [[nodiscard]] bool is_built_in(const PriceEntry& entry) const;

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
