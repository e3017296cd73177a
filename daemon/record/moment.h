#pragma once
// Points in time as applications write them, and the time between two of them. Private to the module.

#include <optional>
#include <string_view>

#include "respand/record/decimal.h"

namespace respand::record {

// The seconds between two values of a record, as written; none where that cannot be known. A value is
// - ISO 8601 in quotes: date, 'T' or a space, hours and minutes, perhaps seconds with a fraction, perhaps Z or an
//   offset. Without an offset it is local time of an unknown place: it can be compared with another such time only;
// - or the Unix time, a number: seconds from 10^8 (1973), milliseconds from 10^11 on. Smaller ones are no Unix time but
//   of a clock that starts elsewhere, and larger ones have an unknown unit.
// Fractions count up to the 18th place. The result is exact.
struct Between {
  std::optional<Decimal> seconds;
  bool reversed = false;  // both are times, and the end is before the start
};
[[nodiscard]] Between seconds_between(std::string_view start, std::string_view end);

}  // namespace respand::record
