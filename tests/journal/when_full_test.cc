// What becomes of records when journal.max_size is reached, under each policy.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

using Records = std::map<std::uint64_t, std::string>;

class WhenFullTest : public testing::Test {
 protected:
  fs::FaultFileSystem fs_;
};

TEST_F(WhenFullTest, FullUnderBlockHoldsTheGroupUntilRoomComes) {
  Settings settings = small_settings();
  settings.max_size = Bytes{2 * kSmallSegment};
  Life life(fs_, settings);
  std::uint64_t put = 0;
  while (life.put({std::string(1000, 'x')})) {
    ++put;
  }
  EXPECT_EQ(put, 6U);  // three of these in each of two segments
  EXPECT_EQ(life.journal->snapshot().issue, "journal.max_size is reached");
  const Records taken = life.take_all();
  for (std::uint64_t s = 1; s <= 3; ++s) {
    life.acknowledge(s);
  }
  static_cast<void>(life.journal->step());
  EXPECT_EQ(life.producer.durable_records, 7U);
  EXPECT_EQ(life.journal->snapshot().issue, "");
}

TEST_F(WhenFullTest, FullUnderRejectRefusesUntilHalfIsFree) {
  Settings settings = small_settings();
  settings.max_size = Bytes{4 * kSmallSegment};
  settings.when_full = WhenFull::kReject;
  Life life(fs_, settings);
  std::uint64_t put = 0;
  while (life.put({std::string(1000, 'x')})) {
    ++put;
  }
  EXPECT_EQ(put, 12U);
  EXPECT_EQ(life.producer.outcomes.back(), CommitResult::kFull);
  EXPECT_FALSE(life.journal->writer().accepting());
  life.take_all();
  for (std::uint64_t s = 1; s <= 3; ++s) {
    life.acknowledge(s);
  }
  EXPECT_FALSE(life.put({"one segment is free: still closed"}));
  for (std::uint64_t s = 4; s <= 6; ++s) {
    life.acknowledge(s);
  }
  EXPECT_TRUE(life.put({"half is free: open"}));
  EXPECT_TRUE(life.journal->writer().accepting());
}

TEST_F(WhenFullTest, FullUnderDropOldestDropsWholeSegmentsAndCounts) {
  Settings settings = small_settings();
  settings.max_size = Bytes{2 * kSmallSegment};
  settings.when_full = WhenFull::kDropOldest;
  Life life(fs_, settings);
  for (int i = 1; i <= 20; ++i) {
    life.put({std::string(1000, 'x')});
    static_cast<void>(life.journal->step());
  }
  EXPECT_EQ(life.producer.durable_records, 20U);
  const std::uint64_t left = life.journal->snapshot().backlog_records;
  EXPECT_EQ(static_cast<double>(left) + dropped_counter(life, "journal_full"), 20.0);
  EXPECT_LE(left, 6U);
  EXPECT_EQ(life.journal->snapshot().backlog_bytes, left * 1000);
}

}  // namespace
}  // namespace respand::journal
