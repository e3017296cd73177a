#pragma once
// The configuration's form as JSON Schema (draft 7), for editors and for checks before a file reaches its host. Pure.

#include <string>

namespace respand::config {

// The schema, made from the table of keys. It allows whatever load_text() takes; mistakes that depend on several keys
// or on the host are found by load_text() only.
[[nodiscard]] std::string json_schema();

}  // namespace respand::config
