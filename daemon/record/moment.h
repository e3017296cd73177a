#pragma once
// Points in time as applications write them, and the time between two of them. Private to the module.

#include <cstdint>
#include <optional>
#include <string_view>

#include "respand/base/units.h"
#include "respand/record/decimal.h"

namespace respand::record {

enum class Between : std::uint8_t {
  kUnknown,
  kReversed,  // both are times, and the end is before the start
  kKnown,
};
// The seconds between two values of a record, as written, where they can be known. A value is
// - ISO 8601 in quotes: date, 'T' or a space, hours and minutes, perhaps seconds with a fraction, perhaps Z or an
//   offset. Without an offset it is local time of an unknown place: it can be compared with another such time only;
// - another spelling that is in use (spelled_time.h): basic ISO 8601, RFC 1123, those of Go and Java;
// - or the Unix time, a number or the text of one: seconds from 10^8 (1973), milliseconds from 10^11, microseconds from
//   10^14, nanoseconds from 10^17 on. Smaller ones are no Unix time but of a clock that starts elsewhere.
// Fractions count up to the 18th place. The result is exact.
[[nodiscard]] Between seconds_between(std::string_view start, std::string_view end, Decimal& seconds);

// One such value, where it is a time that says what it is relative to.
[[nodiscard]] std::optional<WallTime> wall_time_in(std::string_view value);

}  // namespace respand::record
