#pragma once
// AckedSet: which records need no further work. A floor (everything below is acknowledged) and the acknowledged ranges
// above it. The ranges are as many as delivery has open records at most, because only those make holes. Under its
// owner's lock.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "respand/base/units.h"

namespace respand::journal {

// [first, end).
struct SequenceRange {
  Sequence first;
  Sequence end;
};

class AckedSet {
 public:
  explicit AckedSet(Sequence floor) : floor_(floor.value) {}

  // The lowest sequence that is not acknowledged.
  [[nodiscard]] Sequence floor() const { return Sequence{floor_}; }
  [[nodiscard]] bool contains(Sequence sequence) const;
  // Acknowledges one. False where it was acknowledged before.
  bool add(Sequence sequence) { return add_range(sequence, sequence.next()) == 1; }
  // Acknowledges [first, end). Returns how many of them were not acknowledged before.
  std::uint64_t add_range(Sequence first, Sequence end);
  // Those of [first, end) that are not acknowledged, in order.
  [[nodiscard]] std::vector<SequenceRange> open_in(Sequence first, Sequence end) const;
  // How many those are.
  [[nodiscard]] std::uint64_t open_count(Sequence first, Sequence end) const;
  // How many at or above the floor are acknowledged.
  [[nodiscard]] std::uint64_t above_floor() const { return above_; }
  // One past the highest acknowledged sequence.
  [[nodiscard]] Sequence end() const { return Sequence{ranges_.empty() ? floor_ : ranges_.rbegin()->second}; }
  [[nodiscard]] std::size_t ranges() const { return ranges_.size(); }

  // Floor, number of ranges, then for each the distance from the end of the one before and its length; LEB128 numbers.
  // Where that would take more than `limit` bytes the highest ranges are left out: their records are then sent again.
  [[nodiscard]] std::vector<std::byte> encode(std::size_t limit) const;
  [[nodiscard]] static std::optional<AckedSet> decode(std::span<const std::byte> bytes);

 private:
  std::uint64_t floor_;
  std::uint64_t above_ = 0;
  std::map<std::uint64_t, std::uint64_t> ranges_;  // first -> end; disjoint, not touching, all above the floor
};

}  // namespace respand::journal
