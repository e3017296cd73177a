#pragma once
// HttpReply, and the texts of replies that more than one place gives. Pure.

#include <string>
#include <string_view>

#include "sockets/elements.h"

namespace respand::sockets {

// For a full journal, which drains at the network's pace: coming back sooner is of no use. In seconds.
inline constexpr std::string_view kRetryAfter = "Retry-After: 5\r\n";
inline constexpr std::string_view kComeBackSoon = "Retry-After: 1\r\n";
inline constexpr std::string_view kStoppingMessage = "respand is stopping; try again later";

inline constexpr std::string_view kOnlyTracesAreMasked =
    "masks are set (records.redact, redact_text or redact_attributes), and of OTLP only traces are masked: not taken, "
    "for "
    "it would be forwarded unmasked";
inline constexpr std::string_view kNotMaskable =
    "records.redact names fields of records, and respand can't keep to it in an OTLP body: not taken, for it would be "
    "forwarded unmasked; set records.redact_attributes to what is to be masked there";

// The answer to a request.
struct HttpReply {
  unsigned status = 0;  // 0: there is none yet
  std::string headers{};
  std::string body{};
  std::string_view type = "application/json";
};

// For a request whose records were all taken, or of a form whose answer names those that were not: the reply that this
// kind of client expects.
[[nodiscard]] HttpReply success_reply(const Elements& elements, Form form, bool protobuf);
// For a request of which some records were refused because of their content.
[[nodiscard]] HttpReply fault_reply(const Elements& elements);

// {"results":[{"index":0,"status":"success"},{"index":1,"status":"error","error":"…"},…]}, one for each record.
[[nodiscard]] std::string results_body(const Elements& elements);
// A google.rpc.Status with this message: the form in which an OTLP client reads a refusal.
[[nodiscard]] std::string protobuf_status(std::string_view message);

}  // namespace respand::sockets
