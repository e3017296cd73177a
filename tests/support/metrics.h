#pragma once
// Reads the Prometheus text format, apart from the code that writes it.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace respand::test {

using LabelMap = std::map<std::string, std::string>;

// The sum of all samples of `name` that have at least these labels; nothing where there is none. Histograms: ask for
// NAME_count, NAME_sum, NAME_bucket.
[[nodiscard]] std::optional<double> metric(std::string_view text, std::string_view name, const LabelMap& labels = {});

}  // namespace respand::test
