#pragma once
// From the configuration's price list to the table that costs are computed with. Used by the daemon, at start and
// reload, and by `respand costs price`.

#include <memory>
#include <vector>

#include "respand/config/prices.h"
#include "respand/record/prices.h"

namespace respand::app {

[[nodiscard]] std::shared_ptr<const record::PriceTable> price_table(const std::vector<config::ModelPrice>& own);

}  // namespace respand::app
