// A lost stream gets back what no relay had taken, once and under the same ids.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "respand/base/random.h"
#include "tests/fleet/edge_world.h"

namespace respand::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;
using testing::SizeIs;

class RepublishTest : public testing::Test {
 protected:
  RepublishTest() { world_.settings.keep = {std::chrono::hours{24}, std::uint64_t{1} << 20}; }

  // The stream is removed and made anew.
  void lose_stream() {
    const int next = ++made_;
    world_.stream = StreamDouble{};
    world_.stream.created = cat("2026-11-29T2", next, ":00:00Z");
  }
  // The edge hears what the stream is.
  void ask() { ask(world_); }
  static void ask(EdgeWorld& world) {
    world.clock.advance(StreamWatch::kInterval);
    world.step();
    auto others = world.publications();
    std::move(others.begin(), others.end(), std::back_inserter(world.client->requests));
    world.step();
  }
  void store_records(std::size_t count) { world_.store_more(count); }
  // Runs until nothing more is published again.
  void settle() {
    for (int turn = 0; turn < 200 && world_.edge->state().republishing.runs; ++turn) {
      world_.store_all();
      world_.clock.advance(milliseconds{300});
    }
    EXPECT_FALSE(world_.edge->state().republishing.runs);
  }
  [[nodiscard]] EdgeState state() const { return world_.edge->state(); }

  EdgeWorld world_;
  int made_ = 0;
};

TEST_F(RepublishTest, AStreamMadeAnewGetsBackWhatNoRelayHadTaken) {
  world_.boot();
  world_.learn();
  store_records(30);
  const auto before = world_.stream.messages;
  ASSERT_THAT(before, SizeIs(3));
  EXPECT_GT(state().kept_bytes, 0U);
  lose_stream();
  ask();
  EXPECT_TRUE(state().stream_lost);
  EXPECT_FALSE(state().mended);
  EXPECT_TRUE(state().republishing.runs);
  settle();
  EXPECT_THAT(world_.stream.records(), AllOf(SizeIs(30), Each(Pair(testing::_, 1))));
  ASSERT_THAT(world_.stream.messages, SizeIs(3));
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(world_.stream.messages[i].id, before[i].id);
  }
  EXPECT_TRUE(state().stream_lost) << "a reload confirms it";
  EXPECT_TRUE(state().mended);
  EXPECT_EQ(state().republishing.done, 3U);
  EXPECT_EQ(state().republishing.of, 3U);
  EXPECT_EQ(world_.registry->sum("respand_nats_republished_total"), 3);
  EXPECT_EQ(world_.registry->sum("respand_nats_records_total"), 30) << "no record is counted twice";
  world_.kill();
  world_.boot();
  world_.learn();
  EXPECT_FALSE(state().republishing.runs) << "it was done";
  EXPECT_TRUE(state().stream_lost && state().mended);
  world_.edge->reconfigure({});
  world_.step();
  EXPECT_FALSE(state().stream_lost);
}

TEST_F(RepublishTest, WhatRelaysHaveTakenIsNotPublishedAgain) {
  world_.boot();
  world_.learn();
  store_records(30);
  ask();
  world_.stream.first = 4;  // relays have acknowledged all three
  ask();
  store_records(10);
  lose_stream();
  ask();
  settle();
  EXPECT_THAT(world_.stream.records(), AllOf(SizeIs(10), Each(Key(testing::Gt(30U)))));
  EXPECT_TRUE(state().mended);
}

// At most half of what may be on its way, beside the new batches, which go on.
TEST_F(RepublishTest, NewBatchesAreNotHeldUp) {
  world_.settings.max_in_flight = 4;
  world_.boot();
  world_.learn();
  store_records(40);
  store_records(40);
  lose_stream();
  ask();
  world_.step();
  world_.journal.add_many(40);
  world_.step();
  world_.step();
  EXPECT_THAT(world_.publications(), SizeIs(2 + 4));
}

TEST_F(RepublishTest, AKillBeginsItAnew) {
  world_.boot();
  world_.learn();
  for (int i = 0; i < 4; ++i) {
    store_records(25);
  }
  lose_stream();
  ask();
  world_.store_all();
  world_.store_all();
  EXPECT_TRUE(state().republishing.runs);
  world_.kill();
  world_.boot();
  EXPECT_TRUE(state().republishing.runs);
  settle();
  EXPECT_THAT(world_.stream.records(), AllOf(SizeIs(100), Each(Pair(testing::_, 1))));
  EXPECT_TRUE(state().mended);
}

