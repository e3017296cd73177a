// A group: which batches it takes, when they are handed back, and what a disk that fails makes of it.

#include "journal/group_commit.h"

#include <gtest/gtest.h>

#include "tests/journal/wired_parts.h"

namespace respand::journal {
namespace {

using std::chrono::milliseconds;
using Outcomes = std::vector<CommitResult>;

class GroupCommitTest : public testing::Test {
 protected:
  [[nodiscard]] GroupCommit& group() { return wired_.parts.group; }
  [[nodiscard]] const Outcomes& outcomes() const { return wired_.producer.outcomes; }
  void offer(int batches) {
    for (; batches > 0; --batches) {
      ASSERT_NO_FATAL_FAILURE(wired_.offer());
    }
  }
  WiredParts wired_;
};

TEST_F(GroupCommitTest, AllThatWaitsIsSyncedOnceAndThenHandedBack) {
  ASSERT_NO_FATAL_FAILURE(offer(3));
  group().collect(wired_.now());
  ASSERT_TRUE(group().is_ready());
  EXPECT_TRUE(outcomes().empty());
  const std::uint64_t syncs = wired_.fs.operations(fs::calls::kSyncData);
  EXPECT_EQ(group().commit(), WriteOutcome::kDone);
  EXPECT_EQ(wired_.fs.operations(fs::calls::kSyncData), syncs + 1);
  EXPECT_EQ(outcomes(), Outcomes(3, CommitResult::kDurable));
  EXPECT_TRUE(group().empty());
  EXPECT_EQ(wired_.parts.end.next(), Sequence{4});
  SeededRandom random(3);
  wired_.fs.crash(random);
  Life after(wired_.fs);
  EXPECT_EQ(after.take_all().size(), 3U);
}

TEST_F(GroupCommitTest, AGroupEndsWithItsSegment) {
  ASSERT_NO_FATAL_FAILURE(offer(WiredParts::kInSegment + 1));
  group().collect(wired_.now());
  EXPECT_TRUE(wired_.parts.queue.has_front()) << "one does not fit";
  EXPECT_FALSE(group().takes_more());
  EXPECT_EQ(group().commit(), WriteOutcome::kDone);
  EXPECT_EQ(outcomes().size(), WiredParts::kInSegment);
  group().collect(wired_.now());
  EXPECT_FALSE(wired_.parts.writer.is_open()) << "it is full";
  EXPECT_EQ(group().commit(), WriteOutcome::kDone);
  EXPECT_EQ(wired_.parts.segments.live_files(), 2U);
}

TEST_F(GroupCommitTest, ABatchThatIsLargerThanASegmentHasOneOfItsOwn) {
  ASSERT_NO_FATAL_FAILURE(wired_.offer(3 * kSmallSegment));
  group().collect(wired_.now());
  EXPECT_EQ(group().commit(), WriteOutcome::kDone);
  EXPECT_EQ(outcomes(), Outcomes(1, CommitResult::kDurable));
  EXPECT_EQ(wired_.parts.segments.live_files(), 1U);
}

TEST_F(GroupCommitTest, AFailedSyncEndsTheSegmentAndTheGroupIsWrittenToAnother) {
  wired_.fs.fail_at(1, {.calls = fs::calls::kSyncData});
  EXPECT_EQ(wired_.commit(), WriteOutcome::kDone);
  EXPECT_EQ(outcomes(), Outcomes(1, CommitResult::kDurable)) << "once";
  EXPECT_TRUE(wired_.fs.synced_after_failure().empty());
  EXPECT_EQ(wired_.parts.segments.live_files(), 1U);
}

TEST_F(GroupCommitTest, WhatTheDiskDoesNotTakeStaysTheGroup) {
  wired_.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kSyncData});
  EXPECT_EQ(wired_.commit(), WriteOutcome::kFailed);
  EXPECT_TRUE(outcomes().empty());
  EXPECT_FALSE(group().empty());
  EXPECT_EQ(wired_.parts.end.next(), Sequence{1});
  wired_.fs.clear_faults();
  EXPECT_EQ(group().commit(), WriteOutcome::kDone);
  EXPECT_EQ(outcomes(), Outcomes(1, CommitResult::kDurable));
}

