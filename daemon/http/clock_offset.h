#pragma once
// How far this host's clock is from the API's, by the Date of an answer. A wrong clock gives records wrong times, so
// the operator is told. Pure; any thread.

#include <chrono>

#include "respand/base/units.h"

namespace respand::http {

// The least difference of this host's clock to the server's: positive where this host is ahead, 0 where the two may
// agree. A Date has whole seconds only, and was written at some time during an attempt that took `elapsed` and ended at
// `now`.
[[nodiscard]] constexpr Duration clock_offset(WallTime date, WallTime now, Duration elapsed) {
  const Duration most = now - date;
  const Duration least = most - elapsed - std::chrono::seconds{1};
  return least > Duration{0} ? least : most < Duration{0} ? most : Duration{0};
}

}  // namespace respand::http
