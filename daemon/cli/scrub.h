#pragma once
// Takes out of text what must not leave the host: the API key, whatever looks like a secret or a person's, users and
// passwords in addresses, and JSON, of which an API's answer may quote a record. Pure.

#include <string>
#include <string_view>

namespace respand::cli {

enum class ScrubJson : bool { kNo, kYes };

// Line by line. `key` may be empty.
[[nodiscard]] std::string scrub(std::string_view text, std::string_view key, ScrubJson json);

}  // namespace respand::cli
