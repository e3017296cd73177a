#pragma once
// What stands between the quotes of a JSON string: writing it, and reading it back. Pure; any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace respand::json {

// Appends `text` as a JSON string, quotes included. Control characters (utf8.h) become escapes, so that what it writes
// is safe on a terminal, and YAML as well. Requires: valid UTF-8, e.g. from printable().
void put_string(std::string& out, std::string_view text);

// A string value as text, its escapes resolved; anything else, and what is no sound string, as it is written.
[[nodiscard]] std::string decoded(std::string_view value);

// The inside of a string, its escapes resolved. Requires: scan_string() found `inside` (the string without its quotes)
// well formed; the same for all below.
[[nodiscard]] std::string unescaped(std::string_view inside);
// The same, appended to `out`.
void unescape(std::string_view inside, std::string& out);
// Takes the escape at the front of `text`, which it shortens, and writes its character to `out`, four bytes at most, as
// UTF-8. Returns how many. Requires: text.starts_with('\\').
[[nodiscard]] std::size_t take_escape(std::string_view& text, char* out);
// Calls put(piece) with the text behind the escapes in pieces, until it says false.
template <typename Put>
void for_each_piece(std::string_view inside, const Put& put) {
  for (;;) {
    const std::size_t plain = inside.find('\\');
    const bool more = put(inside.substr(0, plain));
    if (plain == std::string_view::npos || !more) {
      return;
    }
    inside.remove_prefix(plain);
    char character[4];
    const std::size_t length = take_escape(inside, character);
    if (!put(std::string_view(character, length)) || inside.empty()) {
      return;
    }
  }
}

// Finds where a place of the decoded text is in the string as it is written. Places are asked for in rising order.
class WrittenPlaces {
 public:
  // `inside` is borrowed.
  explicit WrittenPlaces(std::string_view inside) : inside_(inside) {}
  // Where the character is written that begins `decoded` bytes behind the start of the decoded text; or the end.
  [[nodiscard]] std::size_t of(std::size_t decoded);

 private:
  std::string_view inside_;
  std::size_t written_ = 0;  // this place is the same as decoded_
  std::size_t decoded_ = 0;
};

// Bytes that are not JSON, as an object that holds them: {"base64":"…"} (RFC 4648).
[[nodiscard]] std::string in_base64(std::string_view bytes);
// What such an object holds; nothing where it is none.
[[nodiscard]] std::optional<std::string> out_of_base64(std::string_view object);

}  // namespace respand::json
