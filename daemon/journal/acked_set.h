#pragma once
// AckedSet: which records need no further work. A floor (everything below is acknowledged) and the acknowledged ranges
// above it. There are never more ranges than delivery has open records, because only those make holes. Used under the
// lock of its owner.

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
  // Acknowledges a record. False where it was acknowledged before.
  bool add(Sequence sequence) { return add_range(sequence, sequence.next()) == 1; }
  // Acknowledges [first, end). Returns how many of them were not acknowledged before.
  std::uint64_t add_range(Sequence first, Sequence end);
  // The ranges of [first, end) that are not acknowledged, in order.
  [[nodiscard]] std::vector<SequenceRange> open_in(Sequence first, Sequence end) const;
  // How many records of [first, end) are not acknowledged.
  [[nodiscard]] std::uint64_t open_count(Sequence first, Sequence end) const;
  // How many records at or above the floor are acknowledged.
  [[nodiscard]] std::uint64_t above_floor() const { return above_; }
  // One past the highest acknowledged sequence.
  [[nodiscard]] Sequence end() const { return Sequence{ranges_.empty() ? floor_ : ranges_.rbegin()->second}; }
  [[nodiscard]] std::size_t ranges() const { return ranges_.size(); }

  // The floor, the number of ranges, then for each range its distance from the end of the one before and its length, as
  // LEB128 numbers. Where that would take more than `limit` bytes the highest ranges are left out: their records are
  // then sent again after a restart.
  [[nodiscard]] std::vector<std::byte> encode(std::size_t limit) const;
  [[nodiscard]] static std::optional<AckedSet> decode(std::span<const std::byte> bytes);

 private:
  std::uint64_t floor_;
  std::uint64_t above_ = 0;
  std::map<std::uint64_t, std::uint64_t> ranges_;  // first -> end; disjoint, not touching, all above the floor
};

}  // namespace respand::journal
