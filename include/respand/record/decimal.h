#pragma once
// Exact decimals: a digit string with a point, as integers of 128 bits. Money and times never pass through binary
// floating point. Used by record and ledger. Pure; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace respand::record {

__extension__ using Wide = unsigned __int128;

// digits / 10^scale.
struct Decimal {
  Wide digits = 0;
  int scale = 0;  // 0 … kMaxScale

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

inline constexpr int kMaxScale = 18;

// A JSON number as written ("1.50", "2e3"). None for anything else, and where the value is negative, reaches 10^18, or
// has digits behind the 18th place: respand rather computes nothing than something else.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view number);
// The same, into `value`; false for none, and then it is not to be looked at.
[[nodiscard]] bool parse_decimal(std::string_view number, Decimal& value);

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
