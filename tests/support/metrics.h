#pragma once
// Reads the Prometheus text format, independent of the code that writes it.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace respand::test {

using LabelMap = std::map<std::string, std::string>;

// The sum of all samples of `name` that have at least these labels; none where there is no sample. For histograms ask
// for NAME_count, NAME_sum, NAME_bucket.
[[nodiscard]] std::optional<double> metric(std::string_view text, std::string_view name, const LabelMap& labels = {});

}  // namespace respand::test
