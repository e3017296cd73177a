#pragma once
// UsageCounts: what a call used, counted in the units that providers bill (base/billing_units.h). The code that reads a
// record's usage fills it, and PriceTable prices it. Values only; any thread.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "respand/base/billing_units.h"

namespace respand::record {

// The largest count of one unit; no call has as many. With prices below 10^6 dollars a cost stays far below 2^127.
inline constexpr std::uint64_t kMaxUsage = 1'000'000'000'000;

// Counts are totals that contain each other, as in genai-prices, however the provider itself counts: kInput holds what
// was read from and written to the cache, audio, images, text …; kCacheWrite holds kCacheWrite5m and kCacheWrite1h;
// kOutput holds reasoning. A part that is not given is 0, and its tokens count as the rest of the whole does. A part
// that is given as 0 should be set too: where two parts overlap (cached tokens, audio tokens) only that says that no
// token is both. Durations are milliseconds. kRequests need not be counted: a record is one request. Construction
// clears no array.
class UsageCounts {
 public:
  UsageCounts() {}  // NOLINT(modernize-use-equals-default): leaves counts_ as it is

  // The count of a unit; 0 where it was not set.
  [[nodiscard]] std::uint64_t operator[](BillingUnit unit) const { return has(unit) ? counts_[index(unit)] : 0; }
  // Whether the count is above 0.
  [[nodiscard]] bool has(BillingUnit unit) const { return (given_ >> index(unit) & 1U) != 0; }
  // Replaces the count. Requires: count <= kMaxUsage, for it to be priced.
  void set(BillingUnit unit, std::uint64_t count) {
    counts_[index(unit)] = count;
    given_ = (given_ & ~bit(unit)) | (count != 0 ? bit(unit) : 0);
    told_ |= bit(unit);
  }
  // Whether the count was set, also to 0.
  [[nodiscard]] bool is_told(BillingUnit unit) const { return (told_ >> index(unit) & 1U) != 0; }
  // Adds to the count.
  void add(BillingUnit unit, std::uint64_t count) { set(unit, (*this)[unit] + count); }
  // Which counts are above 0: bit i for BillingUnit(i); and whether none is.
  [[nodiscard]] std::uint64_t given() const { return given_; }
  [[nodiscard]] bool empty() const { return given_ == 0; }
  // Calls visit(unit, count) for each count above 0, in the order of the units.
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
