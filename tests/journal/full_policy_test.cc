// What becomes of a group that could not be written, and when it is tried again, under each journal.when_full.

#include "journal/full_policy.h"

#include <gtest/gtest.h>

#include "tests/journal/wired_parts.h"

namespace respand::journal {
namespace {

constexpr fs::Fault kNoSegment{.for_good = true, .calls = fs::calls::kOpen | fs::calls::kWrite};

// Tries to write one more record, as the journal's step does.
WriteOutcome attempt(WiredParts& wired) {
  const WriteOutcome outcome = wired.commit();
  wired.parts.full.take(outcome, wired.now());
  return outcome;
}

CommitResult last_outcome(const WiredParts& wired) { return wired.producer.outcomes.back(); }

TEST(FullPolicyTest, UnderBlockAFullJournalWaitsForRoomAndForNoTime) {
  WiredParts wired(room_for(2));
  FullPolicy& full = wired.parts.full;
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  EXPECT_EQ(attempt(wired), WriteOutcome::kNoCapacity);
  EXPECT_EQ(wired.condition(), Condition::kFull);
  EXPECT_TRUE(wired.parts.availability.pressed());
  EXPECT_EQ(full.retry_at(), MonoTime::max());
  EXPECT_FALSE(full.may_try(wired.now() + std::chrono::hours{1}));
  EXPECT_EQ(wired.producer.outcomes.size(), 2 * kInOne) << "its writers wait";
  wired.acknowledge(1, kInOne);
  wired.parts.reclaimer.recycle(Reclaimer::Purpose::kCapacity);
  EXPECT_TRUE(full.may_try(wired.now()));
  full.take(wired.parts.group.commit(), wired.now());
  EXPECT_EQ(wired.condition(), Condition::kNone);
  EXPECT_FALSE(wired.parts.availability.pressed());
  EXPECT_EQ(last_outcome(wired), CommitResult::kDurable);
}

// What was acknowledged between the attempt and the wish for room woke nobody.
TEST(FullPolicyTest, UnderBlockWhatIsAcknowledgedAlreadyIsUsedAtOnce) {
  WiredParts wired(room_for(2));
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  ASSERT_NO_FATAL_FAILURE(wired.offer());
  wired.parts.group.collect(wired.now());
  const WriteOutcome outcome = wired.parts.group.commit();
  wired.acknowledge(1, kInOne);
  wired.parts.full.take(outcome, wired.now());
  EXPECT_EQ(wired.parts.full.retry_at(), wired.now());
  EXPECT_TRUE(wired.parts.full.may_try(wired.now()));
}

TEST(FullPolicyTest, UnderRejectTheGroupIsRefusedUntilHalfIsFree) {
  WiredParts wired(room_for(4, WhenFull::kReject));
  FullPolicy& full = wired.parts.full;
  ASSERT_NO_FATAL_FAILURE(wired.fill(4));
  EXPECT_EQ(attempt(wired), WriteOutcome::kNoCapacity);
  EXPECT_EQ(last_outcome(wired), CommitResult::kFull);
  EXPECT_TRUE(wired.parts.group.empty());
  EXPECT_EQ(full.reopen_at(wired.now()), MonoTime::max()) << "an acknowledgement will tell";
  for (std::uint64_t segment = 0; segment < 2; ++segment) {
    full.reopen_if_due(wired.now());
    EXPECT_FALSE(wired.parts.availability.accepting()) << segment << " are free";
    wired.acknowledge(segment * kInOne + 1, (segment + 1) * kInOne);
    wired.parts.reclaimer.recycle(Reclaimer::Purpose::kCapacity);
  }
  full.reopen_if_due(wired.now());
  EXPECT_TRUE(wired.parts.availability.accepting());
  EXPECT_EQ(wired.condition(), Condition::kNone);
}

TEST(FullPolicyTest, UnderDropOldestTheOldestGoAndTheGroupIsTriedAtOnce) {
  WiredParts wired(room_for(2, WhenFull::kDropOldest));
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  EXPECT_EQ(attempt(wired), WriteOutcome::kNoCapacity);
  EXPECT_EQ(wired.dropped("journal_full"), static_cast<double>(kInOne));
  EXPECT_TRUE(wired.parts.full.may_try(wired.now()));
  EXPECT_EQ(wired.parts.group.commit(), WriteOutcome::kDone);
}

TEST(FullPolicyTest, AFailureIsTriedAgainAfterAnInterval) {
  for (const WhenFull policy : {WhenFull::kBlock, WhenFull::kDropOldest}) {
    WiredParts wired(room_for(4, policy));
    ASSERT_NO_FATAL_FAILURE(wired.fill(2));
    wired.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kSyncData});
    EXPECT_EQ(attempt(wired), WriteOutcome::kFailed);
    EXPECT_EQ(wired.condition(), Condition::kIoError);
    EXPECT_EQ(wired.parts.full.retry_at(), wired.now() + kRetryInterval);
    EXPECT_FALSE(wired.parts.full.may_try(wired.now() + kRetryInterval - Duration{1}));
    EXPECT_TRUE(wired.parts.full.may_try(wired.now() + kRetryInterval));
    EXPECT_EQ(wired.dropped("journal_full"), 0) << "room is not what it lacks";
    EXPECT_EQ(last_outcome(wired), CommitResult::kDurable) << "the writer of this one waits";
  }
}

