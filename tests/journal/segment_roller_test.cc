// How the next segment comes to be, and what may stand in its way.

#include "journal/segment_roller.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/journal/wired_parts.h"

namespace respand::journal {
namespace {

TEST(SegmentRollerTest, OpensASegmentThatHoldsNothingYet) {
  WiredParts wired;
  EXPECT_EQ(wired.parts.roller.open(100), WriteOutcome::kDone);
  EXPECT_TRUE(wired.parts.writer.is_open());
  EXPECT_EQ(wired.parts.writer.offset(), SegmentHeader::kSize);
}

TEST(SegmentRollerTest, AtMaxSizeThereIsNoCapacity) {
  WiredParts wired(room_for(2));
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.parts.writer.close(false);
  EXPECT_EQ(wired.parts.roller.open(100), WriteOutcome::kNoCapacity);
  EXPECT_FALSE(wired.parts.writer.is_open());
  wired.acknowledge(1, WiredParts::kInSegment);
  EXPECT_EQ(wired.parts.roller.open(100), WriteOutcome::kDone);
}

TEST(SegmentRollerTest, WhatTheDiskRefusesIsTheIssue) {
  WiredParts wired;
  wired.fs.fail_at(1, {.os_error = ENOSPC, .calls = fs::calls::kOpen});
  EXPECT_EQ(wired.parts.roller.open(100), WriteOutcome::kFailed);
  EXPECT_FALSE(wired.parts.writer.is_open());
  EXPECT_EQ(wired.condition(), Condition::kDiskFull);
}

TEST(SegmentRollerTest, TheUnsyncedTailComesFirstAndItsSegmentIsGoneOnWith) {
  WiredParts wired(synced_by_interval());
  ASSERT_NO_FATAL_FAILURE(wired.come_to_doubt());
  EXPECT_EQ(wired.parts.roller.open(WiredParts::kPayload), WriteOutcome::kDone);
  EXPECT_FALSE(wired.parts.tail.exists());
  EXPECT_GT(wired.parts.writer.offset(), SegmentHeader::kSize) << "its record is in there";
}

TEST(SegmentRollerTest, WhereTheTailLeavesNoRoomForTheGroupThereIsAnother) {
  WiredParts wired(synced_by_interval());
  ASSERT_NO_FATAL_FAILURE(wired.come_to_doubt());
  EXPECT_EQ(wired.parts.roller.open(kSmallSegment - SegmentHeader::kSize), WriteOutcome::kDone);
  EXPECT_FALSE(wired.parts.tail.exists());
  EXPECT_EQ(wired.parts.writer.offset(), SegmentHeader::kSize);
}

TEST(SegmentRollerTest, ATailIsTriedAgainWhenItIsDueAndNotBefore) {
  WiredParts wired(synced_by_interval());
  ASSERT_NO_FATAL_FAILURE(wired.come_to_doubt());
  wired.fs.fail_at(1, {.calls = fs::calls::kSyncData});
  EXPECT_EQ(wired.parts.roller.rewrite_tail(), WriteOutcome::kFailed);
  EXPECT_TRUE(wired.parts.tail.exists());
  const std::uint64_t calls = wired.fs.operations();
  wired.clock.advance(kRetryInterval - Duration{1});
  EXPECT_FALSE(wired.parts.roller.retry_tail(wired.now()));
  EXPECT_EQ(wired.fs.operations(), calls);
  wired.clock.advance(Duration{1});
  EXPECT_TRUE(wired.parts.roller.retry_tail(wired.now()));
  EXPECT_FALSE(wired.parts.tail.exists());
  EXPECT_FALSE(wired.parts.roller.retry_tail(wired.now())) << "there is none";
}

TEST(SegmentRollerTest, ATailWithoutCapacityStaysAndSaysSo) {
  WiredParts wired(synced_by_interval(room_for(2)));
  ASSERT_NO_FATAL_FAILURE(wired.fill(1));
  ASSERT_NO_FATAL_FAILURE(wired.come_to_doubt());
  EXPECT_EQ(wired.parts.roller.rewrite_tail(), WriteOutcome::kNoCapacity);
  EXPECT_TRUE(wired.parts.tail.exists());
  EXPECT_EQ(wired.condition(), Condition::kUnsyncedFull);
}

TEST(SegmentRollerTest, FilesThatWereRemovedAreMadeAnewFirst) {
  WiredParts wired;
  ASSERT_EQ(wired.commit(), WriteOutcome::kDone);
  ASSERT_NO_FATAL_FAILURE(wired.remove_files());
  ASSERT_FALSE(wired.parts.presence.check());
  wired.parts.writer.close(false);
  wired.fs.fail_at(1, {.calls = fs::calls::kLock});
  EXPECT_EQ(wired.parts.roller.open(100), WriteOutcome::kFailed);
  EXPECT_FALSE(wired.parts.writer.is_open());
  EXPECT_EQ(wired.parts.roller.open(100), WriteOutcome::kDone);
  EXPECT_TRUE(wired.fs.exists("/journal/lock"));
}

}  // namespace
}  // namespace respand::journal
