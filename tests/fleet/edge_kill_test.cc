// kill -9 and lost streams: no record is settled that is not on the stream, and after a start the same records go out
// under the same ids.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fleet/batch_message.h"
#include "respand/base/random.h"
#include "tests/fleet/edge_world.h"

namespace respand::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> ids(const std::vector<ScriptedClient::Request>& requests) {
  std::vector<std::string> out;
  for (const auto& request : requests) {
    out.push_back(request.headers);
  }
  return out;
}

TEST(EdgeKill, AfterItTheSameBordersAndIds) {
  EdgeWorld world;
  world.boot();
  world.journal.add_many(23);
  world.journal.add("span", {}, ApiRoute::kSpans);
  world.linger();
  const auto before = world.publications();
  ASSERT_THAT(before, SizeIs(3));
  world.client->answer(before[1].id, world.stream.store(before[1]));
  world.step();
  world.kill();
  world.journal.add_many(5);
  world.boot();
  world.linger();
  const auto after = world.publications();
  ASSERT_THAT(after, SizeIs(3));
  EXPECT_EQ(ids(after)[0], ids(before)[0]);
  EXPECT_EQ(ids(after)[1], ids(before)[2]);
  for (const auto& request : after) {
    world.client->answer(request.id, world.stream.store(request));
  }
  world.step();
  EXPECT_EQ(world.journal.open(), 0U);
}

// The borders' file may be gone or damaged: then the relays sort it out; nothing is settled that the stream has not.
TEST(EdgeKill, WithoutTheFileOfBordersNothingIsLost) {
  for (const bool damaged : {false, true}) {
    EdgeWorld world;
    world.boot();
    world.journal.add_many(25);
    world.linger();
    for (const auto& request : world.publications()) {
      world.stream.store(request);  // the answers are lost
    }
    world.kill();
    damaged ? world.fs.flip("/d/fleet/borders", 12) : world.fs.cut("/d/fleet/borders", 0);
    world.journal.add_many(3);
    world.boot();
    world.finish();
    EXPECT_THAT(world.stream.records(), SizeIs(28));
  }
}

// Plans whose records do not come any more hold up nothing for long.
TEST(EdgeKill, APlanWithoutItsRecordsIsGivenUp) {
  EdgeWorld world;
  world.boot();
  world.journal.add_many(10);
  world.step();
  world.publications();
  world.kill();
  world.journal.records.erase(4);  // it is open, but never given out
  world.journal.records[99] = {};
  world.journal.acknowledged.insert(99);
  world.boot();
  world.clock.advance(BatchSource::kPatience);
  world.linger();
  const auto requests = world.publications();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0].headers, HasSubstr("-1-10-9-"));
}

// Each call of the file system fails in turn, or the process ends there. At the end every record is on the stream, and
// none was settled before it was.
TEST(EdgeKill, AtEachCallOfTheFileSystem) {
  std::uint64_t calls = 0;
  for (std::uint64_t nth = 0; nth == 0 || nth <= calls; ++nth) {
    for (const bool power_off : {false, true}) {
      EdgeWorld world;
      if (nth > 0) {
        power_off ? world.fs.power_off_at(nth) : world.fs.fail_at(nth);
      }
      world.boot();
      for (int round = 0; round < 3; ++round) {
        world.store_more(12);
      }
      const auto stored = world.stream.records();
      for (const std::uint64_t sequence : world.journal.acknowledged) {
        ASSERT_TRUE(stored.contains(sequence));
      }
      calls = nth == 0 ? world.fs.operations() : calls;
      if (power_off) {
        world.kill();
        world.boot();
      }
      world.finish();
      EXPECT_THAT(world.stream.records(), SizeIs(36));
    }
  }
  EXPECT_GT(calls, 10U);
}

// Whether the stream has taken a record of the message: then it does not call it too large.
bool has_any(const StreamDouble& stream, const ScriptedClient::Request& request) {
  const auto stored = stream.records();
  const auto batch = read_batch(request.payload);
  return batch && std::any_of(batch->records.begin(), batch->records.end(),
                              [&stored](const BatchRecord& record) { return stored.contains(record.sequence.value); });
}

