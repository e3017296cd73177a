#pragma once
// What a JSON pointer of records.redact leads to, for the oracles of this module's tests.

#include <string>
#include <string_view>
#include <vector>

namespace respand::record {

// `path` is the way to the value: names, and the numbers of elements as text.
inline bool leads_to(std::string_view pointer, const std::vector<std::string>& path) {
  for (const std::string& step : path) {
    if (!pointer.starts_with('/')) {
      return false;
    }
    pointer.remove_prefix(1);
    std::string token(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(token.size());
    if (token == "*") {
      continue;
    }
    for (std::size_t at = 0; (at = token.find('~', at)) != std::string::npos; ++at) {
      token.replace(at, 2, token[at + 1] == '0' ? "~" : "/");
    }
    if (token != step) {
      return false;
    }
  }
  return pointer.empty();
}

}  // namespace respand::record
