#include "ledger/unpriced_notices.h"

#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::ledger {

void UnpricedNotices::note(const record::UsageSummary& summary) {
  if (told_.size() > kMostModels || told_.contains(summary.model)) {
    return;
  }
  told_.emplace(summary.model);
  if (told_.size() > kMostModels) {
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
