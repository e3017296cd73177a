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

// {"results":[{"index":0,"status":"success"},{"index":1,"status":"error","error":"…"},…]}, one for each record.
[[nodiscard]] std::string results_body(const Elements& elements);
// A google.rpc.Status with this message, which is what an OTLP client reads of a refusal.
[[nodiscard]] std::string protobuf_status(std::string_view message);

}  // namespace respand::sockets
