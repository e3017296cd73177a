// What an edge makes of each answer: a record is settled by the right PubAck and by nothing else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fleet/edge_world.h"

namespace respand::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class EdgeTest : public testing::Test {
 protected:
  // One batch of `count` records, published.
  std::vector<ScriptedClient::Request> published(std::size_t count = 3) {
    world_.journal.add_many(count);
    world_.linger();
    return world_.publications();
  }
  // Answers the only publication with this, and checks that nothing is settled, and that it comes again with the same
  // id once the time for it has come. Returns the state in between.
  EdgeState answered_with(const std::string& answer, Duration again = seconds{20}) {
    world_.boot();
    const auto first = published();
    EXPECT_THAT(first, SizeIs(1));
    world_.client->answer(first[0].id, answer);
    return is_tried_again(first[0], again);
  }
  EdgeState is_tried_again(const ScriptedClient::Request& first, Duration again) {
    world_.step();
    const EdgeState state = world_.edge->state();
    EXPECT_THAT(world_.journal.acknowledged, IsEmpty());
    world_.clock.advance(again);
    world_.step();
    world_.step();
    const auto second = world_.publications();
    EXPECT_THAT(second, SizeIs(1));
    if (second.size() == 1) {
      EXPECT_EQ(second[0].headers, first.headers);
      EXPECT_EQ(second[0].payload, first.payload);
      world_.client->answer(second[0].id, world_.stream.store(second[0]));
    }
    world_.step();
    EXPECT_THAT(world_.journal.acknowledged, SizeIs(3));
    EXPECT_EQ(world_.edge->state().condition, EdgeCondition::kNone);
    return state;
  }

  EdgeWorld world_;
};

TEST_F(EdgeTest, ABatchIsSettledByItsPubAck) {
  world_.boot();
  const auto requests = published();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].headers, "Nats-Msg-Id: 0000000000000007-1-3\r\nNats-Expected-Stream: S\r\n");
  const auto batch = read_batch(requests[0].payload);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->journal, 7U);
  EXPECT_EQ(batch->host, "web-1");
  EXPECT_EQ(batch->records[2].payload, "{\"n\":3}");
  EXPECT_THAT(world_.journal.acknowledged, IsEmpty());
  world_.client->answer(requests[0].id, world_.stream.store(requests[0]));
  world_.step();
  EXPECT_THAT(world_.journal.acknowledged, ElementsAre(1, 2, 3));
  EXPECT_EQ(world_.tried("stored"), 1);
  EXPECT_EQ(world_.registry->sum("respand_records_delivered_total"), 3);
  EXPECT_EQ(world_.edge->state().records, 3U);
}

TEST_F(EdgeTest, BatchesKeepTheirLimits) {
  world_.boot();
  world_.journal.add_many(25);
  world_.step();
  EXPECT_THAT(world_.publications(), SizeIs(2)) << "those that are full go at once";
  world_.clock.advance(milliseconds{21});
  world_.step();
  EXPECT_THAT(world_.publications(), SizeIs(1));
  world_.journal.add_many(100);
  world_.linger();
  EXPECT_THAT(world_.publications(), IsEmpty()) << "max_in_flight";
}

TEST_F(EdgeTest, BytesEndABatchToo) {
  world_.boot();
  world_.journal.add(std::string(600, 'a'));
  world_.journal.add(std::string(600, 'b'));
  world_.journal.add(std::string(5000, 'c'));
  world_.step();
  const auto requests = world_.publications();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_THAT(requests[2].headers, HasSubstr("-3-3"));
}

