#pragma once
// Which metrics and labels a PromQL expression asks for. It knows enough of the language for package/monitoring, and
// objects to what it does not know. Pure.

#include <map>
#include <set>
#include <string>

namespace respand::test {

// The labels of each metric that there is.
using PageLabels = std::map<std::string, std::set<std::string>>;

// What an expression asks for and the page does not have, a line each. Variables of Grafana may stand in it.
[[nodiscard]] std::string objections(const std::string& expression, const PageLabels& page);
// The same of the labels that a legend names, as {{label}}, of the expression's result.
[[nodiscard]] std::string legend_objections(const std::string& legend, const std::string& expression,
                                            const PageLabels& page);
// The same of label_values(METRIC, LABEL).
[[nodiscard]] std::string variable_objections(const std::string& definition, const PageLabels& page);

}  // namespace respand::test
