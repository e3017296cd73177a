#include "tests/support/metrics.h"

#include <algorithm>
#include <cstdlib>

#include "tests/support/files.h"

namespace respand::test {
namespace {

// Takes {name="value",…} from the front of `rest`; escapes are \\ \" \n.
LabelMap take_labels(std::string_view& rest) {
  LabelMap labels;
  std::size_t at = 1;
  while (at < rest.size() && rest[at] != '}') {
    const std::size_t equals = std::min(rest.find('=', at), rest.size() - 1);
    const std::string name(rest.substr(at, equals - at));
    std::string value;
    for (at = equals + 2; at < rest.size() && rest[at] != '"'; ++at) {
      if (rest[at] == '\\' && at + 1 < rest.size()) {
        ++at;
        value.push_back(rest[at] == 'n' ? '\n' : rest[at]);
      } else {
        value.push_back(rest[at]);
      }
    }
    labels[name] = value;
    at += at + 1 < rest.size() && rest[at + 1] == ',' ? std::size_t{2} : 1;
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return labels;
}

}  // namespace

std::optional<double> metric(std::string_view text, std::string_view name, const LabelMap& labels) {
  std::optional<double> sum;
  for (const std::string& line : lines_of(text)) {
    std::string_view rest = line;
    if (!rest.starts_with(name) || rest.size() == name.size()) {
      continue;
    }
    rest.remove_prefix(name.size());
    if (rest.front() != ' ' && rest.front() != '{') {
      continue;
    }
    const LabelMap found = rest.front() == '{' ? take_labels(rest) : LabelMap();
    const bool fits = std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
      const auto at = found.find(label.first);
      return at != found.end() && at->second == label.second;
    });
    if (fits) {
      sum = sum.value_or(0) + std::strtod(std::string(rest).c_str(), nullptr);
    }
  }
  return sum;
}

}  // namespace respand::test
