#pragma once
// Decimal: an exact decimal number, held as an integer of 128 bits and a power of ten. Money and times never pass
// through binary floating point. Used by record and ledger. Pure; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace respand::record {

// An integer that the digits of every value below 10^18 with 18 places fit into.
__extension__ using Wide = unsigned __int128;

// The number digits / 10^scale, which is not negative.
struct Decimal {
  Wide digits = 0;  // of the number without its point
  int scale = 0;    // 0 … kMaxScale

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// The most places behind the point.
inline constexpr int kMaxScale = 18;

// The value of a JSON number as written ("1.50", "2e3"). Nothing for anything else, and where the value is negative,
// reaches 10^18, or has digits behind the 18th place: respand would rather compute nothing than something inexact.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view number);
// The same, into `value`. False where there is none; `value` then holds anything.
[[nodiscard]] bool parse_decimal(std::string_view number, Decimal& value);

// The powers of ten that fit, from 10^0 to 10^38.
inline constexpr std::array<Wide, 39> kPowersOfTen = [] {
  std::array<Wide, 39> powers{};
  Wide power = 1;
  for (Wide& each : powers) {
    each = power;
    power *= 10;  // behind the last one it wraps, unused
  }
  return powers;
}();
// 10^power. Requires: power <= 38.
[[nodiscard]] inline Wide power_of_ten(int power) { return kPowersOfTen[static_cast<std::size_t>(power)]; }

// Writes digits / 10^scale to `out`, without exponent or needless zeros, rounded (half up) to 12 significant digits,
// and returns the length. Requires: scale <= kMaxScale, a value below 10^18, room for kDecimalSize bytes.
inline constexpr int kSignificant = 12;
inline constexpr std::size_t kDecimalSize = 20;
std::size_t put_decimal(Decimal value, char* out);

}  // namespace respand::record
