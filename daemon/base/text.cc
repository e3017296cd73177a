#include "respand/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "respand/base/terminal_text.h"
#include "respand/json/scan.h"
#include "respand/json/utf8.h"

namespace respand {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kByteUnits{Unit{"B", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20}, Unit{"GiB", 1ULL << 30},
                                Unit{"TiB", 1ULL << 40}};
constexpr std::array kTimeUnits{Unit{"us", 1},         Unit{"ms", 1'000},        Unit{"s", 1'000'000},
                                Unit{"m", 60'000'000}, Unit{"h", 3'600'000'000}, Unit{"d", 86'400'000'000}};

constexpr std::uint64_t kMaxBytes = std::numeric_limits<std::int64_t>::max();  // what off_t can say
// 100 years. Any duration up to this can be added to a present time, even where a library counts in nanoseconds.
constexpr std::uint64_t kMaxDuration = 36'500 * 86'400'000'000ULL;

// 0000-01-01T00:00:00.000000Z and 9999-12-31T23:59:59.999999Z.
constexpr WallTime kFirstTime{Duration{-62'167'219'200'000'000}};
constexpr WallTime kLastTime{Duration{253'402'300'799'999'999}};

struct Quantity {
  std::uint64_t number;
  std::string_view unit;
};

Result<Quantity> split(std::string_view text) {
  Quantity quantity{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), quantity.number);
  if (failure == std::errc::result_out_of_range) {
    return error(ErrorCode::kInvalid, cat("'", printable(text, 40), "' is too large"));
  }
  if (failure != std::errc{} || end == text.data()) {
    return error(ErrorCode::kInvalid, cat("'", printable(text, 40), "' does not begin with a whole number"));
  }
  quantity.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return quantity;
}

template <std::size_t N>
Result<std::uint64_t> scale(std::string_view text, const Quantity& quantity, const std::array<Unit, N>& units,
                            std::uint64_t limit, std::string_view hint) {
  for (const Unit& unit : units) {
    if (unit.name == quantity.unit) {
      if (quantity.number > limit / unit.factor) {
        return error(ErrorCode::kInvalid, cat("'", printable(text, 40), "' is too large"));
      }
      return quantity.number * unit.factor;
    }
  }
  return error(ErrorCode::kInvalid, cat("'", printable(text, 40), "' has no known unit: ", hint));
}

void put_digits(char* out, std::uint64_t number, int width) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

// The value in the largest unit that divides it, so that it is read back exactly.
template <std::size_t N>
std::string shortest(std::uint64_t value, const std::array<Unit, N>& units) {
  const Unit* best = &units[0];
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) {
      best = &unit;
    }
  }
  return cat(value / best->factor, best->name);
}

void put_hex(std::string& out, std::string_view front, std::uint32_t number, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out.append(front);
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out.push_back(kDigits[(number >> static_cast<unsigned>(shift)) & 15U]);
  }
}

}  // namespace

void put_iso8601(WallTime time, char* out) noexcept {
  time = std::clamp(time, kFirstTime, kLastTime);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto in_day = static_cast<std::uint64_t>((time - day).count());
  put_digits(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out[4] = '-';
  put_digits(out + 5, static_cast<unsigned>(date.month()), 2);
  out[7] = '-';
  put_digits(out + 8, static_cast<unsigned>(date.day()), 2);
  out[10] = 'T';
  put_digits(out + 11, in_day / 3'600'000'000, 2);
  out[13] = ':';
  put_digits(out + 14, in_day / 60'000'000 % 60, 2);
  out[16] = ':';
  put_digits(out + 17, in_day / 1'000'000 % 60, 2);
  out[19] = '.';
  put_digits(out + 20, in_day % 1'000'000, 6);
  out[26] = 'Z';
}

std::string iso8601(WallTime time) {
  std::string out(kIso8601Size, '\0');
  put_iso8601(time, out.data());
  return out;
}

Result<Bytes> parse_bytes(std::string_view text) {
  auto quantity = split(text);
  if (!quantity) {
    return quantity.error();
  }
  if (quantity->unit.empty()) {
    quantity->unit = kByteUnits[0].name;
  }
  auto value = scale(text, *quantity, kByteUnits, kMaxBytes, "write a size as 64KiB, 8MiB or 4GiB");
  if (!value) {
    return value.error();
  }
  return Bytes{*value};
}

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") {
    return Duration{0};
  }
  auto quantity = split(text);
  if (!quantity) {
    return quantity.error();
  }
  auto value = scale(text, *quantity, kTimeUnits, kMaxDuration, "write a duration as 250ms, 30s, 5m, 2h or 7d");
  if (!value) {
    return value.error();
  }
  return Duration{static_cast<Duration::rep>(*value)};
}

std::string to_text(Bytes bytes) { return bytes.value == 0 ? "0" : shortest(bytes.value, kByteUnits); }

std::string to_text(Duration duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (duration.count() < 0) {
    return "-" + shortest(0 - count, kTimeUnits);
  }
  return count == 0 ? "0" : shortest(count, kTimeUnits);
}

std::string shown_on_terminal(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = json::utf8_length(text.data(), text.data() + text.size());
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const bool layout = character == "\n" || character == "\t" || text.starts_with("\r\n");
    if (length == 0) {
      put_hex(out, "\\x", static_cast<unsigned char>(text.front()), 2);
    } else if (json::is_control(character) && !layout) {
      put_hex(out, "\\u", json::code_point(character), 4);
    } else {
      out.append(character);
    }
    text.remove_prefix(character.size());
  }
  return out;
}

// Goes back from the end to the first byte of a character, at most three bytes: a longer run of continuation bytes is
// not the beginning of anything.
std::size_t incomplete_end(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1;
    if (byte >= 0xC0 || byte < 0x80) {
      return length > back ? back : 0;
    }
  }
  return 0;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = json::utf8_length(text.data(), text.data() + text.size());
    const std::size_t taken = length == 0 ? 1 : length;
    if (out.size() + taken > limit) {
      out.append("…");
      break;
    }
    if (length == 0 || json::is_control(text.substr(0, length))) {
      out.push_back('?');
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace respand
