#include "cli/time_range.h"

#include <chrono>
#include <optional>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Takes what it reads off the front. After a step has failed, the further ones do nothing.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  int number(std::size_t digits, int least, int most) {
    int value = 0;
    good_ = good_ && rest_.size() >= digits;
    for (std::size_t i = 0; good_ && i < digits; ++i) {
      good_ = rest_[i] >= '0' && rest_[i] <= '9';
      value = value * 10 + (rest_[i] - '0');
    }
    good_ = good_ && value >= least && value <= most;
    rest_.remove_prefix(good_ ? digits : 0);
    return value;
  }
  bool take(char c) {
    const bool there = good_ && rest_.starts_with(c);
    rest_.remove_prefix(there ? 1 : 0);
    return there;
  }
  void need(char c) { good_ = take(c) && good_; }
  void skip_digits() {
    while (good_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      rest_.remove_prefix(1);
    }
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool ended() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

// A date or time; without an offset it is what the clocks of `zone` show.
std::optional<WallTime> parse_date(std::string_view text, const TimeZone& zone) {
  TimeReader reader(text);
  const int year = reader.number(4, 1970, 9999);
  reader.need('-');
  const int month = reader.number(2, 1, 12);
  reader.need('-');
  const int day = reader.number(2, 1, 31);
  const std::chrono::year_month_day date(std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)});
  Duration of_day{0};
  bool zoned = false;
  if (!reader.at_end()) {
    if (!reader.take('T')) {
      reader.need(' ');
    }
    of_day += std::chrono::hours{reader.number(2, 0, 23)};
    reader.need(':');
    of_day += std::chrono::minutes{reader.number(2, 0, 59)};
    if (reader.take(':')) {
      of_day += std::chrono::seconds{reader.number(2, 0, 60)};
      if (reader.take('.')) {
        reader.skip_digits();  // hours are counted here
      }
    }
    const int sign = reader.take('+') ? 1 : reader.take('-') ? -1 : 0;
    zoned = sign != 0 || reader.take('Z');
    if (sign != 0) {
      const std::chrono::hours hours{reader.number(2, 0, 14)};
      reader.take(':');
      of_day -= sign * (hours + std::chrono::minutes{reader.number(2, 0, 59)});
    }
  }
  if (!reader.ended() || !date.ok()) {
    return std::nullopt;
  }
  const WallTime time = WallTime(std::chrono::sys_days(date)) + of_day;
  return zoned ? time : zone.from_clock(time);
}

// "2w": other durations know nothing longer than days, but costs are often looked at by weeks.
std::optional<Duration> parse_weeks(std::string_view text) {
  if (!text.ends_with('w')) {
    return std::nullopt;
  }
  const auto days = parse_duration(cat(text.substr(0, text.size() - 1), "d"));
  return days && *days < std::chrono::hours{24 * 36'500} ? std::optional(*days * 7) : std::nullopt;
}

}  // namespace

Result<WallTime> parse_when(std::string_view text, WallTime now, const TimeZone& zone) {
  if (text == "now") {
    return now;
  }
  if (const auto duration = parse_duration(text)) {
    return now - *duration;
  }
  if (const auto weeks = parse_weeks(text)) {
    return now - *weeks;
  }
  if (const auto date = parse_date(text, zone)) {
    return *date;
  }
  return error(ErrorCode::kInvalid,
               cat("'", printable(text, 60),
                   "' is no time: write a duration before now (24h, 7d, 2w), a date (2026-11-24), a "
                   "time (2026-11-24T10:30Z) or now"));
}

Result<HourRange> hour_range(WallTime since, WallTime until) {
  const HourRange range{std::chrono::floor<std::chrono::hours>(since).time_since_epoch().count(),
                        std::chrono::ceil<std::chrono::hours>(until).time_since_epoch().count()};
  if (since >= until) {
    return error(ErrorCode::kInvalid, cat("nothing lies between ", iso8601(since), " and ", iso8601(until)));
  }
  return range;
}

}  // namespace respand::cli
