#pragma once
// Names of HTTP compare without regard to the case of ASCII letters. Used by http1 and sockets. Pure; any thread.

#include <algorithm>
#include <string_view>

namespace respand::http1 {

[[nodiscard]] constexpr bool iequals(std::string_view left, std::string_view right) {
  constexpr auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [small](char a, char b) { return small(a) == small(b); });
}

}  // namespace respand::http1
