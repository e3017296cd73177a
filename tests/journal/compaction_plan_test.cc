// Which run of segments is worth compacting.

#include <gtest/gtest.h>

#include "journal/compaction_plan.h"
#include "respand/base/random.h"

namespace respand::journal {
namespace {

TEST(CompactionPlan, WritesNoMoreThanItFrees) {
  SeededRandom random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<SegmentLoad> loads;
    for (std::uint64_t n = 1 + random.below(8); n > 0; --n) {
      const std::uint64_t size = 200 + random.below(4000);
      loads.push_back({size, random.below(size)});
    }
    const auto run = choose_run(loads, 4096);
    std::uint64_t size = 0;
    std::uint64_t kept = kCompactedOverhead;
    for (std::size_t at = 0; run && at < run->count; ++at) {
      size += loads[run->first + at].size;
      kept += loads[run->first + at].kept;
    }
    if (run) {
      ASSERT_LE(2 * kept, size);
      ASSERT_TRUE(kept <= 4096 || run->count == 1);
      continue;
    }
    for (const SegmentLoad& load : loads) {
      ASSERT_GT(2 * (load.kept + kCompactedOverhead), load.size) << "there was one";
    }
  }
}

TEST(CompactionPlan, MakesFewFilesRatherThanManySmallOnes) {
  const std::uint64_t segment = 64U << 20;
  // A small one that was compacted before, and one that is full: together, while the small one is small.
  const std::vector<SegmentLoad> small{{1U << 20, 1U << 20}, {segment, 1U << 20}};
  ASSERT_TRUE(choose_run(small, segment));
  EXPECT_EQ(choose_run(small, segment)->count, 2U);
  const std::vector<SegmentLoad> large{{segment / 2, segment / 2}, {segment, 1U << 20}};
  ASSERT_TRUE(choose_run(large, segment));
  EXPECT_EQ(choose_run(large, segment)->first, 1U);
  EXPECT_EQ(choose_run(large, segment)->count, 1U);
  EXPECT_FALSE(choose_run({}, segment));
  EXPECT_FALSE(choose_run(std::vector<SegmentLoad>{{segment, segment}}, segment));
}

}  // namespace
}  // namespace respand::journal
