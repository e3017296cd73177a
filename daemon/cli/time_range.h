#pragma once
// The span of time that `respand costs` looks at: turns what people write into whole hours, which the ledger has. Pure.

#include <cstdint>
#include <string_view>

#include "cli/time_zone.h"
#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::cli {

// A duration before `now` ("24h", "7d", "2w"), a date ("2026-11-24": its first moment), a time ("2026-11-24T10:30",
// perhaps with seconds and with Z or an offset; that of `zone` where there is none), or "now".
[[nodiscard]] Result<WallTime> parse_when(std::string_view text, WallTime now, const TimeZone& zone = TimeZone::utc());

// Whole hours since 1970, UTC: [from, to).
struct HourRange {
  std::int64_t from = 0;
  std::int64_t to = 0;
};
// The hours that [since, until) touches. kInvalid where there are none.
[[nodiscard]] Result<HourRange> hour_range(WallTime since, WallTime until);

}  // namespace respand::cli
