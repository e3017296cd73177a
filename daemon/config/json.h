#pragma once
// Writes a YAML tree as compact JSON, for records.defaults. Scalars are typed by the YAML 1.2 core schema, numbers are
// written as they are spelled as far as JSON allows, and quoted text is always a string. Used by lists.h and print;
// main thread.

#include <string>
#include <string_view>

#include "config/reader.h"

namespace respand::config {

// The most bytes of a field's name. yaml-cpp itself does not read a name above 1,024 bytes back.
inline constexpr std::size_t kMaxFieldName = 256;

// The most bytes of all fields, which are added to every record; a KiB is usual. It is half of kRecordOverhead
// (limits.h).
inline constexpr std::size_t kMaxDefaults = std::size_t{32} * 1024;

// Appends the node; false where something was reported. The depth is bounded by the parser's. It stops soon after `out`
// has grown over kMaxDefaults, which the caller refuses.
bool put_json(const Node& node, Reader& reader, std::string& out);
// "", "~", "null", "Null" or "NULL".
[[nodiscard]] bool is_yaml_null(std::string_view text);

}  // namespace respand::config
