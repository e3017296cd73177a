// Room for another segment, and what is given up for it.

#include "journal/capacity.h"

#include <gtest/gtest.h>

#include "tests/journal/wired_parts.h"

namespace respand::journal {
namespace {

TEST(CapacityTest, WhatIsAcknowledgedMakesRoomAndWhatIsOpenDoesNot) {
  WiredParts wired(room_for(2));
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.parts.writer.close(false);
  EXPECT_FALSE(wired.parts.capacity.make_for_segment());
  EXPECT_EQ(wired.parts.segments.live_files(), 2U);
  wired.acknowledge(1, kInOne);
  EXPECT_TRUE(wired.parts.capacity.make_for_segment());
  EXPECT_EQ(wired.dropped("journal_full"), 0);
  EXPECT_EQ(wired.parts.acknowledgements.open().records, kInOne);
}

// Compaction would keep what the ledger counts; where the disk takes no copy, the ledger gives way.
TEST(CapacityTest, WhatOnlyTheLedgerLooksForGivesWay) {
  WiredParts wired(room_for(2));
  wired.parts.pins.pin_ledger(Sequence{1});
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.parts.writer.close(false);
  wired.acknowledge(1, kInOne);
  wired.parts.reclaimer.recycle(Reclaimer::Purpose::kTidiness);
  EXPECT_EQ(wired.parts.segments.live_files(), 2U) << "not for tidiness";
  wired.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kWrite});
  EXPECT_TRUE(wired.parts.capacity.make_for_segment());
  EXPECT_EQ(wired.parts.segments.live_files(), 1U);
}

TEST(CapacityTest, OldSegmentsAreWrittenAnewWhereThatMakesRoom) {
  WiredParts wired(room_for(2));
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.parts.writer.close(false);
  const std::vector<Ref> references = wired.take_all();
  ASSERT_EQ(references.size(), 2 * kInOne);
  wired.acknowledge(2, kInOne);
  wired.acknowledge(kInOne + 2, 2 * kInOne);
  EXPECT_TRUE(wired.parts.capacity.make_for_segment());
  for (const std::size_t open : {std::size_t{0}, std::size_t{kInOne}}) {
    std::string payload;
    EXPECT_TRUE(wired.parts.records.append(references[open], payload, nullptr)) << open;
    EXPECT_EQ(payload, std::string(WiredParts::kPayload, 'x'));
  }
}

TEST(CapacityTest, TheOldestSegmentIsDroppedWithWhatIsOpenInIt) {
  WiredParts wired;
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.acknowledge(2, 2);
  EXPECT_TRUE(wired.parts.capacity.drop_oldest());
  EXPECT_EQ(wired.dropped("journal_full"), static_cast<double>(kInOne - 1)) << "exactly";
  EXPECT_EQ(wired.parts.segments.live_files(), 1U);
  EXPECT_EQ(wired.parts.acknowledgements.floor(), Sequence{kInOne + 1});
  EXPECT_EQ(wired.parts.acknowledgements.open().records, kInOne);
  EXPECT_EQ(wired.parts.acknowledgements.open().bytes, kInOne * WiredParts::kPayload);
}

TEST(CapacityTest, WhatWasDroppedIsNotReadAnyMoreByWhomeverItWasHeld) {
  WiredParts wired;
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  const std::vector<Ref> held = wired.take_all();
  ASSERT_TRUE(wired.parts.capacity.drop_oldest());
  std::string payload;
  const Status read = wired.parts.records.append(held[0], payload, nullptr);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(wired.parts.records.append(held[kInOne], payload, nullptr));
}

TEST(CapacityTest, TheSegmentThatIsWrittenIsNotDropped) {
  WiredParts wired;
  EXPECT_FALSE(wired.parts.capacity.drop_oldest()) << "there is none";
  ASSERT_EQ(wired.commit(), WriteOutcome::kDone);
  EXPECT_FALSE(wired.parts.capacity.drop_oldest());
  EXPECT_EQ(wired.dropped("journal_full"), 0);
  wired.parts.writer.close(false);
  EXPECT_TRUE(wired.parts.capacity.drop_oldest());
  EXPECT_EQ(wired.dropped("journal_full"), 1);
}

TEST(CapacityTest, ADroppedTailIsNotWrittenAnew) {
  WiredParts wired(synced_by_interval());
  ASSERT_NO_FATAL_FAILURE(wired.come_to_doubt());
  ASSERT_TRUE(wired.parts.capacity.drop_oldest());
  EXPECT_FALSE(wired.parts.tail.exists());
}

TEST(CapacityTest, TheOnlySegmentIsUsedAgainWhereNobodyNeedsItsRecords) {
  WiredParts wired;
  EXPECT_FALSE(wired.parts.capacity.can_reuse()) << "there is none";
  ASSERT_EQ(wired.commit(), WriteOutcome::kDone);
  EXPECT_FALSE(wired.parts.capacity.can_reuse());
  wired.take_all();
  wired.acknowledge(1, 1);
  EXPECT_TRUE(wired.parts.capacity.can_reuse());
  wired.parts.writer.close(false);
  EXPECT_TRUE(wired.parts.capacity.make_for_segment());
  EXPECT_FALSE(wired.parts.segments.has_spare()) << "while the disk has room for a new file";
  wired.parts.availability.fail_with(error(ErrorCode::kNoSpace, "for a test"));
  EXPECT_TRUE(wired.parts.capacity.make_for_segment());
  EXPECT_TRUE(wired.parts.segments.has_spare());
}

}  // namespace
}  // namespace respand::journal
