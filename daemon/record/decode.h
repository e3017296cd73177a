#pragma once
// A JSON value as the name of something. Private to the module; pure.

#include <string_view>

namespace respand::record {

// The text of a string value, or a number as written, as the name of something: at most kMaxName bytes; empty for any
// other value. A view into `value`, or, where escapes had to be resolved, of what was written to `scratch`.
// Requires: `value` is a well-formed JSON value; room for kMaxName bytes.
[[nodiscard]] std::string_view name_in(std::string_view value, char* scratch);

}  // namespace respand::record
