#include "respand/record/decimal.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "record/scan.h"

namespace respand::record {
namespace {

constexpr int kWideDigits = 39;

constexpr std::array<Wide, kWideDigits> kPowers = [] {
  std::array<Wide, kWideDigits> powers{};
  Wide power = 1;
  for (std::size_t i = 0; i < powers.size(); ++i) {
    powers[i] = power;
    power *= 10;  // behind the last one it wraps, unused
  }
  return powers;
}();

// The digits of `value`, without leading zeros; none for 0. In pieces of 64 bits, since dividing 128 is slow.
std::string_view digits_of(Wide value, std::array<char, kWideDigits>& buffer) {
  char* at = buffer.data() + buffer.size();
  if (value <= ~std::uint64_t{0}) {
    for (auto rest = static_cast<std::uint64_t>(value); rest != 0; rest /= 10) {
      *--at = static_cast<char>('0' + rest % 10);
    }
    value = 0;
  }
  while (value != 0) {
    auto piece = static_cast<std::uint64_t>(value % kPowers[18]);
    value /= kPowers[18];
    for (int i = 0; i < 18 && (piece != 0 || value != 0); ++i) {
      *--at = static_cast<char>('0' + piece % 10);
      piece /= 10;
    }
  }
  return {at, static_cast<std::size_t>(buffer.data() + buffer.size() - at)};
}

// The exponent behind 'e'. Far beyond what a value may have, it does not matter by how much.
int exponent_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  int value = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      value = std::min(value * 10 + (c - '0'), 10'000);
    }
  }
  return negative ? -value : value;
}

}  // namespace

Wide power_of_ten(int power) { return kPowers.at(static_cast<std::size_t>(power)); }

std::optional<Decimal> parse_decimal(std::string_view number) {
  if (number.empty() || !is_digit(number.front())) {
    return std::nullopt;  // a string, a literal, an object, or negative
  }
  Wide digits = 0;
  int count = 0;  // of the digits kept
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
      return std::nullopt;
    }
    digits = digits * power_of_ten(zeros + 1) + static_cast<Wide>(number[at] - '0');
    zeros = 0;
  }
  if (digits == 0) {
    return Decimal{};
  }
  scale -= zeros + (at < number.size() ? exponent_of(number.substr(at + 1)) : 0);
  if (scale > kMaxScale || count - scale > 18) {
    return std::nullopt;
  }
  return scale < 0 ? Decimal{digits * power_of_ten(-scale), 0} : Decimal{digits, scale};
}

std::size_t put_decimal(Decimal value, char* out) {
  std::array<char, kWideDigits> buffer{};
  std::string_view digits = digits_of(value.digits, buffer);
  if (const int extra = static_cast<int>(digits.size()) - kSignificant; extra > 0) {
    // The digits cut off stay as zeros, so that the scale holds; they go with the others below.
    const Wide unit = power_of_ten(extra);
    digits = digits_of((value.digits + unit / 2) / unit * unit, buffer);
  }
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
