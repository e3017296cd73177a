#include "respand/record/prices.h"

#include <algorithm>
#include <set>
#include <utility>

#include "record/model_names.h"
#include "record/name_index.h"
#include "record/price_catalog.h"
#include "record/price_entry.h"
#include "respand/base/check.h"
#include "respand/config/prices.h"

namespace respand::record {
namespace {

std::vector<const config::PriceList*> pointers_to(const std::vector<config::PriceList>& lists) {
  std::vector<const config::PriceList*> pointers;
  for (const config::PriceList& list : lists) {
    pointers.push_back(&list);
  }
  return pointers;
}

std::vector<const config::PriceList*> with_built_in(const std::vector<config::PriceList>& own) {
  std::vector<const config::PriceList*> all = pointers_to(config::built_in_prices());
  const std::vector<const config::PriceList*> more = pointers_to(own);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<config::PriceList> listed(std::span<const PriceLine> lines) {
  std::vector<config::PriceList> lists(lines.empty() ? 0 : 1);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {  // of one name the first entry counts
    config::ListedModel& model = lists.front().models.emplace_back();
    model.id = line->model;
    model.match.text = line->model;
    config::ListedPrices& prices = model.prices.emplace_back();
    const auto put = [&prices](BillingUnit unit, std::string_view price, std::string_view otherwise) {
      const std::string_view text = price.empty() ? otherwise : price;
      if (!text.empty()) {
        RESPAND_CHECK(parse_decimal(text).has_value());
        prices.rates.push_back({.unit = unit, .price = std::string(text), .tiers = {}});
      }
    };
    put(BillingUnit::kInput, line->prompt, {});
    put(BillingUnit::kOutput, line->completion, {});
    put(BillingUnit::kCacheRead, line->cached_prompt, line->prompt);
    put(BillingUnit::kCacheWrite, line->cache_write, line->prompt);
  }
  return lists;
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

std::optional<Price> token_price(const PriceEntry& entry) {
  if (entry.terms.empty() || entry.terms.front().sets.empty()) {
    return std::nullopt;
  }
  constexpr int kPerMillion = kCostScale - 6;
  Price price;
  std::optional<Decimal> cached;
  std::optional<Decimal> written;
  for (const Rate& rate : entry.terms.front().sets.back().rates) {
    Decimal value{.digits = rate.price, .scale = kPerMillion};
    for (; value.scale > 0 && value.digits % 10 == 0; --value.scale) {
      value.digits /= 10;
    }
    if (rate.unit == BillingUnit::kInput) {
      price.prompt = value;
    } else if (rate.unit == BillingUnit::kOutput) {
      price.completion = value;
    } else if (rate.unit == BillingUnit::kCacheRead) {
      cached = value;
    } else if (rate.unit == BillingUnit::kCacheWrite) {
      written = value;
    }
  }
  price.cached_prompt = cached.value_or(price.prompt);
  price.cache_write = written.value_or(price.prompt);
  return price;
}

}  // namespace

PriceTable::PriceTable(const std::vector<const config::PriceList*>& lists, std::size_t built_in)
    : catalog_(std::make_unique<const PriceCatalog>(lists)), index_(index_of(*catalog_)), built_in_(built_in) {
  for (const config::PriceList* const list : lists) {
    origins_.push_back({list->file, list->source});
  }
  for (const PriceEntry& entry : catalog_->entries()) {
    prices_.push_back(token_price(entry));
  }
}

PriceTable::PriceTable(const std::vector<config::PriceList>& own)
    : PriceTable(with_built_in(own), config::built_in_prices().size()) {}

PriceTable::PriceTable(std::span<const PriceLine> own) : PriceTable(listed(own)) {}

PriceTable PriceTable::of(const std::vector<config::PriceList>& lists) { return {pointers_to(lists), 0}; }

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

PriceTable::Found PriceTable::find(std::string_view provider, std::string_view model) const {
  const PriceEntry* const found = entry({.provider = provider, .model = model, .answer_model = {}});
  const std::vector<PriceEntry>& all = catalog_->entries();
  if (found == nullptr || found < all.data() || found >= all.data() + all.size()) {
    return {};
  }
  const std::optional<Price>& price = prices_[static_cast<std::size_t>(found - all.data())];
  return {price ? &*price : nullptr};
}

std::size_t PriceTable::size() const { return catalog_->entries().size(); }

}  // namespace respand::record
