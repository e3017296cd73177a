#pragma once
// JSON text as respand itself writes it, in log lines and answers. Pure; any thread.

#include <string>
#include <string_view>

namespace respand {

// Appends `text` as a JSON string, quotes included. Requires: valid UTF-8, e.g. from printable().
void put_json_string(std::string& out, std::string_view text);

// Bytes that are no JSON, as an object that holds them: {"base64":"…"} (RFC 4648).
[[nodiscard]] std::string in_base64(std::string_view bytes);

}  // namespace respand
