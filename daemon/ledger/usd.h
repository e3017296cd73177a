#pragma once
// Usd: US dollars, exactly, as whole dollars and units of 10^-18. Every cost that the encoder can compute has at most
// 18 decimals, so sums of any number of records have no error at all. Values only.

#include <compare>
#include <cstdint>
#include <string>

#include "respand/record/decimal.h"

namespace respand::ledger {

struct Usd {
  static constexpr std::int64_t kUnits = 1'000'000'000'000'000'000;  // a dollar
  static constexpr std::int64_t kMost = INT64_MAX;                   // dollars; sums stop there

  std::int64_t dollars = 0;
  std::int64_t units = 0;  // 0 … kUnits - 1

  // Requires: a decimal as the encoder makes it: not negative, below 10^18, scale 0 … 18.
  [[nodiscard]] static Usd of(const record::Decimal& decimal);
  void add(const Usd& more);
  // Requires: less <= *this.
  [[nodiscard]] Usd minus(const Usd& less) const;

  // For charts, ratios and metrics: the nearest double.
  [[nodiscard]] double approximate() const { return static_cast<double>(dollars) + static_cast<double>(units) * 1e-18; }
  // All decimals that it has: "12", "0.0000015".
  [[nodiscard]] std::string exact() const;
  // With so many decimals (0 … 18), rounded half up: "12.35".
  [[nodiscard]] std::string rounded(int decimals) const;

  friend auto operator<=>(const Usd&, const Usd&) = default;
};

}  // namespace respand::ledger