TEST(FullPolicyTest, UnderRejectADiskThatFailsIsTriedAgainBeforeAnybodyIsLetIn) {
  WiredParts wired(room_for(4, WhenFull::kReject));
  FullPolicy& full = wired.parts.full;
  wired.fs.fail_at(1, kNoSegment);
  EXPECT_EQ(attempt(wired), WriteOutcome::kFailed);
  EXPECT_EQ(last_outcome(wired), CommitResult::kFull);
  EXPECT_EQ(full.reopen_at(wired.now()), wired.now() + kRetryInterval);
  const std::uint64_t calls = wired.fs.operations();
  full.reopen_if_due(wired.now());
  EXPECT_EQ(wired.fs.operations(), calls) << "not before its time";
  wired.clock.advance(kRetryInterval);
  full.reopen_if_due(wired.now());
  EXPECT_FALSE(wired.parts.availability.accepting());
  EXPECT_EQ(full.reopen_at(wired.now()), wired.now() + kRetryInterval);
  wired.fs.clear_faults();
  wired.clock.advance(kRetryInterval);
  full.reopen_if_due(wired.now());
  EXPECT_TRUE(wired.parts.availability.accepting());
  EXPECT_TRUE(wired.parts.writer.is_open()) << "the disk has taken a segment";
}

TEST(FullPolicyTest, OnAFullDiskDropOldestMakesRoomAndBlockWaitsForWhatCanBeReused) {
  WiredParts dropping(room_for(4, WhenFull::kDropOldest));
  ASSERT_NO_FATAL_FAILURE(dropping.fill(2));
  dropping.fs.set_capacity(dropping.fs.used());
  EXPECT_EQ(attempt(dropping), WriteOutcome::kFailed);
  EXPECT_EQ(dropping.dropped("journal_full"), static_cast<double>(kInOne));
  EXPECT_TRUE(dropping.parts.full.may_try(dropping.now()));

  WiredParts blocking(room_for(4));
  ASSERT_NO_FATAL_FAILURE(blocking.fill(1));
  blocking.take_all();
  blocking.fs.set_capacity(blocking.fs.used());
  EXPECT_EQ(attempt(blocking), WriteOutcome::kFailed);
  EXPECT_FALSE(blocking.parts.full.may_try(blocking.now()));
  blocking.acknowledge(1, kInOne);
  EXPECT_TRUE(blocking.parts.full.may_try(blocking.now())) << "its only segment holds nothing of use any more";
}

}  // namespace
}  // namespace respand::journal
