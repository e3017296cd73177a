#pragma once
// The texts that respand sends to writers: ack lines and HTTP answers, appended to the connection's output. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "sockets/elements.h"

namespace respand::sockets {

// {"durable":N} and {"line":K,"error":"…"}, each with its \n.
void put_durable(std::string& out, std::uint64_t lines);
// {"line":K,"sequence":S,"records":N}.
void put_numbers(std::string& out, std::uint64_t line, std::uint64_t sequence, std::uint64_t records);
void put_line_error(std::string& out, std::uint64_t line, std::string_view error);
// One clause for an array line of which some elements were refused: "element 2: …; element 5: …; 3 of 5 taken".
[[nodiscard]] std::string describe(const Elements& elements);

// What becomes of the connection. kStaysOld: it stays, and is HTTP/1.0, whose clients must be told so.
enum class Connected : std::uint8_t { kStays, kStaysOld, kCloses };

// A whole answer: status line, headers, body. 204 has no body and no type.
void put_http(std::string& out, unsigned status, Connected connected, std::string_view extra_headers,
              std::string_view body, std::string_view type = "application/json");
// {"detail":"…"} and {"detail":"…","byte":N}.
[[nodiscard]] std::string detail_body(std::string_view detail);
[[nodiscard]] std::string detail_body(std::string_view detail, std::uint64_t byte);
// {"detail":…,"byte":…,"accepted":N,"refused":M,"errors":[{"index":…,"byte":…,"error":…},…]} for an array with bad
// elements.
[[nodiscard]] std::string faults_body(const Elements& elements);

inline constexpr std::string_view kSuccessBody = R"({"message":"log successful"})";

}  // namespace respand::sockets
