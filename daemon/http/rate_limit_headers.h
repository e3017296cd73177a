#pragma once
// RateLimitHeaders: what an answer's headers say of the API's limit on requests, in the three families that are in use:
//
//   RateLimit: "minute";r=0;t=30         with RateLimit-Policy: "minute";q=300;w=60 (IETF draft, version 8 on)
//   RateLimit: limit=300, remaining=0, reset=30      with RateLimit-Policy: 300;w=60 (version 7)
//   RateLimit-Limit, -Remaining, -Reset  as headers of their own, also as X-RateLimit-… and X-Rate-Limit-…, and with
//                                        "-requests" at the end; a reset is seconds, a time since 1970, or "6m0s"
//
// The headers are hostile input: what is not understood is ignored, each value has its limit (kMaxValue, kMaxItems), a
// number is at most kMaxNumber, and a time at most a day. Limits on anything but requests (tokens, bytes) are not read.
// Used by Transfer, on its thread; the functions are pure.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::http {

class RateLimitHeaders {
 public:
  // For all lines of one name together; further lines are not read.
  static constexpr std::size_t kMaxValue = 1024;
  static constexpr std::size_t kMaxItems = 16;
  static constexpr double kMaxNumber = 1e9;

  // Takes a header line; false where it is none of these.
  bool take(std::string_view line);
  void clear();
  // What all lines taken say, at `now`.
  [[nodiscard]] RateLimitHint read(WallTime now) const;

 private:
  enum Name : std::uint8_t { kPolicy, kState, kLimit, kRemaining, kReset, kXLimit, kXRemaining, kXReset, kNames };

  [[nodiscard]] RateLimitHint read_triple(Name limit, Name remaining, Name reset, WallTime now) const;

  std::array<std::string, kNames> values_;
  bool any_ = false;
};

// "6m0s", "1h2.5s", "120ms": hours, minutes, seconds, milliseconds, microseconds and nanoseconds, each at most once and
// in this order; at most a day. None for anything else, a bare number included.
[[nodiscard]] std::optional<Duration> parse_compound_duration(std::string_view text);

}  // namespace respand::http
