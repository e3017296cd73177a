#pragma once
// JSON, and YAML's flow form ({a: 1, b: [x, "y"]}) of which JSON is a part, as a tree of Nodes: for price lists, which
// are too large for yaml-cpp (a KiB a token). Numbers stay text. Main thread.

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/node.h"
#include "config/report.h"

namespace respand::config {

// LiteLLM's list has 1.6 MB and 60,000 values (November 2026), genai-prices' 0.4 MB and 20,000.
inline constexpr std::size_t kMaxFlowText = std::size_t{16} << 20;
inline constexpr std::size_t kMaxFlowNodes = 1'000'000;

// The one value of `text`, or nothing where it is not of this form or over a limit: then the report has a problem.
// Its first character stands at `first` in the file.
[[nodiscard]] std::optional<Node> parse_flow(std::string_view text, Report& report, Place first = {1, 1});

}  // namespace respand::config