// A reload says that somebody knows; the messages go out all the same, also after a kill.
TEST_F(RepublishTest, AReloadConfirmsAndEndsNothing) {
  world_.boot();
  world_.learn();
  store_records(25);
  store_records(25);
  lose_stream();
  ask();
  world_.edge->reconfigure({});
  world_.step();
  EXPECT_FALSE(state().stream_lost);
  world_.kill();
  world_.boot();
  settle();
  EXPECT_THAT(world_.stream.records(), SizeIs(50));
}

TEST_F(RepublishTest, ASecondLossBeginsAgain) {
  world_.boot();
  world_.learn();
  store_records(25);
  store_records(25);
  lose_stream();
  ask();
  for (int i = 0; i < 4; ++i) {
    world_.store_all();
  }
  ASSERT_FALSE(world_.stream.messages.empty());
  lose_stream();
  ask();
  settle();
  EXPECT_THAT(world_.stream.records(), AllOf(SizeIs(50), Each(Pair(testing::_, 1))));
  EXPECT_TRUE(state().mended);
  lose_stream();
  ask();
  settle();
  EXPECT_THAT(world_.stream.records(), SizeIs(50)) << "what was published again is kept on";
}

// Published to the old stream and acknowledged by it, but the loss was seen before the answer came.
TEST_F(RepublishTest, AnAnswerThatComesAfterTheLossIsNotTrusted) {
  world_.boot();
  world_.learn();
  store_records(10);
  world_.journal.add_many(10);
  world_.linger();
  const auto late = world_.publications();
  ASSERT_THAT(late, SizeIs(1));
  const std::string answer = world_.stream.store(late[0]);
  lose_stream();
  ask();
  settle();
  EXPECT_THAT(world_.stream.records(), SizeIs(10));
  world_.client->answer(late[0].id, answer);
  world_.step();
  world_.step();
  settle();
  EXPECT_THAT(world_.stream.records(), SizeIs(20));
}

TEST_F(RepublishTest, WithoutKeepALossStaysALoss) {
  world_.settings.keep.size = 0;
  world_.boot();
  world_.learn();
  store_records(30);
  lose_stream();
  ask();
  EXPECT_TRUE(state().stream_lost);
  EXPECT_FALSE(state().republishing.runs || state().mended);
  EXPECT_EQ(state().kept_bytes, 0U);
}

// A full disk keeps nothing from the stream; that something is missing is not forgotten.
TEST_F(RepublishTest, AFullDiskIsCountedAndPublishingGoesOn) {
  world_.boot();
  world_.learn();
  store_records(10);
  world_.fs.fail_at(1, {.os_error = ENOSPC, .for_good = true, .calls = fs::calls::kWrite});
  store_records(30);
  EXPECT_EQ(world_.journal.open(), 0U);
  EXPECT_EQ(state().not_kept, 3U);
  EXPECT_EQ(world_.registry->sum("respand_nats_not_kept_total"), 3);
  world_.fs.clear_faults();
  lose_stream();
  ask();
  settle();
  EXPECT_THAT(world_.stream.records(), SizeIs(10));
  EXPECT_TRUE(state().stream_lost);
  EXPECT_FALSE(state().mended);
}

TEST_F(RepublishTest, RefusalsAreWaitedFor) {
  world_.boot();
  world_.learn();
  store_records(20);
  lose_stream();
  ask();
  world_.step();
  world_.step();
  for (const std::string& answer : {api_error(503, 10077), api_error(409, 10158), std::string("{}")}) {
    const auto requests = world_.publications();
    ASSERT_THAT(requests, SizeIs(1)) << answer;
    world_.client->answer(requests[0].id, answer);
    world_.step();
    world_.clock.advance(seconds{11});
    world_.step();
  }
  const auto requests = world_.publications();
  ASSERT_THAT(requests, SizeIs(1));
  world_.client->answer(requests[0].id, nats::ReplyResult::kBroken);
  settle();
  EXPECT_THAT(world_.stream.records(), SizeIs(20));
  EXPECT_TRUE(state().mended);
}

