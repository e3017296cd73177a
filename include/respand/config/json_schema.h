#pragma once
// The configuration's form as JSON Schema (draft 7), for editors and for checks before a file reaches its host. Pure.

#include <string>

namespace respand::config {

// Made from the table of keys. It takes whatever load_text() takes; what depends on several keys or on the host only
// load_text() finds.
[[nodiscard]] std::string json_schema();

}  // namespace respand::config
