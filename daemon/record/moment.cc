#include "record/moment.h"

#include <chrono>
#include <cstdint>

#include "record/scan.h"

namespace respand::record {
namespace {

struct Moment {
  Wide attoseconds = 0;  // since 1970
  bool zoned = true;     // it says what it is relative to
};

constexpr std::uint64_t kAttosecond = 1'000'000'000'000'000'000;

// Reads a text from its front; the first thing that does not fit makes it bad for good.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return text_.empty(); }
  bool skip(char c) {
    const bool there = text_.starts_with(c);
    text_.remove_prefix(there ? 1 : 0);
    return there;
  }
  void expect(bool fits) { good_ = good_ && fits; }
  // Exactly `count` digits of at most `max`.
  int number(std::size_t count, int max) {
    int value = 0;
    expect(text_.size() >= count);
    for (std::size_t i = 0; good_ && i < count; ++i) {
      expect(is_digit(text_[i]));
      value = value * 10 + (text_[i] - '0');
    }
    expect(value <= max);
    text_.remove_prefix(good_ ? count : 0);
    return value;
  }
  // The digits behind a point, in attoseconds.
  std::uint64_t fraction() {
    std::uint64_t value = 0;
    std::uint64_t unit = kAttosecond;
    expect(!text_.empty() && is_digit(text_.front()));
    for (; !text_.empty() && is_digit(text_.front()); text_.remove_prefix(1)) {
      unit /= 10;
      value += unit * static_cast<std::uint64_t>(text_.front() - '0');
    }
    return value;
  }

 private:
  std::string_view text_;
  bool good_ = true;
};

// The offset's minutes east of Greenwich.
int offset(Cursor& in, bool& zoned) {
  if (in.skip('Z') || in.skip('z')) {
    return 0;
  }
  const bool west = in.skip('-');
  if (!west && !in.skip('+')) {
    zoned = false;
    return 0;
  }
  int minutes = 60 * in.number(2, 23);
  if (!in.done()) {
    in.skip(':');
    minutes += in.number(2, 59);
  }
  return west ? -minutes : minutes;
}

std::optional<Moment> iso8601_moment(std::string_view text) {
  Cursor in(text);
  const int year = in.number(4, 9999);
  in.expect(in.skip('-'));
  const int month = in.number(2, 12);
  in.expect(in.skip('-'));
  const int day = in.number(2, 31);
  in.expect(in.skip('T') || in.skip('t') || in.skip(' '));
  int seconds = 3600 * in.number(2, 23);
  in.expect(in.skip(':'));
  seconds += 60 * in.number(2, 59);
  std::uint64_t fraction = 0;
  if (in.skip(':')) {
    seconds += in.number(2, 60);  // 60: a leap second
    if (in.skip('.') || in.skip(',')) {
      fraction = in.fraction();
    }
  }
  Moment moment;
  seconds -= 60 * offset(in, moment.zoned);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!in.good() || !in.done() || !date.ok()) {
    return std::nullopt;
  }
  const std::int64_t since_1970 =
      std::int64_t{std::chrono::sys_days{date}.time_since_epoch().count()} * 86'400 + seconds;
  if (since_1970 < 0) {
    return std::nullopt;
  }
  moment.attoseconds = static_cast<Wide>(since_1970) * kAttosecond + fraction;
  return moment;
}

std::optional<Moment> unix_moment(std::string_view number) {
  const std::optional<Decimal> value = parse_decimal(number);
  if (!value) {
    return std::nullopt;
  }
  const Wide whole = value->digits / power_of_ten(value->scale);
  const Wide attoseconds = value->digits * power_of_ten(kMaxScale - value->scale);
  if (whole >= power_of_ten(14) || whole < power_of_ten(8)) {
    return std::nullopt;
  }
  return Moment{whole >= power_of_ten(11) ? attoseconds / 1000 : attoseconds};
}

std::optional<Moment> moment(std::string_view value) {
  if (value.starts_with('"')) {
    return iso8601_moment(value.substr(1, value.size() - 2));
  }
  return unix_moment(value);
}

}  // namespace

Between seconds_between(std::string_view start, std::string_view end) {
  const std::optional<Moment> from = moment(start);
  const std::optional<Moment> to = from ? moment(end) : std::nullopt;
  if (!to || from->zoned != to->zoned) {
    return {};
  }
  if (to->attoseconds < from->attoseconds) {
    return {.seconds = std::nullopt, .reversed = true};
  }
  return {.seconds = Decimal{to->attoseconds - from->attoseconds, kMaxScale}};
}

}  // namespace respand::record