TEST_F(RepublishTest, AMessageThatTheNewStreamCannotTakeIsSaid) {
  world_.boot();
  world_.learn();
  store_records(20);
  lose_stream();
  ask();
  world_.step();
  world_.step();
  const auto requests = world_.publications();
  ASSERT_THAT(requests, SizeIs(1));
  world_.client->answer(requests[0].id, api_error(400, 10054));
  settle();
  EXPECT_THAT(world_.stream.records(), SizeIs(10));
  EXPECT_FALSE(state().mended);
}

// Each call of the file system fails in turn, or the process ends there; then the stream is lost. All is on the new
// stream, or the edge says that something may be missing.
TEST_F(RepublishTest, AtEachCallOfTheFileSystem) {
  std::uint64_t calls = 0;
  for (std::uint64_t nth = 0; nth == 0 || nth <= calls; ++nth) {
    for (const bool power_off : {false, true}) {
      EdgeWorld world;
      world.settings.keep = world_.settings.keep;
      if (nth > 0) {
        power_off ? world.fs.power_off_at(nth) : world.fs.fail_at(nth);
      }
      world.boot();
      world.learn();
      for (int round = 0; round < 3; ++round) {
        world.store_more(12);
      }
      // Where nothing at all could be written down, a start can't know what is missing.
      const bool kept = !power_off || world.edge->state().not_kept == 0;
      if (nth > 0 && power_off) {
        world.kill();
        world.boot();
      }
      world.finish();
      ask(world);
      world.stream = StreamDouble{};
      world.stream.created = "2026-11-29T22:00:00Z";
      ask(world);
      EXPECT_TRUE(world.edge->state().stream_lost);
      for (int turn = 0; turn < 200 && world.edge->state().republishing.runs; ++turn) {
        world.store_all();
        world.clock.advance(milliseconds{300});
      }
      calls = nth == 0 ? world.fs.operations() : calls;
      const EdgeState end = world.edge->state();
      ASSERT_FALSE(end.republishing.runs) << nth;
      ASSERT_TRUE(!kept || !end.mended || world.stream.records().size() == 36) << nth << power_off;
      ASSERT_TRUE(nth > 0 || end.mended);
    }
  }
  EXPECT_GT(calls, 20U);
}

// Kills, losses, relays that take messages, and answers of all kinds at random: what no relay had taken is on the
// stream at the end.
TEST_F(RepublishTest, AtRandom) {
  SeededRandom random(20261130);
  for (int story = 0; story < 40; ++story) {
    EdgeWorld world;
    world.settings.keep = world_.settings.keep;
    world.boot();
    world.learn();
    std::set<std::uint64_t> taken;  // by relays
    int made = 0;
    for (int turn = 0; turn < 100; ++turn) {
      world.journal.add_many(random.below(8));
      for (const auto& request : world.publications()) {
        switch (random.below(8)) {
          case 0:
            world.client->answer(request.id, nats::ReplyResult::kNoResponders);
            break;
          case 1:
            world.stream.store(request);
            world.client->answer(request.id, nats::ReplyResult::kTimeout);
            break;
          case 2:
            world.client->answer(request.id, api_error(409, 10158));
            break;
          default:
            world.client->answer(request.id, world.stream.store(request));
            break;
        }
      }
      if (random.below(3) == 0 && world.stream.first <= world.stream.messages.size()) {
        const auto batch = read_batch(world.stream.messages[world.stream.first - 1].payload);
        for (const BatchRecord& record : batch->records) {
          taken.insert(record.sequence.value);
        }
        ++world.stream.first;
      }
      world.clock.advance(milliseconds{static_cast<int>(random.below(3000))});
      world.step();
      if (random.below(30) == 0) {
        world.stream = StreamDouble{};
        world.stream.created = cat("2026-11-29T21:00:", 10 + made++, "Z");
      }
      if (random.below(30) == 0) {
        world.kill();
        world.boot();
      }
    }
    for (int turn = 0; turn < 400; ++turn) {
      world.store_all();
      world.clock.advance(milliseconds{300});
    }
    ASSERT_EQ(world.journal.open(), 0U);
    ASSERT_FALSE(world.edge->state().republishing.runs);
    const auto stored = world.stream.records();
    for (const auto& [sequence, record] : world.journal.records) {
      ASSERT_TRUE(taken.contains(sequence) || stored.contains(sequence)) << story << " " << sequence;
    }
    EXPECT_TRUE(made == 0 || !world.edge->state().stream_lost || world.edge->state().mended);
  }
}

}  // namespace
}  // namespace respand::fleet
