// Which segments go when nobody needs their records, and who may keep them.

#include "journal/reclaimer.h"

#include <gtest/gtest.h>

#include "tests/journal/wired_parts.h"

namespace respand::journal {
namespace {

using Purpose = Reclaimer::Purpose;

TEST(ReclaimerTest, ASegmentGoesWithItsLastOpenRecord) {
  WiredParts wired;
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.acknowledge(1, kInOne - 1);
  wired.parts.reclaimer.recycle(Purpose::kCapacity);
  EXPECT_EQ(wired.parts.segments.live_files(), 2U) << "one below";
  wired.acknowledge(kInOne, kInOne);
  EXPECT_EQ(wired.parts.reclaimer.needed_from(), Sequence{kInOne + 1});
  wired.parts.reclaimer.recycle(Purpose::kTidiness);
  EXPECT_EQ(wired.parts.segments.live_files(), 1U);
}

TEST(ReclaimerTest, NothingGoesBeforeTheCursorOnDiskSaysSo) {
  WiredParts wired;
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.acknowledge(1, kInOne);
  wired.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kSyncData});
  wired.parts.reclaimer.recycle(Purpose::kCapacity);
  EXPECT_EQ(wired.parts.segments.live_files(), 2U);
  wired.fs.clear_faults();
  wired.clock.advance(Acknowledgements::kCursorDelay);
  wired.parts.reclaimer.recycle(Purpose::kCapacity);
  EXPECT_EQ(wired.parts.segments.live_files(), 1U);
}

TEST(ReclaimerTest, WhereNobodyCouldWriteAnyMoreItGoesWithoutTheCursor) {
  WiredParts wired(room_for(2));
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.acknowledge(1, kInOne);
  wired.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kSyncData});
  wired.parts.reclaimer.recycle(Purpose::kCapacity);
  EXPECT_EQ(wired.parts.segments.live_files(), 1U);
}

TEST(ReclaimerTest, TheSpoolsPinHoldsWhateverIsNeeded) {
  WiredParts wired(room_for(2));
  const Sequence floor = wired.parts.pins.hold();
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.acknowledge(1, 2 * kInOne);
  EXPECT_EQ(wired.parts.reclaimer.needed_from(), floor);
  wired.parts.reclaimer.recycle(Purpose::kCapacity);
  EXPECT_EQ(wired.parts.segments.live_files(), 2U);
  wired.parts.pins.keep_from(Sequence{~0ULL});
  wired.parts.reclaimer.recycle(Purpose::kCapacity);
  EXPECT_EQ(wired.parts.segments.live_files(), 1U);
}

TEST(ReclaimerTest, TheLedgersPinGivesWayToTheNeedOfRoomAndNoFurther) {
  WiredParts wired(room_for(3));
  wired.parts.pins.pin_ledger(Sequence{1});
  ASSERT_NO_FATAL_FAILURE(wired.fill(3));
  wired.acknowledge(1, 3 * kInOne);
  wired.parts.reclaimer.recycle(Purpose::kTidiness);
  EXPECT_EQ(wired.parts.segments.live_files(), 3U);
  wired.parts.reclaimer.recycle(Purpose::kOneMore);
  EXPECT_EQ(wired.parts.segments.live_files(), 2U) << "one makes room enough";
  wired.parts.reclaimer.recycle(Purpose::kOneMore);
  EXPECT_EQ(wired.parts.segments.live_files(), 2U) << "there is room";
  wired.parts.reclaimer.recycle(Purpose::kCapacity);
  EXPECT_EQ(wired.parts.segments.live_files(), 1U);
}

}  // namespace
}  // namespace respand::journal
