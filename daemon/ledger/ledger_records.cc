// Ledger: what it looks at in each record beside its sums: whether it came before, which way
// it goes, whether it has a price.

#include <algorithm>

#include "ledger/ledger.h"
#include "respand/base/text.h"

namespace respand::ledger {

Result<bool> Ledger::is_repeat(std::uint64_t identity, std::int64_t hour) {
  if (identity == 0 || settings_.deduplicate <= Duration{0}) {
    return false;
  }
  const std::int64_t first = hour - std::chrono::ceil<std::chrono::hours>(settings_.deduplicate).count();
  std::optional<std::int64_t> counted;
  if (const auto found = identities_.find(identity); found != identities_.end()) {
    counted = found->second;
  } else {
    auto stored = store_->hour_of_identity(identity);
    if (!stored) {
      return std::move(stored).error();
    }
    counted = *stored;
  }
  if (counted && *counted >= first) {
    return true;
  }
  identities_[identity] = hour;
  return false;
}

// Where the operator has dimensions of these names, those count.
void Ledger::put_way(Key& key, const Way& way) const {
  const auto put = [&](const char* name, std::string_view value) {
    const auto& own = settings_.dimensions;
    if (std::find(own.begin(), own.end(), name) == own.end()) {
      put_dimension(key.dimensions, name, value);
    }
  };
  put(kRouteDimension, path_of(way.route));
  put(kKeyDimension, way.key);
}

// Once for each model in a run, and for so many of them: an application may make names up.
void Ledger::say_unpriced(const record::UsageSummary& summary) {
  if (unpriced_models_.size() > kMostUnpricedModels || unpriced_models_.contains(summary.model)) {
    return;
  }
  unpriced_models_.emplace(summary.model);
  if (unpriced_models_.size() > kMostUnpricedModels) {
    log::warning("more models have calls without a price; they are not told one by one",
                 {{"metric", "respand_figures_missing_total"}});
    return;
  }
  log::warning("calls of a model have no price: their cost is not known",
               {{"model", printable(summary.model, record::kMaxName)},
                {"provider", printable(summary.provider, record::kMaxName)},
                {"see", "respand costs price MODEL; records.prices"}});
}

}  // namespace respand::ledger
