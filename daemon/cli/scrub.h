#pragma once
// Removes from a text what must not leave the host: the API key, whatever looks like a secret or like personal data,
// users and passwords in URLs, and JSON, because an answer of the API may quote a record. Pure.

#include <string>
#include <string_view>

namespace respand::cli {

enum class ScrubJson : bool { kNo, kYes };

// Works line by line. `key` may be empty.
[[nodiscard]] std::string scrub(std::string_view text, std::string_view key, ScrubJson json);

}  // namespace respand::cli
