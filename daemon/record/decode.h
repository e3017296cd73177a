#pragma once
// The inside of a JSON string, its escapes resolved. Private to the module.

#include <string>
#include <string_view>

namespace respand::record {

// Requires: scan_string() found `inside` (the string without its quotes) well formed.
[[nodiscard]] std::string unescaped(std::string_view inside);

}  // namespace respand::record
