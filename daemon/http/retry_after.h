#pragma once
// How long a server asks to be left alone: Retry-After (RFC 9110, section 10.2.3) and X-RateLimit-Reset. Dates are
// compared with the answer's own Date, where it has one, because the host's clock may be an hour off. The headers are
// hostile input: anything but a time in the future is ignored, and nobody can silence respand for more than a day. Used
// by Transfer; pure; any thread.

#include <chrono>
#include <optional>
#include <string_view>

#include "respand/base/units.h"

namespace respand::http {

// A wrong unit or a broken clock at the other end must not stop delivery for a year.
inline constexpr Duration kMaxRetryAfter = std::chrono::hours{24};

// The value of a Retry-After header: seconds, or an HTTP date, from which `now` is subtracted.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);
// The value of X-RateLimit-Reset or RateLimit-Reset. Servers write seconds from now, or the time since 1970 in seconds
// or in milliseconds; the size of the number tells which.
[[nodiscard]] std::optional<Duration> parse_rate_limit_reset(std::string_view value, WallTime now);
// A number of seconds and nothing else.
[[nodiscard]] std::optional<Duration> parse_seconds(std::string_view value);
// The value of a Date header.
[[nodiscard]] std::optional<WallTime> parse_date(std::string_view value);

}  // namespace respand::http