// Random answers, lost answers, broken connections and kills. What counts: settled means stored, one id means one
// content (StreamDouble), and all comes to an end.
TEST(EdgeKill, AtRandomWithEveryAnswer) {
  SeededRandom random(20261129);
  std::size_t twice = 0;
  for (int story = 0; story < 60; ++story) {
    EdgeWorld world;
    world.boot();
    for (int turn = 0; turn < 120; ++turn) {
      world.journal.add_many(random.below(8));
      if (random.below(10) == 0) {
        world.journal.add("span", {}, ApiRoute::kSpans);
      }
      for (const auto& request : world.publications()) {
        switch (random.below(9)) {
          case 0:
            world.client->answer(request.id, nats::ReplyResult::kNoResponders);
            break;
          case 1:
            world.client->answer(request.id, api_error(503, 10077));
            break;
          case 2:
            world.client->answer(request.id, api_error(409, 10158));
            break;
          case 3:
            world.stream.store(request);
            world.client->answer(request.id, nats::ReplyResult::kTimeout);
            break;
          case 4:
            world.client->answer(request.id, random.below(2) == 0 ? "{}" : R"({"stream":"X","seq":9})");
            break;
          case 5:
            if (random.below(4) == 0 && !has_any(world.stream, request)) {
              world.client->answer(request.id, api_error(400, 10054));
              break;
            }
            [[fallthrough]];
          default:
            world.client->answer(request.id, world.stream.store(request));
            break;
        }
      }
      world.clock.advance(milliseconds{static_cast<int>(random.below(400))});
      world.step();
      const auto stored = world.stream.records();
      for (const std::uint64_t sequence : world.journal.acknowledged) {
        ASSERT_TRUE(stored.contains(sequence) || !world.buried.empty()) << story << " " << turn << " " << sequence;
      }
      if (random.below(25) == 0) {
        world.client->go_down();
        world.step();
        world.client->go_up();
        world.step();
      }
      if (random.below(40) == 0) {
        world.kill();
        world.boot();
      }
    }
    world.finish();
    std::size_t buried = world.journal.records.size();
    for (const auto& [sequence, count] : world.stream.records()) {
      twice += count > 1 ? 1 : 0;
      --buried;
    }
    EXPECT_EQ(buried, world.buried.size());
    EXPECT_FALSE(world.edge->state().stream_lost);
  }
  std::printf("records that are on the stream twice, because a batch was split after a lost answer: %zu\n", twice);
}

TEST(EdgeLoss, AStreamMadeAnewIsSeenAndKeptOverAStart) {
  EdgeWorld world;
  world.boot();
  world.learn();
  world.store_more(30);
  world.kill();
  world.stream = StreamDouble{};
  world.stream.created = "2026-11-29T22:00:00Z";
  world.boot();
  EXPECT_FALSE(world.edge->state().stream_lost);
  world.learn();
  EXPECT_TRUE(world.edge->state().stream_lost);
  EXPECT_THAT(world.edge->state().lost_how, HasSubstr("it was made anew at 2026-11-29T22:00:00Z"));
  world.store_more(3);
  EXPECT_EQ(world.journal.open(), 0U) << "what comes now goes to the new stream";
  world.kill();
  world.boot();
  world.learn();
  EXPECT_TRUE(world.edge->state().stream_lost) << "until somebody confirms it";
  world.edge->reconfigure({});
  world.step();
  EXPECT_FALSE(world.edge->state().stream_lost);
  world.kill();
  world.boot();
  world.learn();
  EXPECT_FALSE(world.edge->state().stream_lost);
}

TEST(EdgeLoss, ASequenceThatGoesBackIsSeen) {
  EdgeWorld world;
  world.boot();
  world.learn();
  world.store_more(30);
  world.stream.messages.clear();  // as after a restore of an old copy: the same `created`
  world.stream.known.clear();
  world.store_more(3);
  EXPECT_TRUE(world.edge->state().stream_lost);
  EXPECT_THAT(world.edge->state().lost_how, HasSubstr("a new message got the number 1, but it had acknowledged 3"));
  EXPECT_EQ(world.journal.open(), 0U);
}

// Both signs of one loss: what is confirmed after the first one stays confirmed.
TEST(EdgeLoss, OneLossIsOneLoss) {
  EdgeWorld world;
  world.boot();
  world.learn();
  world.store_more(30);
  world.stream = StreamDouble{};
  world.stream.created = "2026-11-29T22:00:00Z";
  world.store_more(3);
  EXPECT_TRUE(world.edge->state().stream_lost);
  world.edge->reconfigure({});
  world.step();
  EXPECT_FALSE(world.edge->state().stream_lost);
  world.clock.advance(StreamWatch::kInterval);
  world.learn();
  EXPECT_FALSE(world.edge->state().stream_lost);
}

TEST(EdgeLoss, ALastMessageBelowTheAcknowledgedOneIsSeen) {
  EdgeWorld world;
  world.boot();
  world.learn();
  world.store_more(30);
  world.stream.messages.resize(1);
  world.clock.advance(StreamWatch::kInterval);
  world.step();
  world.publications();
  world.step();
  EXPECT_THAT(world.edge->state().lost_how, HasSubstr("its last message is 1, but it had acknowledged 3"));
}

// Acknowledgements of a cluster may overtake each other: that is no loss.
TEST(EdgeLoss, AnswersInAnotherOrderAreNone) {
  EdgeWorld world;
  world.boot();
  world.learn();
  world.journal.add_many(30);
  world.linger();
  const auto requests = world.publications();
  ASSERT_THAT(requests, SizeIs(3));
  std::vector<std::string> answers;
  for (const auto& request : requests) {
    answers.push_back(world.stream.store(request));
  }
  for (const std::size_t i : {2U, 0U, 1U}) {
    world.client->answer(requests[i].id, answers[i]);
  }
  world.step();
  EXPECT_FALSE(world.edge->state().stream_lost);
  EXPECT_EQ(world.journal.open(), 0U);
}

}  // namespace
}  // namespace respand::fleet
