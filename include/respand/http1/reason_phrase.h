#pragma once
// The words behind a status in the first line of an answer (RFC 9110, 15). Used by who writes answers: sockets, app and
// sink. Pure; any thread.

#include <string_view>

namespace respand::http1 {

// "Not Found"; for a status that has no words of its own those of its class: "Client Error".
[[nodiscard]] std::string_view reason_phrase(unsigned status);

}  // namespace respand::http1
