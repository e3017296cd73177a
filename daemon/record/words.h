#pragma once
// What the detectors call letters and words. Private to them; pure.

#include <cstddef>
#include <string_view>

#include "respand/json/scan.h"

namespace respand::record {

[[nodiscard]] constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
[[nodiscard]] constexpr bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }
[[nodiscard]] constexpr bool is_alnum(char c) { return is_letter(c) || json::is_digit(c); }
[[nodiscard]] constexpr bool is_word(char c) { return is_alnum(c) || c == '_'; }
[[nodiscard]] constexpr bool is_token(char c) { return is_word(c) || c == '-'; }

// The two bytes of a letter from U+00C0 to U+07FF: accented Latin, Greek, Cyrillic, Hebrew, Arabic.
[[nodiscard]] constexpr bool is_wide_letter(char first, char second) {
  const auto lead = static_cast<unsigned char>(first);
  const auto tail = static_cast<unsigned char>(second);
  const bool times_or_divide = lead == 0xC3 && (tail == 0x97 || tail == 0xB7);
  return lead >= 0xC3 && lead <= 0xDF && (tail & 0xC0U) == 0x80 && !times_or_divide;
}

// Bytes that belong to an escape of JSON inside the text, from `at` on, where a backslash that counts stands right
// before: 1 of "\n", 5 of "\u00e4", 0 of anything else.
[[nodiscard]] std::size_t inner_escape(std::string_view text, std::size_t at);

// Whether a word may begin at `at`: nothing of a word stands before it, apart from an escape of JSON in the text.
[[nodiscard]] bool begins_word(std::string_view text, std::size_t at);

}  // namespace respand::record
