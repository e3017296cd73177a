#pragma once
// Goes over the members of a JSON object, or the elements of a list, that was checked before. Pure; any thread.

#include <string_view>

#include "respand/json/scan.h"

namespace respand::json {

// The first byte from `at` on that is not white space. Requires: there is one.
[[nodiscard]] inline const char* skip_space(const char* at) {
  while (is_space(*at)) {
    ++at;
  }
  return at;
}

// Calls `visit(name, escaped, value)` for each member of an object: the name as written, with its quotes, and whether
// it has a backslash. Requires: well-formed JSON, from brace to brace.
template <typename Visit>
void for_each_member(std::string_view object, const Visit& visit) {
  const char* const last = object.data() + object.size();
  for (const char* at = skip_space(object.data() + 1); *at == '"';) {
    const Token quote = scan_string(at + 1, last);
    const std::string_view name(at, static_cast<std::size_t>(quote.end + 1 - at));
    const char* const value = skip_space(skip_space(quote.end + 1) + 1);
    const char* end = value;
    if (is_digit(*value)) {
      while (*end != ',' && *end != '}' && !is_space(*end)) {
        ++end;
      }
    } else {
      end = value_end(value, last);
    }
    visit(name, quote.escaped, std::string_view(value, static_cast<std::size_t>(end - value)));
    at = skip_space(end);
    at = *at == ',' ? skip_space(at + 1) : at;
  }
}

// Calls `visit(value)` for each element of a list. Requires: well-formed JSON, from bracket to bracket.
template <typename Visit>
void for_each_element(std::string_view list, const Visit& visit) {
  const char* const last = list.data() + list.size();
  for (const char* at = skip_space(list.data() + 1); *at != ']';) {
    const char* const end = value_end(at, last);
    visit(std::string_view(at, static_cast<std::size_t>(end - at)));
    at = skip_space(end);
    at = *at == ',' ? skip_space(at + 1) : at;
  }
}

}  // namespace respand::json
