#pragma once
// What a call used, counted in the units that providers bill (base/billing_units.h). Filled by what reads a record's
// usage, priced by PriceTable. Values only; any thread.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "respand/base/billing_units.h"

namespace respand::record {

// Of one unit; no call has as many. With prices below 10^6 dollars a cost stays far below 2^127.
inline constexpr std::uint64_t kMaxUsage = 1'000'000'000'000;

// Counts are totals that contain each other, as genai-prices has them, whatever the provider's own way: kInput holds
// what was read from and written to the cache, audio, images, text …; kCacheWrite holds kCacheWrite5m and
// kCacheWrite1h; kOutput holds reasoning. A part that is not told is 0: its tokens count as what the whole is. What is
// told as 0 is best set too: where two parts overlap (cached tokens, audio tokens) only that tells that none is both.
// Durations are milliseconds. kRequests need not be counted: a record is one. Making one clears no array.
class UsageCounts {
 public:
  UsageCounts() {}  // NOLINT(modernize-use-equals-default): leaves counts_ as it is

  [[nodiscard]] std::uint64_t operator[](BillingUnit unit) const { return has(unit) ? counts_[index(unit)] : 0; }
  // Whether it is there and above 0.
  [[nodiscard]] bool has(BillingUnit unit) const { return (given_ >> index(unit) & 1U) != 0; }
  void set(BillingUnit unit, std::uint64_t count) {
    counts_[index(unit)] = count;
    given_ = (given_ & ~bit(unit)) | (count != 0 ? bit(unit) : 0);
    told_ |= bit(unit);
  }
  // Whether it was set, to 0 too.
  [[nodiscard]] bool is_told(BillingUnit unit) const { return (told_ >> index(unit) & 1U) != 0; }
  void add(BillingUnit unit, std::uint64_t count) { set(unit, (*this)[unit] + count); }
  // Bit i: BillingUnit(i) is there and above 0.
  [[nodiscard]] std::uint64_t given() const { return given_; }
  [[nodiscard]] bool empty() const { return given_ == 0; }
  // Calls visit(unit, count) for each that is above 0.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (std::uint64_t left = given_; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      visit(static_cast<BillingUnit>(i), counts_[i]);
    }
  }

 private:
  static std::size_t index(BillingUnit unit) { return static_cast<std::size_t>(unit); }
  static std::uint64_t bit(BillingUnit unit) { return std::uint64_t{1} << index(unit); }

  std::array<std::uint64_t, kBillingUnits> counts_;  // only where given_ says so
  std::uint64_t given_ = 0;
  std::uint64_t told_ = 0;
};
static_assert(kBillingUnits <= 64);

}  // namespace respand::record
