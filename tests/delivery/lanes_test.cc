// Which record gets the next slot: one of the backlog, or one that came in while the backlog drains.
#include "delivery/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "world.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kFresh = 100'000;  // sequences from here on came in while older ones wait

TEST(FreshPart, IsTheShareAndWhatItTakesToSendAllThatComesIn) {
  EXPECT_EQ(fresh_part(0, 0.5), 0) << "strictly oldest first";
  EXPECT_EQ(fresh_part(0.5, 0), 0.5) << "nothing is known";
  EXPECT_EQ(fresh_part(0.5, 0.2), 0.5) << "what they do not use the backlog gets anyway";
  EXPECT_NEAR(fresh_part(0.5, 2.0 / 3), 0.8, 1e-9) << "200 of 300 come in";
  EXPECT_EQ(fresh_part(0.5, 0.8), 0.875) << "never more than three quarters of the backlog's part";
  EXPECT_EQ(fresh_part(0.5, 0.9), 0.5) << "even that would not do";
  EXPECT_EQ(fresh_part(0.5, 1e6), 0.5);
  EXPECT_NEAR(fresh_part(0.1, 0.5), 0.6, 1e-9);
  EXPECT_NEAR(fresh_part(0.9, 0.5), 0.9, 1e-9);
}

TEST(LaneTurns, ComeAsOftenAsTheirPartSays) {
  for (const double part : {0.0, 0.1, 0.25, 0.5, 2.0 / 3, 0.9}) {
    LaneTurns turns;
    int fresh = 0;
    for (int turn = 0; turn < 9000; ++turn) {
      const LaneName lane = turns.next(part);
      fresh += lane == LaneName::kFresh ? 1 : 0;
      turns.took(lane, part);
    }
    EXPECT_NEAR(fresh, 9000 * part, 1) << part;
  }
}

TEST(LaneTurns, OweOnlyAFewThatWereNotUsed) {
  LaneTurns turns;
  for (int turn = 0; turn < 1000; ++turn) {
    turns.took(LaneName::kBacklog, 0.5);
  }
  int in_a_row = 0;
  while (turns.next(0.5) == LaneName::kFresh) {
    turns.took(LaneName::kFresh, 0.5);
    ++in_a_row;
  }
  EXPECT_LE(in_a_row, 20);
  EXPECT_GE(in_a_row, 8);
}

class Lanes : public testing::Test {
 protected:
  // One request at a time, 20 ms each: 50 a second.
  void make(
      FakeClient::Api api = [](std::uint64_t, MonoTime) { return status(200); }, std::size_t max_open = 8192,
      const std::optional<Batching::Settings>& batch = std::nullopt, std::uint32_t max_in_flight = 1) {
    world_.emplace(std::move(api), Retry{}, max_in_flight, max_open, batch);
    world_->worker.set_fresh_share(0.5);
  }
  void wait_in_both(std::uint64_t old, std::uint64_t fresh) {
    world_->add(old);
    for (std::uint64_t i = 0; i < fresh; ++i) {
      world_->outlet.add_fresh(kFresh + i, world_->clock.wall());
    }
  }
  // Attempts, of fresh records or of others.
  [[nodiscard]] int tried(bool fresh) const {
    int sum = 0;
    for (const auto& [sequence, times] : world_->client->started) {
      sum += (sequence >= kFresh) == fresh ? times : 0;
    }
    return sum;
  }
  std::optional<World> world_;
};

TEST_F(Lanes, ShareTheApiAsTheOperatorSays) {
  for (const double share : {0.25, 0.5, 0.9}) {
    make();
    world_->worker.set_fresh_share(share);
    wait_in_both(1000, 1000);
    world_->run_for(seconds{10});
    const int all = tried(true) + tried(false);
    EXPECT_GE(all, 490);
    EXPECT_NEAR(tried(true), share * all, 2) << share;
  }
}

TEST_F(Lanes, GiveEachOtherWhatTheyDoNotUse) {
  make();
  wait_in_both(1000, 20);
  world_->run_for(seconds{10});
  EXPECT_EQ(tried(true), 20);
  EXPECT_GE(tried(false), 470);
  make();
  wait_in_both(20, 1000);
  world_->run_for(seconds{10});
  EXPECT_EQ(tried(false), 20);
  EXPECT_GE(tried(true), 470);
}

