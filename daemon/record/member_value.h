#pragma once
// What the text of a JSON member says by itself. Used by whatever reads the fields of a record. Pure; any thread.

#include <string_view>

namespace respand::record {

// Whether a member has a value: `value` as it is written, empty where there is no such member.
[[nodiscard]] inline bool is_given(std::string_view value) { return !value.empty() && value != "null"; }

}  // namespace respand::record
