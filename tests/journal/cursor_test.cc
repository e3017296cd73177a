#include "journal/cursor.h"

#include <gtest/gtest.h>

#include "journal/format.h"
#include "tests/support/fs/fault_file_system.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

CursorState state_at(std::uint64_t floor) {
  return CursorState{
      .journal = 42, .acked = AckedSet(Sequence{floor}), .acked_bytes = floor * 100, .keep_from = Sequence{floor}};
}

std::uint64_t floor_after_reopening(fs::FileSystem& fs) {
  auto cursor = Cursor::open(fs, "/j");
  EXPECT_TRUE(cursor) << cursor.error().message;
  return cursor && cursor->state() ? cursor->state()->acked.floor().value : 0;
}

class CursorTest : public testing::Test {
 protected:
  CursorTest() { EXPECT_TRUE(fs_.make_directories("/j")); }
  fs::FaultFileSystem fs_;
};

TEST_F(CursorTest, StartsEmptyAndHasItsFullSize) {
  auto cursor = Cursor::open(fs_, "/j");
  ASSERT_TRUE(cursor);
  EXPECT_FALSE(cursor->state());
  EXPECT_FALSE(cursor->damaged());
  EXPECT_EQ(fs_.content("/j/cursor").size(), Cursor::kSlots * Cursor::kSlotSize);
}

TEST_F(CursorTest, TheNewestWriteCountsAfterKill9) {
  auto cursor = Cursor::open(fs_, "/j");
  ASSERT_TRUE(cursor);
  for (std::uint64_t floor = 1; floor < 20; ++floor) {
    ASSERT_TRUE(floor % 3 == 0 ? cursor->prepare(state_at(floor)) : cursor->write(state_at(floor)));
    fs::FaultFileSystem after(fs_.snapshot());
    after.crash_keeping_all();
    EXPECT_EQ(floor_after_reopening(after), floor);
  }
}

TEST_F(CursorTest, WhatWasSyncedSurvivesEveryPowerCut) {
  SeededRandom random(11);
  for (int round = 0; round < (test::kSanitized ? 40 : 300); ++round) {
    fs::FaultFileSystem fs(static_cast<std::uint64_t>(round));
    ASSERT_TRUE(fs.make_directories("/j"));
    auto cursor = Cursor::open(fs, "/j");
    ASSERT_TRUE(cursor);
    std::uint64_t synced = 0;
    std::uint64_t last = 0;
    const std::uint64_t steps = 1 + random.below(12);
    for (std::uint64_t step = 0; step < steps; ++step) {
      ++last;
      if (random.below(3) == 0) {
        ASSERT_TRUE(cursor->prepare(state_at(last)));
        if (random.below(2) == 0) {
          ASSERT_TRUE(cursor->sync());
          synced = last;
        }
      } else {
        ASSERT_TRUE(cursor->write(state_at(last)));
      }
    }
    fs.crash(random);
    const std::uint64_t found = floor_after_reopening(fs);
    EXPECT_GE(found, synced);
    EXPECT_LE(found, last);
  }
}

TEST_F(CursorTest, DamageCostsAtMostTheSlotsHit) {
  auto cursor = Cursor::open(fs_, "/j");
  ASSERT_TRUE(cursor);
  ASSERT_TRUE(cursor->prepare(state_at(5)));
  ASSERT_TRUE(cursor->write(state_at(6)));
  fs_.flip("/j/cursor", 2 * Cursor::kSlotSize + 33);
  EXPECT_EQ(floor_after_reopening(fs_), 5U);
  fs_.flip("/j/cursor", 40);
  auto none = Cursor::open(fs_, "/j");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->state());
  EXPECT_TRUE(none->damaged());
}

TEST_F(CursorTest, ANewerVersionIsRefused) {
  auto cursor = Cursor::open(fs_, "/j");
  ASSERT_TRUE(cursor);
  ASSERT_TRUE(cursor->write(state_at(6)));
  std::string content = fs_.content("/j/cursor");
  auto* const slot = reinterpret_cast<std::byte*>(content.data() + 2 * Cursor::kSlotSize);
  store(slot + 16, kFormatVersion + 1);
  const std::size_t size = Cursor::kHeaderSize + load<std::uint32_t>(slot + 20);
  store(slot, checksum(ConstBytes(slot + 8, size - 8)));
  fs_.set_content("/j/cursor", content);
  const auto refused = Cursor::open(fs_, "/j");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
}

TEST_F(CursorTest, AFullDiskDoesNotStopIt) {
  auto cursor = Cursor::open(fs_, "/j");
  ASSERT_TRUE(cursor);
  fs_.set_capacity(fs_.used());
  EXPECT_TRUE(cursor->write(state_at(9)));
  EXPECT_TRUE(cursor->prepare(state_at(10)));
  EXPECT_TRUE(cursor->sync());
  EXPECT_EQ(floor_after_reopening(fs_), 10U);
}

}  // namespace
}  // namespace respand::journal
