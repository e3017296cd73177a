#include "respand/record/prices.h"

#include <algorithm>
#include <set>
#include <utility>

#include "record/model_names.h"
#include "record/name_index.h"
#include "record/price_catalog.h"
#include "record/price_entry.h"
#include "respand/config/prices.h"

namespace respand::record {
namespace {

std::vector<const config::PriceList*> in_order(const std::vector<config::PriceList>& built_in,
                                               const std::vector<config::PriceList>& own) {
  std::vector<const config::PriceList*> all;
  for (const std::vector<config::PriceList>* const part : {&built_in, &own}) {
    for (const config::PriceList& list : *part) {
      all.push_back(&list);
    }
  }
  return all;
}

std::unique_ptr<const NameIndex> index_of(const PriceCatalog& catalog) {
  auto index = std::make_unique<NameIndex>();
  const ModelNames names(catalog);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  catalog.for_each_name([&](std::string_view provider, std::string_view name) {
    for (const std::string_view seller : {std::string_view(), provider}) {
      if (name.size() > kMaxModelName || !seen.insert({seller, name}).second) {
        continue;
      }
      if (const PriceEntry* const entry = names.find(seller, name).entry; entry != nullptr) {
        index->put(seller, name, entry);
      }
    }
  });
  index->finish();
  return index;
}

}  // namespace

PriceTable::PriceTable(const std::vector<config::PriceList>& built_in, const std::vector<config::PriceList>& own)
    : catalog_(std::make_unique<const PriceCatalog>(in_order(built_in, own))),
      index_(index_of(*catalog_)),
      built_in_(built_in.size()) {
  for (const config::PriceList* const list : in_order(built_in, own)) {
    origins_.push_back({list->file, list->source});
  }
}

PriceTable::PriceTable(const std::vector<config::PriceList>& own) : PriceTable(config::built_in_prices(), own) {}

PriceTable PriceTable::of(const std::vector<config::PriceList>& lists) { return {{}, lists}; }

PriceTable::~PriceTable() = default;
PriceTable::PriceTable(PriceTable&&) noexcept = default;
PriceTable& PriceTable::operator=(PriceTable&&) noexcept = default;

const PriceEntry* PriceTable::entry(const ModelReference& model) const {
  if (model.answer_model.empty() || model.answer_model == model.model) {
    if (const PriceEntry* const known = index_->find(model.provider, model.model); known != nullptr) {
      return known;
    }
  }
  return ModelNames(*catalog_).find(model).entry;
}

bool PriceTable::depends_on_time(const PriceEntry* entry) {
  return entry != nullptr && std::any_of(entry->terms.begin(), entry->terms.end(),
                                         [](const RateTerms& terms) { return terms.sets.size() > 1; });
}

PriceResult PriceTable::price(const PriceEntry* entry, const PriceTerms& terms, const UsageCounts& counts) const {
  PriceResult result;
  if (entry == nullptr) {
    return result;
  }
  const RateSet* const rates = rates_for(*entry, terms);
  if (rates == nullptr) {
    result.reason = NoCost::kUnknownTier;
    return result;
  }
  return cost_at(*rates, counts);
}

std::vector<std::string> PriceTable::explain(const ModelReference& model) const {
  PriceSteps steps;
  static_cast<void>(ModelNames(*catalog_).find(model, &steps));
  return steps;
}

const std::string& PriceTable::file_of(const PriceEntry& entry) const { return origins_[entry.list].file; }
const std::string& PriceTable::source_of(const PriceEntry& entry) const { return origins_[entry.list].source; }
bool PriceTable::is_built_in(const PriceEntry& entry) const { return entry.list < built_in_; }

std::size_t PriceTable::size() const { return catalog_->entries().size(); }

}  // namespace respand::record
