#pragma once
// A YAML tree as compact JSON, for records.defaults: scalars typed by the YAML 1.2 core schema, numbers as they are
// spelled as far as JSON allows, quoted text always a string. Used by lists.h and print; main thread.

#include <string>
#include <string_view>

#include "config/reader.h"

namespace respand::config {

// A field of a record; yaml-cpp itself takes no name above 1,024 bytes back.
inline constexpr std::size_t kMaxFieldName = 256;

// The fields are added to records one by one; a KiB is usual. Half of what is allowed around a record (limits.h).
inline constexpr std::size_t kMaxDefaults = std::size_t{32} * 1024;

// Appends the node; false where something was reported. The depth is bounded by the parser's. It stops soon after `out`
// has grown over kMaxDefaults, for the caller to refuse.
bool put_json(const Node& node, Reader& reader, std::string& out);
// "", "~", "null", "Null" or "NULL".
[[nodiscard]] bool is_yaml_null(std::string_view text);

}  // namespace respand::config
