#include "respand/record/decimal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "respand/json/scan.h"

namespace respand::record {
namespace {

constexpr int kWideDigits = 39;

// Values below this limit are computed in 64 bits, whose division is much faster than that of 128 bits.
constexpr std::uint64_t kNarrow = 10'000'000'000'000'000'000U;  // exclusive

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

using Digits = std::array<char, kWideDigits + 1>;

// The digits of `value`, without leading zeros; none for 0.
std::string_view digits_of(std::uint64_t value, Digits& buffer) {
  char* at = buffer.data() + buffer.size();
  for (; value >= 10; value /= 100) {
    at -= 2;
    std::memcpy(at, &kPairs[2 * (value % 100)], 2);
  }
  if (value != 0) {
    *--at = static_cast<char>('0' + value);
  }
  return {at, static_cast<std::size_t>(buffer.data() + buffer.size() - at)};
}

std::string_view digits_of(Wide value, Digits& buffer) {
  char* at = buffer.data() + buffer.size();
  while (value != 0) {
    auto piece = static_cast<std::uint64_t>(value % kPowersOfTen[18]);
    value /= kPowersOfTen[18];
    for (int i = 0; i < 18 && (piece != 0 || value != 0); ++i) {
      *--at = static_cast<char>('0' + piece % 10);
      piece /= 10;
    }
  }
  return {at, static_cast<std::size_t>(buffer.data() + buffer.size() - at)};
}

// Digits of a value below kNarrow, 0 for 0.
int length_of(std::uint64_t value) {
  // log10(2) is about 1233 / 4096: at most one too low.
  const int length = static_cast<int>(std::bit_width(value)) * 1233 >> 12;
  return length + (value >= static_cast<std::uint64_t>(power_of_ten(length)) ? 1 : 0);
}

// The same value with at most 12 significant digits: the digits behind them become zeros.
std::string_view significant_digits(Wide value, Digits& buffer) {
  if (value < kNarrow) {
    auto narrow = static_cast<std::uint64_t>(value);
    if (const int extra = length_of(narrow) - kSignificant; extra > 0) {
      const auto unit = static_cast<std::uint64_t>(power_of_ten(extra));
      narrow = (narrow + unit / 2) / unit * unit;
    }
    return digits_of(narrow, buffer);
  }
  const int extra = static_cast<int>(digits_of(value, buffer).size()) - kSignificant;
  const Wide unit = power_of_ten(extra);
  return digits_of((value + unit / 2) / unit * unit, buffer);
}

// The exponent behind 'e'. One that is far out of range is cut: how far out it is makes no difference.
int exponent_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  int value = 0;
  for (const char c : text) {
    if (json::is_digit(c)) {
      value = std::min(value * 10 + (c - '0'), 10'000);
    }
  }
  return negative ? -value : value;
}

// A number without an exponent that fits into 64 bits; false for another one.
bool parse_short(std::string_view number, Decimal& value) {
  std::uint64_t digits = 0;
  std::size_t behind = number.size();  // the point
  for (std::size_t at = 0; at < number.size(); ++at) {
    if (json::is_digit(number[at])) {
      digits = digits * 10 + static_cast<std::uint64_t>(number[at] - '0');
    } else if (number[at] == '.') {
      behind = at + 1;
    } else {
      return false;
    }
  }
  int scale = digits == 0 ? 0 : static_cast<int>(number.size() - behind);
  for (; scale > 0 && digits % 10 == 0; --scale) {
    digits /= 10;
  }
  value.digits = digits;
  value.scale = scale;
  return true;
}

bool parse_long(std::string_view number, Decimal& value) {
  Wide digits = 0;
  int count = 0;  // digits that are kept
  int scale = 0;
  int zeros = 0;  // seen but not kept yet: trailing ones do not use up the room
  bool behind_point = false;
  std::size_t at = 0;
  for (; at < number.size() && number[at] != 'e' && number[at] != 'E'; ++at) {
    if (number[at] == '.') {
      behind_point = true;
      continue;
    }
    scale = std::min(scale + (behind_point ? 1 : 0), 10'000);
    if (number[at] == '0') {
      zeros += digits == 0 ? 0 : 1;
      continue;
    }
    count += (digits == 0 ? 0 : zeros) + 1;
    if (count > 36) {
      return false;
    }
    digits = digits * power_of_ten(zeros + 1) + static_cast<Wide>(number[at] - '0');
    zeros = 0;
  }
  if (digits == 0) {
    value = {};
    return true;
  }
  scale -= zeros + (at < number.size() ? exponent_of(number.substr(at + 1)) : 0);
  if (scale > kMaxScale || count - scale > 18) {
    return false;
  }
  value = scale < 0 ? Decimal{digits * power_of_ten(-scale), 0} : Decimal{digits, scale};
  return true;
}

}  // namespace

bool parse_decimal(std::string_view number, Decimal& value) {
  if (number.empty() || !json::is_digit(number.front())) {
    return false;  // a string, a literal, an object, or negative
  }
  return (number.size() <= 18 && parse_short(number, value)) || parse_long(number, value);
}

std::optional<Decimal> parse_decimal(std::string_view number) {
  Decimal value;
  return parse_decimal(number, value) ? std::optional(value) : std::nullopt;
}

std::size_t put_decimal(Decimal value, char* out) {
  Digits buffer;
  std::string_view digits = significant_digits(value.digits, buffer);
  int scale = value.scale;
  while (scale > 0 && digits.ends_with('0')) {
    digits.remove_suffix(1);
    --scale;
  }
  if (digits.empty()) {
    *out = '0';
    return 1;
  }
  char* at = out;
  const auto put = [&at](std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  const int whole = static_cast<int>(digits.size()) - scale;
  if (whole <= 0) {
    put("0.");
    at = std::fill_n(at, -whole, '0');
    put(digits);
  } else {
    put(digits.substr(0, static_cast<std::size_t>(whole)));
    if (scale > 0) {
      *at++ = '.';
      put(digits.substr(static_cast<std::size_t>(whole)));
    }
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace respand::record
