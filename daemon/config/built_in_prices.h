#pragma once
// The text of the price lists that are compiled in; generated at build time (cmake/prices.cmake). Private to the
// module.

#include <span>
#include <string_view>

namespace respand::config {

struct BuiltInPrices {
  std::string_view name;  // of the file
  std::span<const std::string_view> lines;
};
extern const std::span<const BuiltInPrices> kBuiltInPrices;  // later ones win

}  // namespace respand::config
