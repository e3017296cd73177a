#pragma once
// Single characters of UTF-8: which of them a terminal, a viewer or an editor would obey, and their code points.
// Whether bytes are a character at all, utf8_length() says (scan.h). Used by json, base and config. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respand::json {

// Control characters: C0, DEL, C1 (U+0080 to U+009F), which move a terminal's cursor; the separators U+2028 and U+2029,
// which many readers take for an end of line; and those that turn the direction of writing (U+061C, U+200E, U+200F,
// U+202A to U+202E, U+2066 to U+2069), with which a line can be made to look like another. All have at most three
// bytes. Requires: a well-formed character.
[[nodiscard]] bool is_control(std::string_view character);
// Requires: a well-formed character of at most three bytes.
[[nodiscard]] std::uint32_t code_point(std::string_view character);
// Writes a character as UTF-8 to `out`, four bytes at most, and returns how many.
std::size_t put_utf8(char* out, std::uint32_t point);

}  // namespace respand::json
