// Whether the journal's files are where they belong, and how they are made anew.

#include "journal/file_presence.h"

#include <gtest/gtest.h>

#include "tests/journal/wired_parts.h"

namespace respand::journal {
namespace {

class FilePresenceTest : public testing::Test {
 protected:
  // The files go, and the journal has noticed.
  void lose_files() {
    ASSERT_NO_FATAL_FAILURE(wired_.remove_files());
    ASSERT_FALSE(presence().check());
    wired_.parts.writer.close(false);
  }
  [[nodiscard]] std::size_t segment_files() const {
    std::size_t count = 0;
    for (const std::string& path : wired_.fs.files()) {
      count += path.starts_with("/journal/seg-") ? 1U : 0U;
    }
    return count;
  }
  [[nodiscard]] FilePresence& presence() { return wired_.parts.presence; }
  WiredParts wired_;
};

TEST_F(FilePresenceTest, WhereTheyAreItLooksOnceAnInterval) {
  ASSERT_EQ(wired_.commit(), WriteOutcome::kDone);
  EXPECT_TRUE(presence().check());
  EXPECT_FALSE(presence().look(wired_.now()));
  const std::uint64_t calls = wired_.fs.operations();
  EXPECT_FALSE(presence().look(wired_.now() + FilePresence::kLookInterval - Duration{1}));
  EXPECT_EQ(wired_.fs.operations(), calls);
  EXPECT_FALSE(presence().look(wired_.now() + FilePresence::kLookInterval));
  EXPECT_GT(wired_.fs.operations(), calls);
  EXPECT_EQ(presence().look_at(), MonoTime::max()) << "the thread need not wake for it";
}

TEST_F(FilePresenceTest, AnOpenSegmentWithoutANameIsNoticedWithTheGroup) {
  ASSERT_EQ(wired_.commit(), WriteOutcome::kDone);
  for (const std::string& path : wired_.fs.files()) {
    if (path.starts_with("/journal/seg-")) {
      ASSERT_TRUE(wired_.fs.remove(path));
    }
  }
  EXPECT_FALSE(presence().check());
  EXPECT_TRUE(presence().removed());
  EXPECT_NE(presence().look_at(), MonoTime::max());
}

TEST_F(FilePresenceTest, MadeAnewTheyHoldWhatWasHeldOpen) {
  ASSERT_NO_FATAL_FAILURE(wired_.fill(1));
  ASSERT_NO_FATAL_FAILURE(lose_files());
  EXPECT_TRUE(presence().make_anew());
  EXPECT_FALSE(presence().removed());
  EXPECT_TRUE(wired_.fs.exists("/journal/lock"));
  EXPECT_EQ(segment_files(), 1U);
  SeededRandom random(3);
  wired_.fs.crash(random);  // it was synced, too
  Life after(wired_.fs);
  ASSERT_FALSE(after.failure);
  EXPECT_EQ(after.take_all().size(), WiredParts::kInSegment);
}

TEST_F(FilePresenceTest, TheLookMakesThemAnewWhereNobodyWrites) {
  ASSERT_NO_FATAL_FAILURE(wired_.fill(1));
  ASSERT_NO_FATAL_FAILURE(wired_.remove_files());
  EXPECT_TRUE(presence().look(wired_.now()));
  EXPECT_FALSE(wired_.parts.writer.is_open());
  EXPECT_TRUE(wired_.fs.exists("/journal/lock"));
}

TEST_F(FilePresenceTest, AnotherJournalInTheirPlaceIsLeftAsItIs) {
  ASSERT_EQ(wired_.commit(), WriteOutcome::kDone);
  ASSERT_NO_FATAL_FAILURE(lose_files());
  {
    Life other(wired_.fs);
    ASSERT_TRUE(other.put({"of the other"}));
    other.journal->stop();
  }
  const std::uint64_t writes = wired_.fs.operations(fs::calls::kWrite);
  EXPECT_FALSE(presence().make_anew());
  EXPECT_TRUE(presence().removed());
  EXPECT_EQ(wired_.condition(), Condition::kFilesGone);
  EXPECT_EQ(wired_.fs.operations(fs::calls::kWrite), writes);
}

TEST_F(FilePresenceTest, WhileAnotherProcessHasTheLockNothingIsWritten) {
  ASSERT_EQ(wired_.commit(), WriteOutcome::kDone);
  ASSERT_NO_FATAL_FAILURE(lose_files());
  auto lock = wired_.fs.lock("/journal/lock");
  ASSERT_TRUE(lock);
  EXPECT_FALSE(presence().make_anew());
  EXPECT_EQ(segment_files(), 0U);
  lock->reset();
  EXPECT_TRUE(presence().make_anew());
  EXPECT_EQ(segment_files(), 1U);
}

// Each call fails at its turn: what is not made anew in whole counts as removed, and the next try makes it.
TEST_F(FilePresenceTest, WhatFailsOnTheWayIsTriedAgain) {
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    WiredParts wired;
    ASSERT_NO_FATAL_FAILURE(wired.fill(1));
    ASSERT_NO_FATAL_FAILURE(wired.remove_files());
    ASSERT_FALSE(wired.parts.presence.check());
    wired.parts.writer.close(false);
    const std::uint64_t hits = wired.fs.faults_hit();
    wired.fs.fail_at(nth);
    const bool made = wired.parts.presence.make_anew();
    const bool hit = wired.fs.faults_hit() > hits;
    wired.fs.clear_faults();
    EXPECT_EQ(wired.parts.presence.removed(), !made);
    wired.clock.advance(Acknowledgements::kCursorDelay);
    ASSERT_TRUE(made || wired.parts.presence.make_anew());
    ASSERT_EQ(wired.take_all().size(), WiredParts::kInSegment);
    if (!hit) {
      EXPECT_GT(nth, 5U) << "so many calls at least";
      break;
    }
  }
}

}  // namespace
}  // namespace respand::journal
