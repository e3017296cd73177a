#pragma once
// A price table with an operator's own list over the built-in ones.

#include <gtest/gtest.h>

#include <memory>
#include <string_view>

#include "respand/config/prices.h"
#include "respand/record/prices.h"

namespace respand::record {

// Of a list as `records.prices` takes it.
inline std::shared_ptr<const PriceTable> own_prices(std::string_view list) {
  const config::LoadedPrices loaded = config::load_prices(list, "own");
  EXPECT_TRUE(loaded.problems.empty()) << loaded.problems.front().to_string();
  return std::make_shared<const PriceTable>(loaded.lists);
}

}  // namespace respand::record
