#include "journal/compaction_plan.h"

namespace respand::journal {
namespace {

// Having one file less is worth writing this many bytes, a quarter of a segment. Otherwise each segment would leave a
// small file of its own, and workers that read the records in them would need as many descriptors.
std::int64_t worth_of_a_file(std::uint64_t segment_size) { return static_cast<std::int64_t>(segment_size / 4); }

}  // namespace

std::optional<CompactionRun> choose_run(std::span<const SegmentLoad> segments, std::uint64_t segment_size) {
  std::optional<CompactionRun> best;
  std::int64_t best_gain = 0;
  // All runs are tried, which is quadratic in the number of segments; a run ends where its copy would be too large.
  for (std::size_t first = 0; first < segments.size(); ++first) {
    std::uint64_t size = 0;
    std::uint64_t kept = 0;
    for (std::size_t end = first + 1; end <= segments.size(); ++end) {
      size += segments[end - 1].size;
      kept += segments[end - 1].kept;
      if (end > first + 1 && kept + kCompactedOverhead > segment_size) {
        break;
      }
      if (!worth_while(size, kept)) {
        continue;
      }
      const std::int64_t gain = static_cast<std::int64_t>(size) -
                                2 * static_cast<std::int64_t>(kept + kCompactedOverhead) +
                                static_cast<std::int64_t>(end - first - 1) * worth_of_a_file(segment_size);
      if (!best || gain > best_gain) {
        best = CompactionRun{first, end - first};
        best_gain = gain;
      }
    }
  }
  return best;
}

}  // namespace respand::journal
