#pragma once
// Compares names of protocols (HTTP, NATS), in which the case of ASCII letters does not count. Pure; any thread.

#include <algorithm>
#include <string_view>

namespace respand {

// Whether both are the same but for the case of ASCII letters, whatever the locale.
[[nodiscard]] constexpr bool iequals(std::string_view left, std::string_view right) {
  constexpr auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [small](char a, char b) { return small(a) == small(b); });
}

}  // namespace respand
