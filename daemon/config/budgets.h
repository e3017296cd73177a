#pragma once
// The type of costs.budgets: a list of maps {match: {customer: x}, per: day, usd: 50}. It has the form of the types in
// lists.h. Pure; the Reader words the mistakes, each at its own place.

#include <string>
#include <vector>

#include "config/reader.h"

namespace respand::config {

struct Budgets {
  using Value = std::vector<Budget>;
  [[nodiscard]] static std::string expects() {
    return "a list of budgets such as [{match: {customer: x}, per: day, usd: 50}]";
  }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value);
};
bool read_value(const Budgets& type, const Node& node, Reader& reader, std::vector<Budget>& out);

}  // namespace respand::config
