// Batches that an edge builds ahead of the answers that make room for them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/fleet/edge_world.h"

namespace respand::fleet {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class EdgeAhead : public testing::Test {
 protected:
  EdgeWorld world_;
};

// A server that syncs each message waits for the edge as little as can be: what answers its last messages has the next
// ones, and only then come the journal and the kept messages.
TEST_F(EdgeAhead, FullBatchesAreBuiltAheadOfTheAnswers) {
  world_.boot();
  world_.learn();
  world_.journal.add_many(100);
  world_.step();
  const auto first = world_.publications();
  ASSERT_THAT(first, SizeIs(3));
  for (std::uint64_t sequence = 31; sequence <= 60; ++sequence) {
    world_.journal.failures[sequence] = ErrorCode::kIo;
  }
  for (const auto& request : first) {
    world_.client->answer(request.id, world_.stream.store(request));
  }
  world_.edge->step();
  EXPECT_THAT(world_.journal.acknowledged, IsEmpty()) << "while something is ready to go";
  world_.edge->step();
  EXPECT_THAT(world_.publications(), SizeIs(3)) << "without another look into the journal";
  EXPECT_THAT(world_.journal.acknowledged, SizeIs(30));
}

TEST_F(EdgeAhead, WhileThereIsNoRoomAPartOfABatchWaitsForMoreRecords) {
  world_.boot();
  world_.learn();
  world_.journal.add_many(35);
  world_.linger();
  const auto first = world_.publications();
  ASSERT_THAT(first, SizeIs(3));
  world_.edge->step();
  EXPECT_GT(world_.client->deadline, world_.clock.mono()) << "and is no reason to look again and again";
  world_.journal.add_many(5);
  world_.step();
  world_.client->answer(first[0].id, world_.stream.store(first[0]));
  world_.step();
  world_.step();
  const auto next = world_.publications();
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_THAT(next[0].headers, HasSubstr("-31-40"));
}

// Keeping may wait for a turn while something is ready to go. A loss that is seen meanwhile concerns it all the same.
TEST_F(EdgeAhead, WhatIsNotKeptYetWhenTheLossIsSeenIsPublishedAgainToo) {
  world_.settings.keep = {std::chrono::hours{24}, std::uint64_t{1} << 20};
  world_.boot();
  world_.learn();
  world_.journal.add_many(60);
  world_.clock.advance(StreamWatch::kInterval);
  world_.step();
  const auto requests = std::exchange(world_.client->requests, {});
  ASSERT_THAT(requests, SizeIs(4)) << "three batches and STREAM.INFO";
  const auto is_message = [](const auto& request) { return request.subject == "respand.web-1"; };
  for (const auto& request : requests) {
    if (is_message(request)) {
      world_.client->answer(request.id, world_.stream.store(request));
    }
  }
  world_.stream = StreamDouble{};
  world_.stream.created = "2026-11-29T21:00:00Z";
  for (const auto& request : requests) {
    if (!is_message(request)) {
      world_.client->answer(request.id, world_.stream.info());
    }
  }
  world_.edge->step();
  EXPECT_TRUE(world_.edge->state().stream_lost);
  for (int turn = 0; turn < 200 && world_.edge->state().republishing.runs; ++turn) {
    world_.store_all();
    world_.clock.advance(std::chrono::milliseconds{300});
  }
  world_.finish();
  EXPECT_THAT(world_.stream.records(), AllOf(SizeIs(60), Each(Pair(testing::_, 1))));
  EXPECT_TRUE(world_.edge->state().mended);
}

}  // namespace
}  // namespace respand::fleet
