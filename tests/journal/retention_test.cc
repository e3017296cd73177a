// Records that are held for the spool stay on the disk, are found again after a start, and keep nothing else there.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/journal/bench_of_records.h"
#include "tests/journal/parts_bench.h"

namespace respand::journal {
namespace {

using Records = std::map<std::uint64_t, std::string>;

class RetentionTest : public testing::Test {
 protected:
  fs::FaultFileSystem fs_;
};

TEST_F(RetentionTest, HistoryShowsAttributesFromTheKeptFloorOn) {
  const std::string attribute("\x01\x01\x00x", 4);
  {
    Life life(fs_, small_settings(), Sequence{2});
    ASSERT_TRUE(life.put({"1"}, attribute));
    ASSERT_TRUE(life.put({"2"}, attribute));
    ASSERT_TRUE(life.put({"3"}));
    ASSERT_TRUE(life.put({std::string(kSmallSegment, 'z')}, attribute));
    life.take_all();
    for (std::uint64_t s = 1; s <= 4; ++s) {
      life.acknowledge(s);
    }
    fs_.crash_keeping_all();
  }
  Life life(fs_, small_settings(), Sequence{0});
  std::map<std::uint64_t, std::string> seen;
  ASSERT_TRUE(life.journal->history().visit([&](Sequence sequence, std::string_view attributes) {
    seen[sequence.value] = attributes;
    return true;
  }));
  EXPECT_EQ(seen, (Records{{2, attribute}, {4, attribute}})) << "also when all was delivered";
  life.journal->retention().keep_from(Sequence{~0ULL});
  ASSERT_TRUE(life.put({std::string(kSmallSegment, 'z')}));
  static_cast<void>(life.journal->step());
  seen.clear();
  ASSERT_TRUE(
      life.journal->history().visit([&](Sequence sequence, std::string_view) { return seen[sequence.value].empty(); }));
  EXPECT_FALSE(seen.contains(2));
}

TEST_F(RetentionTest, WhatIsHeldIsFoundAgainAndWhatIsNotPinsNothing) {
  const std::string attribute("\x01\x01\x00x", 4);
  {
    Life life(fs_);  // nothing is needed
    ASSERT_TRUE(life.put({"1"}, attribute));
    life.take_all();
    life.acknowledge(1);
    EXPECT_EQ(life.journal->retention().hold(), Sequence{2});
    ASSERT_TRUE(life.put({"2", std::string(kSmallSegment, 'z')}, attribute));
    ASSERT_TRUE(life.put({std::string(kSmallSegment, 'z')}));
    life.take_all();
    for (std::uint64_t s = 2; s <= 4; ++s) {
      life.acknowledge(s);
    }
    static_cast<void>(life.journal->step());
    fs_.crash_keeping_all();
  }
  Life life(fs_, small_settings(), Sequence{0});
  std::map<std::uint64_t, std::string> seen;
  ASSERT_TRUE(life.journal->history().visit([&](Sequence sequence, std::string_view attributes) {
    seen[sequence.value] = attributes;
    return true;
  }));
  EXPECT_EQ(seen, (Records{{2, attribute}, {3, attribute}}));
}

TEST(RetentionPins, TheSpoolsFloorOnlyRisesAndIsNeverPersistedAboveTheEnd) {
  PartsBench bench;
  EXPECT_EQ(bench.pins.hold(), Sequence{1});
  bench.pins.keep_from(Sequence{3});
  bench.pins.keep_from(Sequence{2});
  EXPECT_EQ(bench.pins.spool(), Sequence{3});
  EXPECT_EQ(bench.pins.persistable(), Sequence{1}) << "what is offered later is above the floor";
  bench.pins.keep_from(Sequence{~0ULL});
  EXPECT_EQ(bench.pins.spool(), Sequence{~0ULL});
  EXPECT_TRUE(bench.progress.changed());
}

TEST(RetentionPins, TheLedgersPinIsThereFromItsAttachmentOnAndOnlyRises) {
  PartsBench bench;
  EXPECT_EQ(bench.pins.ledger(), Sequence{~0ULL}) << "nobody reads";
  queue::Doorbell bell;
  bench.tailer.attach_tailer(bell, bell);
  EXPECT_EQ(bench.pins.readers().first(), Sequence{0});
  bench.tailer.unpin(Sequence{4});
  bench.tailer.unpin(Sequence{2});
  EXPECT_EQ(bench.pins.ledger(), Sequence{4});
}

}  // namespace
}  // namespace respand::journal
