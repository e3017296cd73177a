#pragma once
// A text without the white space around it. Pure; any thread.

#include <string_view>

namespace respand {

// Without the characters of `space` at both ends; without an argument, white space as JSON and HTTP lines have it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text, std::string_view space = " \t\r\n") {
  const std::size_t first = text.find_first_not_of(space);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(space) + 1 - first);
}

}  // namespace respand
