// A worker on a machine that fails: dead letters that can't be written, records that can't be read.
#include <gtest/gtest.h>

#include "world.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

http::Answer odd_ones_are_wrong(std::uint64_t sequence, MonoTime) { return status(sequence % 2 == 0 ? 200 : 400); }

TEST(WorkerFaults, ARefusedRecordIsAcknowledgedOnlyAfterItsLetterIsOnTheDisk) {
  World world(odd_ones_are_wrong);
  std::size_t checked = 0;
  world.outlet.before_acknowledge = [&](std::uint64_t sequence) {
    if (sequence % 2 == 0) {
      return;
    }
    fs::FaultFileSystem after_power_cut(world.disk.snapshot());
    SeededRandom random(sequence);
    after_power_cut.crash(random);
    ASSERT_TRUE(after_power_cut.exists(World::kFile));
    EXPECT_NE(after_power_cut.content(World::kFile).find(cat("\"record\":{\"n\":", sequence, "} ")), std::string::npos);
    ++checked;
  };
  world.add(60);
  world.run_for(hours{1});
  EXPECT_EQ(checked, 30U);
}

TEST(WorkerFaults, LettersOfATurnShareOneSync) {
  World world([](std::uint64_t, MonoTime) { return status(400); });
  world.add(64);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 64U);
  EXPECT_EQ(world.disk.operations(fs::calls::kSyncData), 2U) << "32 at a time";
}

TEST(WorkerFaults, WhatCannotBeBuriedIsKeptAndTriedAgain) {
  World world(odd_ones_are_wrong);
  world.disk.fail_at(1, {.os_error = ENOSPC, .for_good = true, .calls = fs::calls::kWrite | fs::calls::kSyncData});
  world.add(20);
  world.run_for(minutes{10});
  EXPECT_EQ(world.outlet.acknowledged.size(), 10U) << "the good ones only";
  EXPECT_EQ(world.worker.retrying() + world.client->in_flight(), 10U);
  EXPECT_NE(world.dead_letters.state().issue, "");
  world.disk.clear_faults();
  world.run_for(minutes{10});
  EXPECT_EQ(world.outlet.acknowledged.size(), 20U);
  EXPECT_EQ(world.dead_lines(), 10U);
  EXPECT_EQ(world.dead_letters.state().issue, "");
}

TEST(WorkerFaults, EveryDiskCallMayFailOnce) {
  for (std::uint64_t n = 1; n <= 40; ++n) {
    World world(odd_ones_are_wrong);
    world.disk.fail_at(n);
    world.add(100);
    world.run_for(hours{1});
    EXPECT_EQ(world.outlet.acknowledged.size(), 100U) << n;
    for (std::uint64_t sequence = 1; sequence < 100; sequence += 2) {
      EXPECT_NE(world.dead().find(cat("\"record\":{\"n\":", sequence, "} ")), std::string::npos)
          << n << ' ' << sequence;
    }
  }
}

TEST(WorkerFaults, ACorruptRecordIsLostAndTheOthersGoOn) {
  World world;
  world.outlet.unreadable = {{3, ErrorCode::kCorrupt}, {4, ErrorCode::kCorrupt}, {40, ErrorCode::kCorrupt}};
  world.add(50);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.lost_ones, (std::set<std::uint64_t>{3, 4, 40}));
  EXPECT_EQ(world.outlet.acknowledged.size(), 47U);
}

TEST(WorkerFaults, AReadErrorIsNoReasonToGiveUp) {
  World world;
  world.outlet.unreadable = {{1, ErrorCode::kIo}, {2, ErrorCode::kIo}};
  world.add(10);
  world.run_for(minutes{10});
  EXPECT_EQ(world.outlet.acknowledged.size(), 8U);
  EXPECT_TRUE(world.outlet.lost_ones.empty());
  world.outlet.unreadable.clear();
  world.run_for(minutes{2});
  EXPECT_EQ(world.outlet.acknowledged.size(), 10U);
}

// A bad place of the disk: tried often, over a long time, then counted as lost. The others are not held up.
TEST(WorkerFaults, WhatStaysUnreadableWhileTheRestOfItsSegmentCanBeReadIsLost) {
  World world;
  world.outlet.unreadable = {{1, ErrorCode::kIo}, {2, ErrorCode::kIo}};
  world.add(10);
  world.run_for(RecordOutcomes::kReadGrace - seconds{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 8U);
  EXPECT_TRUE(world.outlet.lost_ones.empty());
  world.outlet.unreadable.erase(2);
  world.run_for(minutes{2});
  EXPECT_EQ(world.outlet.lost_ones, (std::set<std::uint64_t>{1}));
  EXPECT_EQ(world.outlet.acknowledged.size(), 9U);
}

TEST(WorkerFaults, WhatCanNotBeReadBecauseTheDiskIsAwayIsWaitedFor) {
  World world;
  world.outlet.unreadable = {{1, ErrorCode::kIo}};
  world.outlet.disk_is_away = true;
  world.add(10);
  world.run_for(hours{100});
  EXPECT_TRUE(world.outlet.lost_ones.empty());
  world.outlet.unreadable.clear();
  world.run_for(minutes{2});
  EXPECT_EQ(world.outlet.acknowledged.size(), 10U);
}

TEST(WorkerFaults, ManyReadsInAShortTimeAreNoReasonToGiveUp) {
  World world;
  world.outlet.unreadable = {{1, ErrorCode::kIo}};
  world.add(1);
  for (std::uint32_t i = 0; i < 3 * RecordOutcomes::kReadPatience; ++i) {
    world.worker.set_target({}, {});  // as after a SIGHUP: what is waiting for a retry is due
    world.worker.step();
  }
  EXPECT_TRUE(world.outlet.lost_ones.empty());
}

}  // namespace
}  // namespace respand::delivery
