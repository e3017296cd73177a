#pragma once
// The inside of a JSON string, its escapes resolved. Private to the module.

#include <string>
#include <string_view>

namespace respand::record {

// Requires: scan_string() found `inside` (the string without its quotes) well formed.
[[nodiscard]] std::string unescaped(std::string_view inside);
// The same, appended to `out`.
void unescape(std::string_view inside, std::string& out);

// Finds places of the decoded text in the string as it is written. Ask in rising order.
class WrittenPlaces {
 public:
  // Requires: as unescaped(). `inside` is borrowed.
  explicit WrittenPlaces(std::string_view inside) : inside_(inside) {}
  // Where the character stands, or the end, that begins `decoded` bytes behind the decoded text's start.
  [[nodiscard]] std::size_t of(std::size_t decoded);

 private:
  std::string_view inside_;
  std::size_t written_ = 0;  // this place is the same as decoded_
  std::size_t decoded_ = 0;
};

// The text of a string value, or a number as written, as the name of something: at most kMaxName bytes; empty for any
// other value. A view into `value`, or, where escapes had to be resolved, of what was written to `scratch`.
// Requires: `value` is a well-formed JSON value; room for kMaxName bytes.
[[nodiscard]] std::string_view name_in(std::string_view value, char* scratch);

}  // namespace respand::record