TEST_F(EdgeTest, AllWaysTravelAndNoneWaitsForAnother) {
  world_.boot();
  world_.journal.add_many(200);
  char attributes[64];
  journal::AttributeWriter writer(attributes, sizeof attributes);
  for (const auto& [tag, text] : {std::pair(journal::Tag::kSpoolOrigin, "spool"), std::pair(journal::Tag::kKey, "prod"),
                                  std::pair(journal::Tag::kStreamOrigin, "other"),
                                  std::pair(journal::Tag::kContentType, "application/x-protobuf")}) {
    std::string_view(text).copy(writer.begin(tag, 30), 30);
    writer.end(std::string_view(text).size());
  }
  const std::uint64_t routed = world_.journal.add("bytes", std::string(writer.list()), ApiRoute::kOtlp);
  int batches = 0;
  for (bool found = false; !found && batches < 15; ++batches) {
    world_.step();
    for (const auto& request : world_.publications()) {
      const auto batch = read_batch(request.payload);
      for (const BatchRecord& record : batch->records) {
        if (record.sequence.value == routed) {
          found = true;
          EXPECT_EQ(record.route, ApiRoute::kOtlp);
          EXPECT_EQ(record.kind, journal::Kind::kRequest);
          EXPECT_EQ(record.payload, "bytes");
          EXPECT_EQ(journal::find_attribute(record.attributes, journal::Tag::kKey), "prod");
          EXPECT_EQ(journal::find_attribute(record.attributes, journal::Tag::kContentType), "application/x-protobuf");
          EXPECT_TRUE(journal::find_attribute(record.attributes, journal::Tag::kSpoolOrigin).empty());
          EXPECT_TRUE(journal::find_attribute(record.attributes, journal::Tag::kStreamOrigin).empty());
        }
      }
      world_.client->answer(request.id, world_.stream.store(request));
    }
    world_.step();
  }
  EXPECT_LT(batches, 15);
  world_.finish();
}

TEST_F(EdgeTest, NoRespondersMeanNoQuorum) {
  world_.boot();
  const auto first = published();
  world_.client->answer(first[0].id, nats::ReplyResult::kNoResponders);
  const EdgeState state = is_tried_again(first[0], seconds{1});
  EXPECT_EQ(state.condition, EdgeCondition::kNoQuorum);
  EXPECT_THAT(state.why, HasSubstr("nobody answers on subject respand.web-1"));
}

TEST_F(EdgeTest, AFullStreamIsWaitedFor) {
  const EdgeState state = answered_with(api_error(503, 10077, "maximum bytes exceeded"));
  EXPECT_EQ(state.condition, EdgeCondition::kFull);
  EXPECT_EQ(state.why, "maximum bytes exceeded (10077)");
  EXPECT_EQ(world_.tried("stream_full"), 1);
}

TEST_F(EdgeTest, InProcessIsNeverSettled) {
  EXPECT_EQ(answered_with(api_error(409, 10158), milliseconds{500}).condition, EdgeCondition::kNone);
}

TEST_F(EdgeTest, AnotherStreamsPubAckSettlesNothing) {
  const EdgeState state = answered_with(R"({"stream":"OTHER","seq":1})");
  EXPECT_EQ(state.condition, EdgeCondition::kNoStream);
  EXPECT_THAT(state.why, HasSubstr("the stream OTHER took the message, not S"));
}

TEST_F(EdgeTest, ErrorsOfJetStreamAndNonsenseSettleNothing) {
  for (const auto& [answer, condition] :
       {std::pair(api_error(404, 10059), EdgeCondition::kNoStream),
        std::pair(api_error(400, 10060), EdgeCondition::kNoStream),
        std::pair(api_error(503, 10008), EdgeCondition::kNoQuorum),
        std::pair(api_error(500, 10047), EdgeCondition::kFull),
        std::pair(api_error(400, 12345), EdgeCondition::kRefused),
        std::pair(std::string("{}"), EdgeCondition::kRefused), std::pair(std::string(), EdgeCondition::kRefused),
        std::pair(std::string("+OK"), EdgeCondition::kRefused)}) {
    SCOPED_TRACE(answer);
    EdgeWorld fresh;
    fresh.boot();
    fresh.journal.add_many(3);
    fresh.linger();
    const auto requests = fresh.publications();
    ASSERT_THAT(requests, SizeIs(1));
    fresh.client->answer(requests[0].id, answer);
    fresh.step();
    EXPECT_EQ(fresh.edge->state().condition, condition);
    EXPECT_THAT(fresh.journal.acknowledged, IsEmpty());
    fresh.finish();
    EXPECT_EQ(fresh.edge->state().condition, EdgeCondition::kNone);
  }
}

