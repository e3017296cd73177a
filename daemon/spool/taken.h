#pragma once
// SpoolTaken: which records of one spool file are durable, in a form whose size does not grow with the file, and what
// they were, so that a file rewritten in place is not mistaken for the one that was taken. load_taken() rebuilds it
// after a start from the journal. Spool thread.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/journal/reader.h"
#include "spool/origin.h"

namespace respand::spool {

class SpoolTaken {
 public:
  // Notes that a record is durable. A record of a newer version of the file replaces all that is known; of an older
  // one, or one that is known, it changes nothing.
  void add(std::uint32_t version, std::uint64_t ordinal, std::uint32_t crc, Sequence sequence);
  [[nodiscard]] bool contains(std::uint64_t ordinal) const;
  // The file was rewritten in place: nothing of what it holds now is durable.
  void start_version();

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] std::uint32_t version() const { return version_; }
  [[nodiscard]] std::uint64_t end() const {
    return ranges_.empty() ? 0 : ranges_.rbegin()->second;
  }                                                          // one past the last ordinal
  [[nodiscard]] Sequence lowest() const { return lowest_; }  // in the journal; ~0 where empty
  // The sum of mark() over the records: order does not matter. Equal for a file whose records are still what they were.
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  [[nodiscard]] static std::uint64_t mark(std::uint64_t ordinal, std::uint32_t crc);

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // first → one past the last; disjoint, not touching
  std::uint64_t sum_ = 0;
  Sequence lowest_{~0ULL};
  std::uint32_t version_ = 0;
};

using SpoolTakenFiles = std::map<SpoolFileId, SpoolTaken>;

// What the journal knows of files with these inodes (sorted), or of all where it is not known which there are. Gives
// up, with kUnavailable, once `cancelled` is true.
[[nodiscard]] Result<SpoolTakenFiles> load_taken(const journal::AttributeScan& history,
                                                 const std::optional<std::vector<std::uint64_t>>& inodes,
                                                 const std::function<bool()>& cancelled);

}  // namespace respand::spool
