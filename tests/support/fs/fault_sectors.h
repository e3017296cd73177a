#pragma once
// How writes lie in the sectors of a disk, which it holds whole or not at all. For the disk's syncs and power cuts.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "tests/support/fs/fault_disk.h"

namespace respand::fs {

// The part of a write that lies in a sector.
struct Piece {
  std::uint64_t offset;
  std::string_view bytes;
};

[[nodiscard]] inline Piece piece_of(const Change& change, std::uint64_t sector) {
  const std::uint64_t first = std::max(change.offset, sector * kSectorSize);
  const std::uint64_t last = std::min(change.offset + change.bytes.size(), (sector + 1) * kSectorSize);
  return {first, std::string_view(change.bytes).substr(first - change.offset, last - first)};
}

template <typename F>
void for_each_sector(const Change& change, F&& use) {
  if (change.bytes.empty()) {
    return;
  }
  for (auto sector = change.offset / kSectorSize; sector <= (change.offset + change.bytes.size() - 1) / kSectorSize;
       ++sector) {
    use(sector);
  }
}

}  // namespace respand::fs