TEST_F(EdgeTest, ATimeoutAndABrokenConnectionAreTriedAgainWithTheSameId) {
  world_.boot();
  const auto first = published();
  world_.client->answer(first[0].id, nats::ReplyResult::kTimeout);
  is_tried_again(first[0], milliseconds{0});
  world_.journal.add_many(3);
  world_.linger();
  world_.publications();
  world_.client->go_down();
  world_.step();
  EXPECT_EQ(world_.edge->state().condition, EdgeCondition::kUnreachable);
}

TEST_F(EdgeTest, WhatWasOnItsWayGoesOutAgainOnANewConnection) {
  world_.boot();
  world_.journal.add_many(3);
  world_.linger();
  const std::vector<ScriptedClient::Request> first = world_.client->requests;
  world_.client->go_down();
  world_.step();
  world_.step();
  EXPECT_THAT(world_.publications(), IsEmpty());
  world_.client->go_up();
  world_.step();
  world_.step();
  const auto second = world_.publications();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].headers, first.back().headers);
  world_.client->answer(second[0].id, world_.stream.store(second[0]));
  world_.step();
  EXPECT_THAT(world_.journal.acknowledged, SizeIs(3));
}

TEST_F(EdgeTest, RefusedCredentialsAreSaid) {
  world_.boot();
  world_.client->go_down(nats::Failure::kCredentials);
  world_.step();
  EXPECT_EQ(world_.edge->state().condition, EdgeCondition::kCredentials);
  EXPECT_FALSE(world_.edge->state().connected);
}

TEST_F(EdgeTest, OneBatchAtATimeTriesAClusterThatFails) {
  world_.boot();
  world_.journal.add_many(30);
  world_.step();
  const auto first = world_.publications();
  ASSERT_THAT(first, SizeIs(3));
  for (const auto& request : first) {
    world_.client->answer(request.id, nats::ReplyResult::kNoResponders);
  }
  world_.step();
  world_.step();
  EXPECT_THAT(world_.publications(), IsEmpty());
  for (int failures = 0; failures < 8; ++failures) {
    world_.clock.advance(PublishGate::kLongestWait);
    world_.step();
    const auto probe = world_.publications();
    ASSERT_THAT(probe, SizeIs(1));
    world_.client->answer(probe[0].id, nats::ReplyResult::kNoResponders);
    world_.step();
  }
  world_.finish();
}

TEST_F(EdgeTest, ABatchOverMaxPayloadIsHalvedAndARecordOverItIsADeadLetter) {
  world_.settings.compress = false;
  world_.boot();
  world_.client->mutable_state().info.max_payload = 400;
  world_.journal.add(std::string(100, 'a'));
  world_.journal.add(std::string(500, 'b'));
  world_.journal.add(std::string(100, 'c'));
  world_.linger();
  world_.step();
  world_.step();
  const auto requests = world_.publications();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_THAT(world_.buried,
              ElementsAre("the record of 500 bytes makes a message of 569 bytes, over the server's max_payload of 400 "
                          "bytes"));
  EXPECT_THAT(world_.journal.acknowledged, ElementsAre(2));
  for (const auto& request : requests) {
    world_.client->answer(request.id, world_.stream.store(request));
  }
  world_.step();
  EXPECT_EQ(world_.journal.open(), 0U);
  EXPECT_EQ(world_.registry->sum("respand_records_dead_lettered_total", {{"reason", "too_large"}}), 1);
}

