#pragma once
// How far this host's clock is from the API's, by the Date of an answer: who reads a wrong clock here stamps records
// with wrong times. Pure; any thread.

#include <chrono>

#include "respand/base/units.h"

namespace respand::http {

// This host's clock less the server's, at least: positive where this host is ahead, 0 where the two may agree. A Date
// is cut to whole seconds, and was written at some time of an attempt that took `elapsed` and ended at `now`.
[[nodiscard]] constexpr Duration clock_offset(WallTime date, WallTime now, Duration elapsed) {
  const Duration most = now - date;
  const Duration least = most - elapsed - std::chrono::seconds{1};
  return least > Duration{0} ? least : most < Duration{0} ? most : Duration{0};
}

}  // namespace respand::http
