#pragma once
// Words of the HTTP input's answers that more than one place says. Pure.

#include <string>
#include <string_view>

#include "sockets/elements.h"

namespace respand::sockets {

// Seconds. A full journal drains at the network's pace; sooner is of no use.
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

// What is said to a request.
struct HttpReply {
  unsigned status = 0;  // 0: nothing yet
  std::string headers{};
  std::string body{};
  std::string_view type = "application/json";
};

// To a request whose records were all taken, or of a form whose answer names those that were not: what each kind of
// client wants to hear.
[[nodiscard]] HttpReply success_reply(const Elements& elements, Form form, bool protobuf);
// To one of whose records some were refused, for what they are.
[[nodiscard]] HttpReply fault_reply(const Elements& elements);

// {"results":[{"index":0,"status":"success"},{"index":1,"status":"error","error":"…"},…]}, one for each record.
[[nodiscard]] std::string results_body(const Elements& elements);
// A google.rpc.Status with this message, which is what an OTLP client reads of a refusal.
[[nodiscard]] std::string protobuf_status(std::string_view message);

}  // namespace respand::sockets
