#pragma once
// How long a server asks to be left alone: Retry-After (RFC 9110, section 10.2.3) and X-RateLimit-Reset. Dates are
// measured against the answer's own Date, where it has one: the host's clock may be an hour off. Hostile input:
// anything that is not a time from now on is ignored, and nobody can silence respand for more than a day. Used by
// Transfer; pure; any thread.

#include <chrono>
#include <optional>
#include <string_view>

#include "respand/base/units.h"

namespace respand::http {

// A wrong unit or a broken clock at the other end must not stop delivery for a year.
inline constexpr Duration kMaxRetryAfter = std::chrono::hours{24};

// The value of a Retry-After header: seconds, or an HTTP date, of which `now` is subtracted.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);
// The value of X-RateLimit-Reset or RateLimit-Reset, which servers mean as seconds from now, or as the time since 1970
// in seconds or milliseconds: by its size, one can only be one of them.
[[nodiscard]] std::optional<Duration> parse_rate_limit_reset(std::string_view value, WallTime now);
// A number of seconds and nothing else.
[[nodiscard]] std::optional<Duration> parse_seconds(std::string_view value);
// The value of a Date header.
[[nodiscard]] std::optional<WallTime> parse_date(std::string_view value);

}  // namespace respand::http
