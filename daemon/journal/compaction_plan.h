#pragma once
// CompactionPlan: which segments are worth being written anew without what is acknowledged in them. Pure.
//
// A run of neighbours is chosen only where that frees at least as many bytes as it writes. So over the journal's life
// no more is written for it than is taken in: each byte is freed once.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace respand::journal {

// A segment that nothing is written to any more.
struct SegmentLoad {
  std::uint64_t size = 0;  // of its file
  std::uint64_t kept = 0;  // of that, what must stay; as it would be written, without a segment's header
};

// Segments [first, first + count) of those that were asked about.
struct CompactionRun {
  std::size_t first = 0;
  std::size_t count = 0;
};

// What a segment takes beside its records: its header, and the record that says up to where it reaches.
inline constexpr std::uint64_t kCompactedOverhead = 64 + 40;

// Whether writing `kept` bytes to free `size` is worth it.
[[nodiscard]] constexpr bool worth_while(std::uint64_t size, std::uint64_t kept) {
  return 2 * (kept + kCompactedOverhead) <= size;
}

// The run that frees most for what it writes, where files are fewer afterwards rather than many small ones. What it
// leaves fits in a segment of `segment_size`, but for that of one larger one alone.
[[nodiscard]] std::optional<CompactionRun> choose_run(std::span<const SegmentLoad> segments,
                                                      std::uint64_t segment_size);

}  // namespace respand::journal
