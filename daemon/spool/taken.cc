#include "spool/taken.h"

#include <algorithm>
#include <iterator>

namespace respand::spool {

std::uint64_t SpoolTaken::mark(std::uint64_t ordinal, std::uint32_t crc) {
  // The last steps of splitmix64 spread each pair over all bits, so that sums of neighbours do not cancel out.
  std::uint64_t x = ordinal * 0x9E3779B97F4A7C15ULL + crc;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

bool SpoolTaken::contains(std::uint64_t ordinal) const {
  const auto after = ranges_.upper_bound(ordinal);
  return after != ranges_.begin() && ordinal < std::prev(after)->second;
}

void SpoolTaken::start_version() {
  ranges_.clear();
  sum_ = 0;
  lowest_ = Sequence{~0ULL};
  ++version_;
}

// Ranges are kept merged: a file that is taken in order has one, whatever its size.
void SpoolTaken::add(std::uint32_t version, std::uint64_t ordinal, std::uint32_t crc, Sequence sequence) {
  if (version > version_) {
    start_version();
    version_ = version;
  }
  if (version < version_ || contains(ordinal)) {
    return;
  }
  sum_ += mark(ordinal, crc);
  lowest_ = std::min(lowest_, sequence);
  const auto after = ranges_.upper_bound(ordinal);
  const bool joins_after = after != ranges_.end() && after->first == ordinal + 1;
  const bool joins_before = after != ranges_.begin() && std::prev(after)->second == ordinal;
  const std::uint64_t end = joins_after ? after->second : ordinal + 1;
  if (joins_before) {
    std::prev(after)->second = end;
  } else {
    ranges_.emplace(ordinal, end);
  }
  if (joins_after) {
    ranges_.erase(after);
  }
}

Result<SpoolTakenFiles> load_taken(const journal::AttributeScan& history,
                                   const std::optional<std::vector<std::uint64_t>>& inodes,
                                   const std::function<bool()>& cancelled) {
  SpoolTakenFiles files;
  bool gave_up = false;
  Status read = history.visit([&](Sequence sequence, std::string_view attributes) {
    const auto origin = find_spool_origin(attributes);
    if (origin && (!inodes || std::binary_search(inodes->begin(), inodes->end(), origin->file.inode))) {
      files[origin->file].add(origin->version, origin->ordinal, origin->crc, sequence);
    }
    gave_up = cancelled();
    return !gave_up;
  });
  if (!read) {
    return std::move(read).fail("what the journal holds of spool files");
  }
  if (gave_up) {
    return error(ErrorCode::kUnavailable, "stopping");
  }
  return files;
}

}  // namespace respand::spool
