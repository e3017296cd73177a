#pragma once
// Times in spellings that are not ISO 8601's extended one, but in use: "20261121T100000Z", "2026-11-21
// 10:00:00 UTC", "Sat, 21 Nov 2026 10:00:00 GMT" (RFC 1123), "2026-11-21 10:00:00.5 +0000 UTC m=+0.1" (Go), "Sat Nov 21
// 10:00:00 UTC 2026" (Go, Java), "2026-11-21T10:00:00Z[UTC]" (Java), "Sat Nov 21 2026 10:00:00 GMT+0100 (CET)"
// (JavaScript). Names of zones other than UTC and GMT mean several places, and no time. Private to the module; pure.

#include <cstdint>
#include <string_view>

namespace respand::record {

// Seconds since 1970 and attoseconds behind them; `zoned`: it says what it is relative to. False where it is no such
// time.
[[nodiscard]] bool other_moment(std::string_view text, std::int64_t& seconds, std::uint64_t& attoseconds, bool& zoned);

}  // namespace respand::record
