#include "record/moment.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>

#include "record/spelled_time.h"
#include "respand/json/scan.h"

namespace respand::record {
namespace {

struct Moment {
  std::int64_t seconds = 0;       // since 1970
  std::uint64_t attoseconds = 0;  // behind that second
  bool zoned = true;              // it says what it is relative to
};

constexpr std::uint64_t kSecond = 1'000'000'000'000'000'000;  // attoseconds

// Reads a text from its front; the first thing that does not fit makes it bad for good. Digits are taken without
// branches: there are twenty in a time, and this is done for each record.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), last_(at_ + text.size()) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return at_ == last_; }
  bool skip(char c) {
    const bool there = at_ != last_ && *at_ == c;
    at_ += there ? 1 : 0;
    return there;
  }
  // Requires: so many bytes are left.
  void move(std::ptrdiff_t bytes) { at_ += bytes; }
  void expect(bool fits) { good_ = good_ && fits; }
  // Exactly so many digits, of at most `max`.
  template <std::ptrdiff_t kDigits>
  int number(unsigned max) {
    if (last_ - at_ < kDigits) {
      good_ = false;
      return 0;
    }
    unsigned value = 0;
    unsigned highest = 0;
    for (std::ptrdiff_t i = 0; i < kDigits; ++i) {
      const unsigned digit = digit_of(at_[i]);
      highest = std::max(highest, digit);
      value = value * 10 + digit;
    }
    at_ += kDigits;
    expect(highest <= 9 && value <= max);
    return static_cast<int>(value);
  }
  // The digits behind a point, in attoseconds; what lies behind the last one of those is cut off.
  std::uint64_t fraction() {
    const char* const first = at_;
    std::uint64_t value = 0;
    for (; at_ != last_ && digit_of(*at_) <= 9 && at_ - first < kMaxScale; ++at_) {
      value = value * 10 + digit_of(*at_);
    }
    const auto digits = static_cast<int>(at_ - first);
    expect(digits > 0);
    while (at_ != last_ && digit_of(*at_) <= 9) {
      ++at_;
    }
    return value * static_cast<std::uint64_t>(power_of_ten(kMaxScale - digits));
  }

 private:
  static unsigned digit_of(char c) { return static_cast<unsigned char>(c) - unsigned{'0'}; }

  const char* at_;
  const char* last_;
  bool good_ = true;
};

struct DateTime {
  int year = 0;
  int month = 0;
  int day = 0;
  int seconds = 0;  // of the day
};

// 2026-11-21T10:00:00 in 20 bytes or more, eight at a time: digits and separators are told apart by what must be added
// to reach 128. False for anything else, which may still be a time.
bool usual_date_time(const char* at, DateTime& out) {
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  const auto load = [at](int from) {
    std::uint64_t word = 0;
    std::memcpy(&word, at + from, sizeof word);
    return word;
  };
  const auto fits = [](std::uint64_t word, std::uint64_t room) { return ((word | (word + room)) & kHigh) == 0; };
  const auto pairs = [](std::uint64_t word) { return word * 10 + (word >> 8); };
  const auto byte = [](std::uint64_t word, int i) { return static_cast<int>(word >> (8 * i) & 0xFF); };
  const char mark = at[10];
  if (std::endian::native != std::endian::little || (mark != 'T' && mark != ' ' && mark != 't')) {
    return false;
  }
  // In reading order from the lowest byte: "0000-00-", "00T00:00", and ":00" with five bytes that do not count.
  const std::uint64_t date = load(0) ^ 0x2D30302D30303030;
  const std::uint64_t time = (load(8) & 0xFFFFFFFFFF00FFFF) ^ 0x30303A3030003030;
  const std::uint64_t second = (load(12) >> 32 & 0xFFFFFF) ^ 0x30303A;
  if (!fits(date, 0x7F76767F76767676) || !fits(time, 0x76767F76767F7676) || !fits(second, 0x7F7F7F7F7F76767F)) {
    return false;
  }
  out.year = byte(pairs(date), 0) * 100 + byte(pairs(date), 2);
  out.month = byte(pairs(date), 5);
  out.day = byte(pairs(time), 0);
  out.seconds = 3600 * byte(pairs(time), 3) + 60 * byte(pairs(time), 6) + byte(pairs(second), 1);
  return byte(pairs(time), 3) < 24 && byte(pairs(time), 6) < 60 && byte(pairs(second), 1) <= 60;  // a leap second
}

// A time of the day in any spelling. True where it has seconds, so that a fraction may follow.
bool any_date_time(Cursor& in, DateTime& out) {
  out.year = in.number<4>(9999);
  in.expect(in.skip('-'));
  out.month = in.number<2>(12);
  in.expect(in.skip('-'));
  out.day = in.number<2>(31);
  in.expect(in.skip('T') || in.skip('t') || in.skip(' '));
  out.seconds = 3600 * in.number<2>(23);
  in.expect(in.skip(':'));
  out.seconds += 60 * in.number<2>(59);
  const bool to_seconds = in.skip(':');
  out.seconds += to_seconds ? in.number<2>(60) : 0;
  return to_seconds;
}

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
  int minutes = 60 * in.number<2>(23);
  if (!in.done()) {
    in.skip(':');
    minutes += in.number<2>(59);
  }
  return west ? -minutes : minutes;
}

