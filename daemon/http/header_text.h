#pragma once
// Comparing header lines without regard to case, for all who read them. Pure.

#include <algorithm>
#include <string_view>

namespace respand::http {

[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Whether `text` begins with `lower_start`, whichever letters of `text` are capitals.
[[nodiscard]] constexpr bool starts_with(std::string_view text, std::string_view lower_start) {
  return text.size() >= lower_start.size() &&
         std::equal(lower_start.begin(), lower_start.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

}  // namespace respand::http
