#include "ledger/row.h"

#include <algorithm>

namespace respand::ledger {
namespace {

// No name holds these: CardinalityLimiter replaces control characters.
constexpr char kBetween = '\x1f';  // a dimension's name and its value
constexpr char kBehind = '\x1e';   // the value

}  // namespace

void put_dimension(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    out.append(name).push_back(kBetween);
    out.append(value).push_back(kBehind);
  }
}

std::string_view dimension_in(std::string_view dimensions, std::string_view name) {
  while (!dimensions.empty()) {
    const std::string_view one = dimensions.substr(0, dimensions.find(kBehind));
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == kBetween) {
      return one.substr(name.size() + 1);
    }
    dimensions.remove_prefix(std::min(one.size() + 1, dimensions.size()));
  }
  return {};
}

std::vector<std::string_view> names_in(std::string_view dimensions) {
  std::vector<std::string_view> names;
  while (!dimensions.empty()) {
    const std::string_view one = dimensions.substr(0, dimensions.find(kBehind));
    names.push_back(one.substr(0, one.find(kBetween)));
    dimensions.remove_prefix(std::min(one.size() + 1, dimensions.size()));
  }
  return names;
}

}  // namespace respand::ledger
