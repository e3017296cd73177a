#pragma once
// DurationHistogram: a histogram of durations that can be merged, for percentiles. Buckets grow with the value: 16 to
// each doubling, so that a percentile is within 1/32 (3.2 %) of a duration that occurred; up to 16 µs it is exact. Only
// buckets that hold something take room. Values only.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "respand/base/units.h"

namespace respand::ledger {

class DurationHistogram {
 public:
  // Longer ones count as this: 2^42 µs are 50 days.
  static constexpr std::uint64_t kLongest = (std::uint64_t{1} << 42) - 1;

  void add(Duration time);  // Requires: not negative
  void merge(const DurationHistogram& more);
  [[nodiscard]] std::uint64_t count() const;
  // The duration that `share` (0 … 1) of them do not exceed, by nearest rank. Requires: count() > 0.
  [[nodiscard]] Duration percentile(double share) const;

  // As stored: for each bucket the distance from the one before and the count, LEB128 numbers.
  [[nodiscard]] std::string encode() const;
  // Bytes that encode() does not write give what can be read of them, and no harm.
  [[nodiscard]] static DurationHistogram decode(std::string_view bytes);

 private:
  using Bucket = std::pair<std::uint32_t, std::uint64_t>;  // index, count
  std::vector<Bucket> buckets_;                            // by index; counts above 0
};

}  // namespace respand::ledger
