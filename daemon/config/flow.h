#pragma once
// Parses JSON, and YAML's flow form ({a: 1, b: [x, "y"]}) of which JSON is a part, to a tree of Nodes. It is for price
// lists, which are too large for yaml-cpp (that takes a KiB for each token). Numbers stay text. Main thread.

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/node.h"
#include "config/report.h"

namespace respand::config {

// The most bytes and values of a list. LiteLLM's list has 1.6 MB and 60,000 values (November 2026), genai-prices' 0.4
// MB and 20,000.
inline constexpr std::size_t kMaxFlowText = std::size_t{16} << 20;
inline constexpr std::size_t kMaxFlowNodes = 1'000'000;

// The one value of `text`; nothing where the text is not of this form or over a limit, which is reported. The first
// character of `text` stands at `first` in the file.
[[nodiscard]] std::optional<Node> parse_flow(std::string_view text, Report& report, Place first = {1, 1});

}  // namespace respand::config
