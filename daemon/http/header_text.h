#pragma once
// Small functions on header lines, for all that read them. Pure.

#include <algorithm>
#include <string_view>

namespace respand::http {

// The text without white space around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Whether `text` begins with `lower_start`, whichever letters of `text` are capitals.
[[nodiscard]] constexpr bool starts_with(std::string_view text, std::string_view lower_start) {
  return text.size() >= lower_start.size() &&
         std::equal(lower_start.begin(), lower_start.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

}  // namespace respand::http
