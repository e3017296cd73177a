#pragma once
// SequenceSet: sequences of one journal, as ranges in order. An edge writes down with it what it published, a relay
// what it has taken. Its form on disk is in FORMAT.md. A value; one thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/units.h"

namespace respand::fleet {

class SequenceSet {
 public:
  // A range without gaps, both ends included.
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    friend bool operator==(const Range&, const Range&) = default;
  };

  // Adds a sequence. False where it is there already. Cheap behind the last range and inside of ranges; elsewhere it
  // moves the ranges behind it.
  bool add(Sequence sequence);
  // Takes a sequence out. False where it is not there.
  bool remove(Sequence sequence);
  [[nodiscard]] bool contains(Sequence sequence) const;
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
  // How many sequences these are.
  [[nodiscard]] std::uint64_t count() const;
  // Forgets the lowest ranges until at most `most` are left. Returns how many were forgotten.
  std::size_t keep_highest(std::size_t most);

  // Appends the form on disk; and takes it from the front. Nothing where it is damaged, or has more than `most` ranges.
  void encode(std::string& out) const;
  [[nodiscard]] static std::optional<SequenceSet> decode(std::string_view& bytes, std::size_t most);

  friend bool operator==(const SequenceSet&, const SequenceSet&) = default;

 private:
  [[nodiscard]] std::vector<Range>::const_iterator find(std::uint64_t sequence) const;

  std::vector<Range> ranges_;  // in order; between two of them at least one sequence is missing
};

}  // namespace respand::fleet
