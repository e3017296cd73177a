#pragma once
// Time zones for `respand costs --tz`, by the C library's own data. The process's zone (TZ) is set to it: one zone at a
// time, one thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::cli {

class TimeZone {
 public:
  // "UTC", "local", a name ("Europe/Berlin") or an offset ("+02:00", "-0530").
  [[nodiscard]] static Result<TimeZone> named(std::string_view name);
  [[nodiscard]] static TimeZone utc() { return TimeZone(true); }

  [[nodiscard]] bool is_utc() const { return is_utc_; }
  // As its clocks show it: "2026-11-24T23:00:00+01:00"; of UTC "2026-11-24T22:00:00Z".
  [[nodiscard]] std::string show(WallTime time) const;
  // What its clocks show as that date and time; `shown` is the same as if it were UTC.
  [[nodiscard]] WallTime from_clock(WallTime shown) const;

 private:
  explicit TimeZone(bool is_utc) : is_utc_(is_utc) {}
  bool is_utc_;
};

}  // namespace respand::cli
