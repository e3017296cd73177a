#pragma once
// Points in time as applications write them, and the time between two of them. Private to the module.

#include <cstdint>
#include <string_view>

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
// - or the Unix time, a number: seconds from 10^8 (1973), milliseconds from 10^11 on. Smaller ones are no Unix time but
//   of a clock that starts elsewhere, and larger ones have an unknown unit.
// Fractions count up to the 18th place. The result is exact.
[[nodiscard]] Between seconds_between(std::string_view start, std::string_view end, Decimal& seconds);

}  // namespace respand::record
