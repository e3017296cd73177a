#pragma once
// The built-in price table; generated at build time from config/prices.yaml (cmake/prices.cmake). Private to the
// module.

#include <span>

#include "respand/record/prices.h"

namespace respand::record {

extern const std::span<const PriceLine> kBuiltInPrices;

}  // namespace respand::record
