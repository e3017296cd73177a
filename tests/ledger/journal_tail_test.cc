// The ledger's place in the journal: it moves with what is read, goes back where counting fails, and says what it never
// saw.

#include "ledger/journal_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/queue/doorbell.h"
#include "tests/ledger/fake_tailer.h"

namespace respand::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class JournalTailTest : public testing::Test {
 protected:
  // One read; the sequences that were visited. The visit of `failing` fails.
  std::vector<std::uint64_t> read(JournalTail& tail, std::uint64_t failing = 0) {
    std::vector<std::uint64_t> visited;
    done_ = tail.read([&](const journal::TailedRecord& tailed) -> Status {
      visited.push_back(tailed.sequence.value);
      return tailed.sequence.value == failing ? Status(error(ErrorCode::kIo, "for a test")) : Status();
    });
    return visited;
  }
  [[nodiscard]] JournalTail make() { return {tailer_, bell_, bell_, missed_}; }

  FakeTailer tailer_;
  queue::Doorbell bell_{[] {}};
  metrics::Registry registry_;
  metrics::Counter missed_ = registry_.counter("missed_total", "for a test");
  Status done_;
};

TEST_F(JournalTailTest, ReadsOnWhereTheRowsEndAndHoldsNoMoreThanThat) {
  tailer_.end = Sequence{5};
  JournalTail tail = make();
  EXPECT_EQ(tailer_.attached, 1);
  tail.begin({.journal = FakeTailer::kJournal, .next = Sequence{3}});
  EXPECT_FALSE(tail.at_end());
  EXPECT_THAT(read(tail), ElementsAre(3, 4));
  EXPECT_TRUE(tail.at_end());
  EXPECT_TRUE(tail.uncommitted());
  EXPECT_EQ(tail.place().next, Sequence{5});
  EXPECT_EQ(tailer_.needed_from, Sequence{}) << "not before it is committed";
  tail.committed();
  EXPECT_EQ(tailer_.needed_from, Sequence{5});
  EXPECT_FALSE(tail.uncommitted());
  EXPECT_THAT(read(tail), IsEmpty());
  EXPECT_FALSE(tail.uncommitted()) << "nothing has moved";
}

TEST_F(JournalTailTest, OfAnotherJournalsPlaceOnlyTheMissedCount) {
  tailer_.end = Sequence{4};
  JournalTail tail = make();
  tail.begin({.journal = FakeTailer::kJournal + 1, .next = Sequence{3}, .missed = 2});
  EXPECT_THAT(read(tail), ElementsAre(1, 2, 3));
  EXPECT_EQ(tail.place(), (Place{.journal = FakeTailer::kJournal, .next = Sequence{4}, .missed = 2}));
  tail.committed();
  EXPECT_EQ(missed_.value(), 0) << "those of an earlier run";
}

TEST_F(JournalTailTest, AJournalThatEndsBeforeTheRowsIsReadFromItsEnd) {
  tailer_.end = Sequence{5};
  JournalTail tail = make();
  tailer_.end = Sequence{7};  // new records under sequences that the disk had lost
  tail.begin({.journal = FakeTailer::kJournal, .next = Sequence{9}});
  EXPECT_THAT(read(tail), ElementsAre(5, 6));
  tail.committed();
  tail.begin(tail.place());  // the file is opened anew
  EXPECT_EQ(tail.place().next, Sequence{7}) << "what was committed since is behind the end of the start";
}

// Also where the place in the store is none in this journal.
TEST_F(JournalTailTest, AVisitThatFailsUndoesTheTurn) {
  tailer_.end = Sequence{6};
  JournalTail tail = make();
  tail.begin({.journal = FakeTailer::kJournal + 1, .next = Sequence{100}});
  EXPECT_THAT(read(tail, 3), ElementsAre(1, 2, 3)) << "none behind it";
  EXPECT_FALSE(done_);
  EXPECT_FALSE(tail.uncommitted());
  EXPECT_EQ(tail.place().next, Sequence{1});
  EXPECT_THAT(read(tail), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_TRUE(done_);
}

TEST_F(JournalTailTest, ATurnIsBounded) {
  tailer_.end = Sequence{1 + JournalTail::kMostATurn + 1};
  JournalTail tail = make();
  tail.begin({});
  EXPECT_EQ(read(tail).size(), JournalTail::kMostATurn);
  EXPECT_TRUE(tail.more());
  tail.committed();
  EXPECT_EQ(read(tail).size(), 1U);
  EXPECT_FALSE(tail.more());
}

TEST_F(JournalTailTest, WhatIsGoneIsCountedWithTheCommit) {
  tailer_.end = Sequence{3};
  JournalTail tail = make();
  tail.begin({});
  tailer_.gone = 4;
  static_cast<void>(read(tail));
  EXPECT_EQ(tail.place().missed, 4U);
  EXPECT_EQ(missed_.value(), 0);
  tail.committed();
  EXPECT_EQ(missed_.value(), 4);
  tail.committed();
  EXPECT_EQ(missed_.value(), 4) << "once";
}

TEST_F(JournalTailTest, WhatWasReadBeforeAFailureIsCommittedBeforeTheFailureIsSaid) {
  tailer_.end = Sequence{5};
  tailer_.unreadable = Sequence{3};
  JournalTail tail = make();
  tail.begin({});
  EXPECT_THAT(read(tail), ElementsAre(1, 2));
  EXPECT_TRUE(done_);
  EXPECT_EQ(tail.place().next, Sequence{3});
  tail.committed();
  EXPECT_THAT(read(tail), IsEmpty());
  EXPECT_FALSE(done_);
}

TEST_F(JournalTailTest, ASegmentThatCantBeReadSoOftenIsMissed) {
  tailer_.end = Sequence{5};
  tailer_.unreadable = Sequence{1};
  JournalTail tail = make();
  tail.begin({});
  for (int failures = 1; failures < JournalTail::kMostReadFailures; ++failures) {
    static_cast<void>(read(tail));
    ASSERT_FALSE(done_) << failures;
  }
  EXPECT_EQ(tail.place().missed, 0U) << "one below";
  static_cast<void>(read(tail));
  EXPECT_TRUE(done_);
  EXPECT_TRUE(tail.uncommitted());
  EXPECT_EQ(tail.place().missed, 4U);
  EXPECT_EQ(tail.place().next, Sequence{5});
}

}  // namespace
}  // namespace respand::ledger
