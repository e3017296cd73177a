#pragma once
// TimeZone: a time zone for `respand costs --tz`, with the C library's data. It sets the process's zone (TZ): one zone
// at a time, one thread.

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
  // The time as the zone's clocks show it: "2026-11-24T23:00:00+01:00"; for UTC "2026-11-24T22:00:00Z".
  [[nodiscard]] std::string show(WallTime time) const;
  // The time at which the zone's clocks show this date and time. `shown` has them as if they were UTC.
  [[nodiscard]] WallTime from_clock(WallTime shown) const;

 private:
  explicit TimeZone(bool is_utc) : is_utc_(is_utc) {}
  bool is_utc_;
};

}  // namespace respand::cli
