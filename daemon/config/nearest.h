#pragma once
// Finds the known name that was probably meant. Pure.

#include <optional>
#include <string_view>
#include <vector>

namespace respand::config {

// The first of the nearest `known` names by edit distance, where at most a third of the letters differ; else none.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view name,
                                                      const std::vector<std::string_view>& known);

}  // namespace respand::config
