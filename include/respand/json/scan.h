#pragma once
// Token scanners: where a JSON string or number ends, and whether it is well formed. All of them read in [at, last)
// only. Pure; any thread.

#include <cstddef>
#include <cstdint>

namespace respand::json {

// What is wrong with a token.
enum class Fault : std::uint8_t {
  kNone,
  kUnclosed,   // the text ends inside the string
  kControl,    // a control character stands in the string as it is
  kEscape,     // a backslash before a character that has no escape
  kHex,        // \u without four hexadecimal digits
  kSurrogate,  // \u with half a surrogate pair: JSON's grammar has it, UTF-8 does not
  kUtf8,       // bytes that are no UTF-8
  kNoDigit,    // a number without a digit where one must stand
  kNumber,     // a number that goes on as no number does: 01, 1.2.3, 1e5e
};

// A scanned string or number.
struct Token {
  const char*
      end;  // of a string the closing quote, of a number the byte behind it; where the fault is, if there is one
  Fault fault = Fault::kNone;  // the first one
  bool escaped = false;        // a string with a backslash in it
};

// A string from the byte behind its opening quote.
[[nodiscard]] Token scan_string(const char* at, const char* last) noexcept;
// A number from its first byte, '-' or a digit. It may have any size: the reader decides what it can hold.
[[nodiscard]] Token scan_number(const char* at, const char* last) noexcept;
// The first quote or backslash, or `last`.
[[nodiscard]] const char* find_quote(const char* at, const char* last) noexcept;
// The length of the well-formed UTF-8 character at `at`, 0 where there is none (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF). Requires: at < last.
[[nodiscard]] std::size_t utf8_length(const char* at, const char* last) noexcept;
// Where the value ends that begins at `at`. Requires: well-formed JSON.
[[nodiscard]] const char* value_end(const char* at, const char* last) noexcept;
// The value of four hexadecimal digits, -1 where one is none.
[[nodiscard]] std::int32_t hex4(const char* at, const char* last) noexcept;

// '0' to '9', whatever the locale.
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
// White space as JSON has it.
[[nodiscard]] constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
// The first and the second half of a surrogate pair, as units of UTF-16.
[[nodiscard]] constexpr bool is_high_surrogate(std::int32_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
[[nodiscard]] constexpr bool is_low_surrogate(std::int32_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

}  // namespace respand::json