TEST_F(Lanes, WithNoShareGoStrictlyOldestFirst) {
  make();
  world_->worker.set_fresh_share(0);
  wait_in_both(300, 300);
  world_->run_for(seconds{6});
  EXPECT_GE(tried(false), 290);
  EXPECT_EQ(tried(true), 0);
  world_->run_for(seconds{10});
  EXPECT_EQ(world_->outlet.acknowledged.size(), 600U) << "what was at hand is sent as well, when no older one is left";
}

TEST_F(Lanes, SendAllThatComesInWhereTheBacklogCanSpareIt) {
  make();
  world_->outlet.demand = 2.0 / 3;
  world_->add(3000);
  std::uint64_t came = 0;
  for (int turn = 0; turn < 300; ++turn) {  // 33 a second, of 50
    for (; came < static_cast<std::uint64_t>(turn) * 10 / 3; ++came) {
      world_->outlet.add_fresh(kFresh + came, world_->clock.wall());
    }
    world_->run_for(milliseconds{100});
  }
  EXPECT_LE(world_->outlet.fresh.size(), 10U) << "of " << came;
  EXPECT_NEAR(tried(false), 500, 30) << "the backlog gets the rest";
}

// Retries of an old record that fails again and again use the backlog's turns only.
TEST_F(Lanes, RetriesOfOldOnesTakeNothingFromTheFresh) {
  make([](std::uint64_t sequence, MonoTime) { return status(sequence < kFresh ? 500 : 200); });
  wait_in_both(400, 0);
  world_->run_for(seconds{5});
  const int before = tried(false);
  for (std::uint64_t i = 0; i < 400; ++i) {
    world_->outlet.add_fresh(kFresh + i, world_->clock.wall());
  }
  world_->upstream.resume(world_->clock.mono(), true);
  world_->run_for(seconds{10});
  EXPECT_GE(tried(true) + 2, tried(false) - before);
  EXPECT_GE(tried(true), 30);
}

TEST_F(Lanes, ParkedOldOnesLeaveRoomForTheFresh) {
  constexpr std::size_t kMaxOpen = 16;
  make([](std::uint64_t sequence, MonoTime) { return status(sequence < kFresh && sequence % 2 == 0 ? 500 : 200); },
       kMaxOpen);
  wait_in_both(200, 0);
  world_->run_for(seconds{600});
  EXPECT_EQ(world_->outlet.open(), kMaxOpen * RecordDispatcher::kOpenParts / 8) << "as many as may be open";
  EXPECT_FALSE(world_->outlet.waiting.empty());
  world_->outlet.add_fresh(kFresh, world_->clock.wall());
  world_->upstream.resume(world_->clock.mono(), true);
  world_->run_for(seconds{60});
  EXPECT_TRUE(world_->outlet.acknowledged.contains(kFresh));
}

TEST_F(Lanes, ShareABatchToo) {
  const Batching::Settings ten{.max_records = 10, .max_bytes = mebibytes(1), .linger = milliseconds{20}};
  make([](std::uint64_t, MonoTime) { return status(200); }, 8192, ten);
  wait_in_both(100, 23);
  world_->run_for(seconds{1});
  ASSERT_GE(world_->client->batches.size(), 6U);
  std::vector<std::size_t> fresh;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto& batch = world_->client->batches[i];
    EXPECT_EQ(batch.size(), 10U);
    fresh.push_back(static_cast<std::size_t>(
        std::count_if(batch.begin(), batch.end(), [](std::uint64_t sequence) { return sequence >= kFresh; })));
  }
  EXPECT_EQ(fresh, (std::vector<std::size_t>{5, 5, 5, 5, 3, 0}));
  EXPECT_EQ(world_->outlet.acknowledged.size(), 123U);
}

TEST_F(Lanes, AProbeIsWithARecordThatHasNotFailedYet) {
  bool down = true;
  make([&](std::uint64_t, MonoTime) { return down ? failed(http::Failure::kConnect) : status(200); });
  wait_in_both(50, 50);
  world_->run_for(seconds{60});
  EXPECT_EQ(world_->upstream.state().mode, Mode::kOpen);
  const auto before = world_->client->started;
  world_->run_for(minutes{5});
  const auto& after = world_->client->started;
  EXPECT_GT(after.size(), before.size() + 3);
  for (const auto& [sequence, times] : after) {
    EXPECT_EQ(times, before.contains(sequence) ? before.at(sequence) : 1) << sequence;
  }
  EXPECT_GT(tried(true), 1);
  EXPECT_GT(tried(false), 1);
  down = false;
  world_->run_for(seconds{200});
  EXPECT_EQ(world_->outlet.acknowledged.size(), 100U);
}

}  // namespace
}  // namespace respand::delivery