bool iso8601_moment(std::string_view text, Moment& moment) {
  Cursor in(text);
  DateTime read;
  bool to_seconds = true;
  if (text.size() >= 20 && usual_date_time(text.data(), read)) {
    in.move(19);
  } else {
    read = {};
    to_seconds = any_date_time(in, read);
  }
  if (to_seconds && (in.skip('.') || in.skip(','))) {
    moment.attoseconds = in.fraction();
  }
  const std::int64_t seconds = read.seconds - 60 * offset(in, moment.zoned);
  const std::chrono::year_month_day date{std::chrono::year{read.year},
                                         std::chrono::month{static_cast<unsigned>(read.month)},
                                         std::chrono::day{static_cast<unsigned>(read.day)}};
  if (!in.good() || !in.done() || !date.ok()) {
    return false;
  }
  moment.seconds = std::int64_t{std::chrono::sys_days{date}.time_since_epoch().count()} * 86'400 + seconds;
  return moment.seconds >= 0;
}

// The unit of a Unix time is told by its size: 10^8 s were over in 1973, 10^11 s are the year 5138.
struct UnixUnit {
  int from;  // the power of ten at which it begins
  std::uint64_t per_second;
};
constexpr UnixUnit kUnixUnits[] = {{8, 1}, {11, 1'000}, {14, 1'000'000}, {17, 1'000'000'000}};
constexpr int kUnixEnd = 20;

// `units` whole units, and `behind`, the attoseconds of a part of one.
bool unix_moment(Wide units, std::uint64_t behind, Moment& moment) {
  if (units < power_of_ten(kUnixUnits[0].from) || units >= power_of_ten(kUnixEnd) || units > ~std::uint64_t{0}) {
    return false;
  }
  const UnixUnit* unit = std::begin(kUnixUnits);
  while (unit + 1 != std::end(kUnixUnits) && units >= power_of_ten(unit[1].from)) {
    ++unit;
  }
  const auto whole = static_cast<std::uint64_t>(units);
  moment.seconds = static_cast<std::int64_t>(whole / unit->per_second);
  moment.attoseconds = whole % unit->per_second * (kSecond / unit->per_second) + behind / unit->per_second;
  return true;
}

bool unix_moment(std::string_view number, Moment& moment) {
  if (number.size() == 19 &&
      std::all_of(number.begin(), number.end(), json::is_digit)) {  // ns: more than a Decimal holds
    Wide units = 0;
    for (const char c : number) {
      units = units * 10 + static_cast<Wide>(c - '0');
    }
    return unix_moment(units, 0, moment);
  }
  Decimal value;
  if (!parse_decimal(number, value)) {
    return false;
  }
  const Wide unit = power_of_ten(value.scale);
  const bool narrow = value.digits <= ~std::uint64_t{0};  // the usual case; dividing 128 bits is slow
  const Wide whole =
      narrow ? static_cast<std::uint64_t>(value.digits) / static_cast<std::uint64_t>(unit) : value.digits / unit;
  const auto rest = static_cast<std::uint64_t>(value.digits - whole * unit);
  return unix_moment(whole, rest * static_cast<std::uint64_t>(power_of_ten(kMaxScale - value.scale)), moment);
}

bool moment_in(std::string_view value, Moment& moment) {
  if (!value.starts_with('"')) {
    return unix_moment(value, moment);
  }
  const std::string_view text = value.substr(1, value.size() - 2);
  if (iso8601_moment(text, moment)) {
    return true;
  }
  moment = {};
  const bool number =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return json::is_digit(c) || c == '.'; });
  return number ? unix_moment(text, moment) : other_moment(text, moment.seconds, moment.attoseconds, moment.zoned);
}

}  // namespace

Between seconds_between(std::string_view start, std::string_view end, Decimal& seconds) {
  Moment from;
  Moment to;
  if (!moment_in(start, from) || !moment_in(end, to) || from.zoned != to.zoned) {
    return Between::kUnknown;
  }
  std::int64_t whole = to.seconds - from.seconds;
  std::uint64_t behind = to.attoseconds - from.attoseconds;
  if (to.attoseconds < from.attoseconds) {
    behind += kSecond;
    --whole;
  }
  if (whole < 0) {
    return Between::kReversed;
  }
  // Most clocks tell microseconds; small numbers are quick to write.
  constexpr std::uint64_t kMicrosecond = kSecond / 1'000'000;
  const bool micros = behind % kMicrosecond == 0;
  seconds.digits =
      static_cast<Wide>(whole) * (micros ? 1'000'000 : kSecond) + (micros ? behind / kMicrosecond : behind);
  seconds.scale = micros ? 6 : kMaxScale;
  return Between::kKnown;
}

std::optional<WallTime> wall_time_in(std::string_view value) {
  Moment moment;
  // The years that a 64-bit count of microseconds can hold.
  if (!moment_in(value, moment) || !moment.zoned || moment.seconds > 253'402'300'799) {
    return std::nullopt;
  }
  return WallTime{std::chrono::seconds{moment.seconds} +
                  std::chrono::microseconds{moment.attoseconds / (kSecond / 1'000'000)}};
}

}  // namespace respand::record
