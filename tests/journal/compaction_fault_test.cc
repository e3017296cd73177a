// Compaction with lost cursors, with damage, on a disk that does not take the copy, and with copies that were
// abandoned.

#include <gtest/gtest.h>

#include "journal/format.h"
#include "journal/repair.h"
#include "tests/journal/compaction_world.h"

namespace respand::journal {
namespace {

TEST_F(CompactionTest, ACursorThatIsLostBringsBackNothingThatIsGoneAndLosesNothing) {
  move_one(kOrigin, true);
  ASSERT_TRUE(fs_.remove("/journal/cursor"));
  ASSERT_TRUE(fs_.remove("/journal/end"));
  Life life(fs_, tight_settings());
  ASSERT_FALSE(life.failure);
  const auto left = life.take_all();
  ASSERT_TRUE(left.contains(1));
  EXPECT_EQ(left.at(1), text_of(1, 300));
  for (const auto& [sequence, payload] : left) {
    EXPECT_EQ(payload.substr(0, payload.find(' ', 7)), cat("record ", sequence)) << "no record without its payload";
  }
  EXPECT_EQ(dropped_counter(life, "damaged"), 0) << "what is not there was acknowledged";
  EXPECT_EQ(life.journal->snapshot().backlog_records, left.size());
}

TEST_F(CompactionTest, RepairKeepsWhatWasMoved) {
  move_one(kOrigin, true);
  const Survey before = survey_it();
  EXPECT_TRUE(before.damage.empty());
  fs_.zero("/journal/cursor", 0, fs_.content("/journal/cursor").size());
  fs_.flip("/journal/" + segment_name(before.segments.back().name), SegmentHeader::kSize + 60);
  ManualClock clock;
  ASSERT_TRUE(repair(fs_, "/journal", clock, {}));
  EXPECT_TRUE(survey_it().damage.empty());
  Life life(fs_, tight_settings());
  const auto left = life.take_all();
  ASSERT_TRUE(left.contains(1));
  EXPECT_EQ(left.at(1), text_of(1, 300));
  EXPECT_EQ(dropped_counter(life, "damaged"), 0);
}

TEST_F(CompactionTest, ADamagedOpenRecordIsLostAndHoldsUpNothing) {
  PoisonReader reader(fs_, tight_settings());
  ASSERT_TRUE(reader.put(text_of(1, 300), true));
  ASSERT_TRUE(reader.put(text_of(2, 300), true));
  fs_.flip("/journal/" + segment_name({SegmentId{1}, Sequence{1}}), SegmentHeader::kSize + 100);
  for (std::uint64_t i = 3; i <= 60; ++i) {
    ASSERT_TRUE(reader.put(text_of(i, 700), false));
  }
  EXPECT_EQ(dropped_counter(reader.life(), "damaged"), 1);
  EXPECT_EQ(reader.read(reader.open()[1]), text_of(2, 300));
  std::string payload;
  const Status read = reader.life().journal->reader().read(reader.open()[0], payload);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  reader.life().journal->reader().lost(reader.open()[0], "its reader says so, too");
  EXPECT_EQ(dropped_counter(reader.life(), "damaged"), 1) << "counted once";
}

TEST_F(CompactionTest, ACopyThatCantBeWrittenIsTriedAgainAndLosesNothing) {
  for (const fs::Calls kind : {fs::calls::kRename, fs::calls::kWrite, fs::calls::kSyncData, fs::calls::kSyncDirectory,
                               fs::calls::kRead, fs::calls::kOpen}) {
    fs::FaultFileSystem fs;
    PoisonReader reader(fs, small_settings());
    ASSERT_TRUE(reader.put(text_of(1, 300), true));
    for (std::uint64_t i = 2; i <= 200; ++i) {
      fs.fail_at(3 + i % 7, {.calls = kind});
      static_cast<void>(reader.put(text_of(i, 700), false));
      fs.clear_faults();
      reader.life().clock.advance(kRetryInterval);
      static_cast<void>(reader.life().journal->step());
    }
    for (std::uint64_t i = 201; i <= 260; ++i) {
      ASSERT_TRUE(reader.put(text_of(i, 700), false));
    }
    EXPECT_EQ(reader.read(reader.open().front()), text_of(1, 300));
    EXPECT_EQ(dropped_counter(reader.life(), "damaged"), 0);
  }
}

TEST_F(CompactionTest, WhatIsLeftOfAnAbandonedCopyIsRemovedByTheNextStart) {
  fs_.set_content("/journal/compacted", "junk");
  const Life life(fs_);
  ASSERT_FALSE(life.failure);
  EXPECT_FALSE(fs_.exists("/journal/compacted"));
}

}  // namespace
}  // namespace respand::journal