TEST_F(EdgeTest, OverTheStreamsLimitIsTheSame) {
  world_.boot();
  const auto first = published(4);
  world_.client->answer(first[0].id, api_error(400, 10054, "message size exceeds maximum allowed"));
  world_.step();
  world_.step();
  auto halves = world_.publications();
  ASSERT_THAT(halves, SizeIs(2));
  EXPECT_THAT(halves[0].headers, HasSubstr("-1-2\r\n"));
  EXPECT_THAT(halves[1].headers, HasSubstr("-3-4\r\n"));
  world_.client->answer(halves[0].id, world_.stream.store(halves[0]));
  world_.client->answer(halves[1].id, api_error(400, 10054));
  world_.step();
  world_.step();
  auto singles = world_.publications();
  ASSERT_THAT(singles, SizeIs(2));
  world_.client->answer(singles[0].id, api_error(400, 10054));
  world_.client->answer(singles[1].id, world_.stream.store(singles[1]));
  world_.grave_open = false;
  world_.step();
  EXPECT_THAT(world_.journal.acknowledged, ElementsAre(1, 2, 4)) << "no dead letter yet, so it is not settled";
  world_.grave_open = true;
  world_.clock.advance(seconds{2});
  world_.step();
  for (const auto& request : world_.publications()) {
    world_.client->answer(request.id, api_error(400, 10054));
  }
  world_.step();
  EXPECT_EQ(world_.journal.open(), 0U);
  EXPECT_THAT(world_.buried, ElementsAre(HasSubstr("over the stream's max_msg_size of 900 bytes")));
}

TEST_F(EdgeTest, RecordsThatCannotBeReadHoldUpNobody) {
  world_.boot();
  world_.journal.failures = {{1, ErrorCode::kIo}, {2, ErrorCode::kCorrupt}, {3, ErrorCode::kNotFound}};
  world_.journal.add_many(4);
  world_.linger();
  const auto requests = world_.publications();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_THAT(requests[0].headers, HasSubstr("-4-4\r\n"));
  EXPECT_THAT(world_.journal.lost_records, ElementsAre(2));
  world_.journal.failures.erase(1);
  world_.clock.advance(seconds{2});
  world_.linger();
  const auto again = world_.publications();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_THAT(again[0].headers, HasSubstr("-1-1\r\n"));
}

TEST_F(EdgeTest, RequirementsAreSaidAndUnderStrictNothingGoesOut) {
  for (const bool strict : {false, true}) {
    EdgeWorld fresh;
    fresh.settings.strict = strict;
    fresh.stream.replicas = 1;
    fresh.boot();
    fresh.journal.add_many(3);
    fresh.linger();
    std::size_t before = fresh.publications().size();
    EXPECT_EQ(before, strict ? 0U : 1U) << "under strict nothing goes out before STREAM.INFO has answered";
    fresh.linger();
    EXPECT_THAT(fresh.edge->state().unmet, HasSubstr("the stream has 1 replica, fewer than nats.require.replicas (3)"));
    EXPECT_EQ(fresh.edge->state().condition, strict ? EdgeCondition::kRequirements : EdgeCondition::kNone);
    EXPECT_THAT(fresh.publications(), IsEmpty());
    fresh.stream.replicas = 3;
    fresh.clock.advance(StreamWatch::kInterval);
    fresh.step();
    fresh.publications();
    fresh.step();
    EXPECT_EQ(fresh.edge->state().unmet, "");
  }
}

// The thread sleeps while an answer is all that can come: the deadline of its wait is not in the past.
TEST_F(EdgeTest, WaitingForAnAnswerIsNoBusyLoop) {
  world_.boot();
  world_.learn();
  world_.journal.add_many(100);
  world_.step();
  EXPECT_THAT(world_.publications(), SizeIs(3)) << "max_in_flight";
  world_.edge->step();
  EXPECT_GT(world_.client->deadline, world_.clock.mono());
  world_.client->answer(world_.client->last_request(), nats::ReplyResult::kNoResponders);
  world_.step();
  world_.edge->step();
  EXPECT_GT(world_.client->deadline, world_.clock.mono()) << "two are still on their way, and the next try is later";
  world_.clock.advance(PublishGate::kLongestWait);
  world_.edge->step();
  EXPECT_GT(world_.client->deadline, world_.clock.mono());
}

TEST_F(EdgeTest, AStopPublishesWhatIsLeftUntilItsTimeIsOver) {
  world_.boot();
  world_.journal.add_many(1);
  world_.step();
  EXPECT_THAT(world_.publications(), IsEmpty()) << "linger";
  world_.edge->begin_stop();
  world_.step();
  EXPECT_THAT(world_.publications(), SizeIs(1));
}

}  // namespace
}  // namespace respand::fleet
