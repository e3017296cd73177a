#pragma once
// CompactionPlan: which segments are worth being copied without their acknowledged records. Pure.
//
// A run of neighbours is chosen only where copying it frees at least as many bytes as it writes. Each byte is freed
// once, so over the journal's life compaction writes no more bytes than come in.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace respand::journal {

// The sizes of a segment that nothing is written to any more.
struct SegmentLoad {
  std::uint64_t size = 0;  // of its file
  std::uint64_t kept = 0;  // of that, what must stay; as it would be written, without a segment's header
};

// The segments [first, first + count) of those that were asked about.
struct CompactionRun {
  std::size_t first = 0;
  std::size_t count = 0;
};

// The bytes of a compacted segment beside its records: its header, and the last record, which says up to where the run
// reached.
inline constexpr std::uint64_t kCompactedOverhead = 64 + 40;

// Whether writing `kept` bytes to free `size` is worth it.
[[nodiscard]] constexpr bool worth_while(std::uint64_t size, std::uint64_t kept) {
  return 2 * (kept + kCompactedOverhead) <= size;
}

// The run that frees most for what it writes; fewer files afterwards count as a gain, so that not many small ones are
// left. The copy fits in a segment of `segment_size`, unless the run is one segment that is larger. Nothing where no
// run is worth it.
[[nodiscard]] std::optional<CompactionRun> choose_run(std::span<const SegmentLoad> segments,
                                                      std::uint64_t segment_size);

}  // namespace respand::journal
