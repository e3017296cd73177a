// When old segments are written anew: above the bound, in turns, and not again at once where the disk does not take it.

#include <gtest/gtest.h>

#include "journal/compaction.h"
#include "tests/journal/wired_parts.h"

namespace respand::journal {
namespace {

constexpr std::uint64_t kSegments = 12;

class CompactionTurnsTest : public testing::Test {
 protected:
  // Many segments with one open record each; their references.
  void fill_with_holes() {
    ASSERT_NO_FATAL_FAILURE(wired_.fill(kSegments));
    for (const Ref& ref : wired_.take_all()) {
      if ((ref.sequence.value - 1) % kInOne == 0) {
        open_.push_back(ref);
      } else {
        wired_.acknowledge(ref.sequence.value, ref.sequence.value);
      }
    }
    ASSERT_EQ(open_.size(), kSegments);
  }
  // Turns until there is nothing to do at once.
  void step_on() {
    for (int turn = 0; turn < 1000 && compaction().step(wired_.now(), 0); ++turn) {
    }
  }
  void expect_all_readable() {
    for (const Ref& ref : open_) {
      std::string payload;
      EXPECT_TRUE(wired_.parts.records.append(ref, payload, nullptr)) << ref.sequence.value;
      EXPECT_EQ(payload, std::string(WiredParts::kPayload, 'x'));
    }
  }
  // What the segments may hold where `slack` of them are of no use.
  [[nodiscard]] std::uint64_t bound(std::uint64_t slack) {
    return 2 * wired_.parts.acknowledgements.open().on_disk() + slack * kSmallSegment;
  }
  [[nodiscard]] std::uint64_t held() const { return wired_.parts.segments.live_bytes().value; }
  [[nodiscard]] Compaction& compaction() { return wired_.parts.compaction; }

  WiredParts wired_;
  std::vector<Ref> open_;
};

TEST_F(CompactionTurnsTest, WithinTheBoundNothingIsDone) {
  ASSERT_NO_FATAL_FAILURE(wired_.fill(kSegments));
  const std::uint64_t calls = wired_.fs.operations();
  EXPECT_FALSE(compaction().step(wired_.now(), 0));
  EXPECT_EQ(wired_.fs.operations(), calls);
}

TEST_F(CompactionTurnsTest, AboveItTheSegmentsShrinkToItAndAllThatIsOpenIsThere) {
  ASSERT_NO_FATAL_FAILURE(fill_with_holes());
  ASSERT_GT(held(), bound(Compaction::kSlackSegments));
  step_on();
  EXPECT_LE(held(), bound(Compaction::kSlackSegments + 2));
  EXPECT_LT(wired_.parts.segments.live_files(), kSegments);
  expect_all_readable();
}

TEST_F(CompactionTurnsTest, AFailureIsTriedAgainAfterAnIntervalAndCostsNothing) {
  ASSERT_NO_FATAL_FAILURE(fill_with_holes());
  EXPECT_EQ(compaction().retry_at(wired_.now()), MonoTime::max());
  wired_.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kWrite});
  step_on();
  EXPECT_EQ(compaction().retry_at(wired_.now()), wired_.now() + kRetryInterval);
  EXPECT_EQ(wired_.parts.segments.live_files(), kSegments);
  expect_all_readable();
  const std::uint64_t calls = wired_.fs.operations();
  EXPECT_FALSE(compaction().step(wired_.now(), 0));
  EXPECT_FALSE(compaction().make_capacity(true));
  EXPECT_EQ(wired_.fs.operations(), calls);
  wired_.fs.clear_faults();
  wired_.clock.advance(kRetryInterval);
  step_on();
  EXPECT_LT(wired_.parts.segments.live_files(), kSegments);
  expect_all_readable();
}

TEST_F(CompactionTurnsTest, ForRoomARunIsWrittenAnewAtOnce) {
  ASSERT_NO_FATAL_FAILURE(fill_with_holes());
  EXPECT_TRUE(compaction().make_capacity(false));
  EXPECT_LT(wired_.parts.segments.live_files(), kSegments);
  expect_all_readable();
}

TEST_F(CompactionTurnsTest, WithoutAnythingToFreeThereIsNoRun) {
  ASSERT_NO_FATAL_FAILURE(wired_.fill(kSegments));
  EXPECT_FALSE(compaction().make_capacity(true));
  EXPECT_EQ(wired_.parts.segments.live_files(), kSegments);
}

TEST_F(CompactionTurnsTest, WhileATailIsUnsyncedItWaits) {
  ASSERT_NO_FATAL_FAILURE(fill_with_holes());
  wired_.parts.tail.keep(wired_.parts.writer.segment(), {}, error(ErrorCode::kIo, "for a test"));
  EXPECT_FALSE(compaction().step(wired_.now(), 0));
  EXPECT_FALSE(compaction().make_capacity(true));
  EXPECT_EQ(wired_.parts.segments.live_files(), kSegments);
}

}  // namespace
}  // namespace respand::journal