TEST_F(GroupCommitTest, WhereSomeBatchesFitOnTheDiskTheseAreDurable) {
  wired_.fs.set_capacity(Bytes{wired_.fs.used().value + 2600});
  ASSERT_NO_FATAL_FAILURE(offer(3));
  group().collect(wired_.now());
  EXPECT_EQ(group().commit(), WriteOutcome::kDone);
  EXPECT_EQ(outcomes(), Outcomes(1, CommitResult::kDurable)) << "half of them";
  EXPECT_EQ(group().commit(), WriteOutcome::kDone);
  EXPECT_EQ(outcomes(), Outcomes(2, CommitResult::kDurable)) << "half of the others";
  EXPECT_EQ(group().commit(), WriteOutcome::kFailed);
  EXPECT_EQ(outcomes().size(), 2U);
  EXPECT_TRUE(wired_.parts.availability.disk_full());
}

TEST_F(GroupCommitTest, WithoutANameOnTheDiskNothingIsDurable) {
  ASSERT_EQ(wired_.commit(), WriteOutcome::kDone);
  ASSERT_NO_FATAL_FAILURE(wired_.remove_files());
  wired_.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kLock});  // so that they can't be made anew
  EXPECT_EQ(wired_.commit(), WriteOutcome::kFailed);
  EXPECT_EQ(outcomes().size(), 1U);
}

TEST_F(GroupCommitTest, RefusedAllThatWaitsComesBack) {
  ASSERT_NO_FATAL_FAILURE(offer(1));
  group().collect(wired_.now());
  ASSERT_NO_FATAL_FAILURE(offer(2));
  group().refuse_all(CommitResult::kFull);
  EXPECT_EQ(outcomes(), Outcomes(3, CommitResult::kFull));
  EXPECT_TRUE(group().empty());
  EXPECT_TRUE(wired_.parts.queue.empty());
}

// Batches that nobody waits for.
class GroupGatheringTest : public testing::Test {
 protected:
  static Settings settings() {
    Settings settings = small_settings();
    settings.sync_delay = milliseconds{50};
    return settings;
  }
  void take(bool awaited) {
    ASSERT_NO_FATAL_FAILURE(wired_.offer(100, awaited));
    group().collect(wired_.now());
    group().write_ahead(wired_.now());
  }
  [[nodiscard]] GroupCommit& group() { return wired_.parts.group; }
  WiredParts wired_{settings()};
};

TEST_F(GroupGatheringTest, TheyAreWrittenAtOnceAndSyncedWhenTheDelayIsOver) {
  ASSERT_NO_FATAL_FAILURE(take(false));
  EXPECT_TRUE(group().waits_for_more());
  EXPECT_FALSE(group().is_ready());
  EXPECT_EQ(group().gathers_until(), wired_.now() + milliseconds{50});
  EXPECT_EQ(wired_.parts.writer.written(), 1U) << "a kill -9 does not cost them";
  wired_.clock.advance(milliseconds{50} - Duration{1});
  group().write_ahead(wired_.now());
  EXPECT_TRUE(group().waits_for_more()) << "one below";
  wired_.clock.advance(Duration{1});
  group().write_ahead(wired_.now());
  EXPECT_TRUE(group().is_ready());
}

TEST_F(GroupGatheringTest, OneThatIsAwaitedEndsTheWaitAsTheEndDoes) {
  ASSERT_NO_FATAL_FAILURE(take(false));
  ASSERT_NO_FATAL_FAILURE(take(true));
  EXPECT_TRUE(group().is_ready());
  ASSERT_EQ(group().commit(), WriteOutcome::kDone);
  group().end_gathering();
  ASSERT_NO_FATAL_FAILURE(take(false));
  EXPECT_TRUE(group().is_ready());
}

}  // namespace
}  // namespace respand::journal
