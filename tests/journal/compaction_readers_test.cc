// Compaction keeps what the spool and the ledger still need, and nothing else.

#include <gtest/gtest.h>

#include "journal/format.h"
#include "respand/journal/attributes.h"
#include "tests/journal/compaction_world.h"

namespace respand::journal {
namespace {

TEST_F(CompactionTest, TheSpoolFindsWhatItLooksForWithoutPayloads) {
  move_one(kOrigin, true);
  const Survey found = survey_it();
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(found.open_records, 1U);
  Life life(fs_, tight_settings(), Sequence{0});
  std::uint64_t seen = 0;
  ASSERT_TRUE(life.journal->history().visit([&](Sequence sequence, std::string_view attributes) {
    EXPECT_EQ(sequence.value, ++seen);
    EXPECT_EQ(attributes, kOrigin);
    return true;
  }));
  EXPECT_EQ(seen, 60U);
  EXPECT_EQ(life.take_all().size(), 1U);
  life.journal->retention().keep_from(Sequence{~0ULL});
  for (int turn = 0; turn < 20; ++turn) {
    static_cast<void>(life.journal->step());
  }
  EXPECT_LE(life.journal->snapshot().file_bytes, 4 * kSmallSegment);
}

TEST_F(CompactionTest, OfWhatTheSpoolLooksForOnlyItsOwnAttributeStays) {
  const std::string both = cat(kOrigin, kAccount);
  move_one(both, true);
  Life life(fs_, tight_settings(), Sequence{0});
  std::uint64_t short_ones = 0;
  ASSERT_TRUE(life.journal->history().visit([&](Sequence, std::string_view attributes) {
    EXPECT_EQ(find_attribute(attributes, Tag::kSpoolOrigin), "xy");
    short_ones += attributes == kOrigin ? 1U : 0U;
    return true;
  }));
  EXPECT_GT(short_ones, 40U);
}

TEST_F(CompactionTest, WhatTheSpoolAloneKeepsIsGoneForALedgerThatComesLater) {
  move_one(cat(kOrigin, kAccount), true);
  Life life(fs_, tight_settings(), Sequence{0});
  queue::Doorbell durable([] {});
  queue::Doorbell filled([] {});
  life.journal->tailer().attach_tailer(durable, filled);
  static_cast<void>(life.journal->tailer().begin(Sequence{}));
  std::uint64_t whole = 0;
  TailProgress turn;
  ASSERT_TRUE(life.journal->tailer().read_on(
      1000,
      [&](const TailedRecord& tailed) {
        EXPECT_FALSE(find_attribute(tailed.attributes, static_cast<Tag>(kAccount[0])).empty());
        ++whole;
      },
      turn));
  EXPECT_EQ(turn.unsound, 0U);
  EXPECT_GT(turn.gone, 40U);
  EXPECT_EQ(turn.gone + whole, 60U);
}

TEST_F(CompactionTest, TheLedgerReadsWhatWasMovedOnceAndGivesWayInTheEnd) {
  Settings settings = tight_settings();
  Life life(fs_, settings);
  queue::Doorbell durable([] {});
  queue::Doorbell filled([] {});
  life.journal->tailer().attach_tailer(durable, filled);
  static_cast<void>(life.journal->tailer().begin(Sequence{}));
  std::vector<std::uint64_t> seen;
  TailProgress turn;
  const auto read_on = [&](std::size_t most) {
    ASSERT_TRUE(life.journal->tailer().read_on(
        most,
        [&](const TailedRecord& tailed) {
          EXPECT_EQ(tailed.attributes, kAccount);
          seen.push_back(tailed.sequence.value);
        },
        turn));
  };
  const auto put_and_acknowledge = [&](std::uint64_t number) {
    ASSERT_TRUE(life.put({text_of(number, 900)}, kAccount));
    life.take_all();
    if (number != 1) {
      life.acknowledge(number);
    }
    while (life.journal->step() <= life.clock.mono()) {
    }
  };
  for (std::uint64_t i = 1; i <= 60; ++i) {
    put_and_acknowledge(i);
    if (i == 5 || i == 30) {
      read_on(3);  // stops amid a segment that is compacted later
    }
  }
  read_on(1000);
  ASSERT_EQ(seen.size(), 60U) << turn.gone << " are gone";
  for (std::uint64_t i = 0; i < 60; ++i) {
    EXPECT_EQ(seen[i], i + 1);
  }
  life.journal->tailer().unpin(Sequence{61});
  // It stops reading: the records that it has not read keep to the bound, and those given up for that are counted.
  for (std::uint64_t i = 61; i <= 1000; ++i) {
    put_and_acknowledge(i);
    const Snapshot now = life.journal->snapshot();
    ASSERT_LE(now.file_bytes, 2 * now.open_bytes + 4 * kSmallSegment);
  }
  seen.clear();
  read_on(10'000);
  EXPECT_GT(turn.gone, 0U);
  EXPECT_EQ(turn.unsound, 0U);
  EXPECT_EQ(turn.gone + seen.size(), 940U);
  EXPECT_EQ(seen.back(), 1000U);
}

}  // namespace
}  // namespace respand::journal
