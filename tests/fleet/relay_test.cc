// What a relay makes of messages: each record once into the journal, and an acknowledgement only behind that.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fleet/relay_world.h"

namespace respand::fleet {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RelayTest : public testing::Test {
 protected:
  void all_once(std::size_t records) {
    const auto counted = world_.records();
    EXPECT_EQ(counted.size(), records);
    for (const auto& [record, count] : counted) {
      EXPECT_EQ(count, 1) << record.first << " " << record.second;
    }
  }
  RelayWorld world_;
};

TEST_F(RelayTest, AMessageIsAcknowledgedBehindTheCommit) {
  world_.messages = {{message_of(1, 1, 3)}};
  ASSERT_TRUE(world_.boot());
  world_.relay->step(world_.clock.mono());  // asks
  world_.serve();
  world_.relay->step(world_.clock.mono());  // hears
  world_.relay->step(world_.clock.mono());  // hands over
  EXPECT_THAT(world_.client->requests, IsEmpty());
  static_cast<void>(world_.journal->step());
  world_.relay->step(world_.clock.mono());
  ASSERT_THAT(world_.client->requests, SizeIs(1));
  EXPECT_EQ(world_.client->requests[0].payload, "+ACK");
  world_.run();
  EXPECT_TRUE(world_.all_acknowledged());
  all_once(3);
  EXPECT_EQ(world_.relay->state().held, 0U);
  EXPECT_EQ(world_.relay->state().condition, RelayCondition::kNone);
  EXPECT_EQ(world_.registry->sum("respand_records_received_total", {{"input", "nats"}}), 3);
}

TEST_F(RelayTest, WhatComesAgainIsDroppedAndAcknowledged) {
  world_.messages = {{message_of(1, 1, 3)}};
  ASSERT_TRUE(world_.boot());
  world_.run();
  // The edge published again, with other borders; and another edge has the same sequences.
  world_.messages.push_back({message_of(1, 2, 5)});
  world_.messages.push_back({message_of(1, 1, 3)});
  world_.messages.push_back({message_of(2, 1, 2)});
  world_.run();
  EXPECT_TRUE(world_.all_acknowledged());
  all_once(7);
  EXPECT_EQ(world_.relay->state().duplicates, 5U);
}

// The second copy comes while the first one is on its way into the journal.
TEST_F(RelayTest, ACopyWaitsForTheFirstToBeDurable) {
  world_.messages = {{message_of(1, 1, 3)}, {message_of(1, 1, 3)}};
  ASSERT_TRUE(world_.boot());
  for (int turn = 0; turn < 6; ++turn) {
    world_.serve();
    world_.relay->step(world_.clock.mono());
  }
  EXPECT_FALSE(world_.messages[0].acknowledged || world_.messages[1].acknowledged);
  world_.run();
  EXPECT_TRUE(world_.all_acknowledged());
  all_once(3);
}

TEST_F(RelayTest, AnAcknowledgementThatNobodyConfirmsComesToNothing) {
  world_.messages = {{message_of(1, 1, 3)}};
  world_.confirm = false;
  ASSERT_TRUE(world_.boot());
  world_.run(10);
  EXPECT_EQ(world_.relay->state().held, 0U);
  world_.confirm = true;
  world_.messages[0].given = false;  // ack_wait is over
  world_.run();
  EXPECT_TRUE(world_.all_acknowledged());
  all_once(3);
  EXPECT_GE(world_.registry->sum("respand_nats_unconfirmed_total"), 1);
}

TEST_F(RelayTest, LargeMessagesFindRoomBitByBit) {
  for (std::uint64_t i = 0; i < 8; ++i) {
    world_.messages.push_back({message_of(1, 1 + i * 2000, (i + 1) * 2000, 1000)});  // 2 MB each
  }
  ASSERT_TRUE(world_.boot());
  world_.run(100);
  EXPECT_TRUE(world_.all_acknowledged());
  all_once(16'000);
}

TEST_F(RelayTest, AFullJournalGivesMessagesBackAndAsksForNone) {
  world_.journal_settings.max_size = mebibytes(2);
  world_.journal_settings.when_full = journal::WhenFull::kReject;
  for (std::uint64_t i = 0; i < 8; ++i) {
    world_.messages.push_back({message_of(1, 1 + i * 500, (i + 1) * 500, 1000)});  // 0.5 MB each
  }
  ASSERT_TRUE(world_.boot());
  world_.run(60);
  EXPECT_FALSE(world_.all_acknowledged());
  EXPECT_GT(world_.naks, 0);
  EXPECT_EQ(world_.relay->state().condition, RelayCondition::kJournalFull);
  // The journal's records are delivered: it takes more.
  std::map<std::uint64_t, int> delivered;
  for (int turn = 0; turn < 300; ++turn) {
    journal::Ref ref;
    std::vector<journal::Ack> done;
    std::string attributes;
    std::string payload;
    while (world_.journal->reader().take(ref)) {
      EXPECT_TRUE(world_.journal->reader().append_request(ref, attributes, payload));
      const auto origin = StreamOrigin::decode(journal::find_attribute(attributes, journal::Tag::kStreamOrigin));
      ++delivered[origin->sequence.value];
      done.push_back({ref.sequence, ref.length});
    }
    world_.journal->reader().acknowledge(done);
    world_.clock.advance(seconds{1});
    world_.turn();
  }
  EXPECT_TRUE(world_.all_acknowledged());
  EXPECT_THAT(delivered, SizeIs(4000));
  for (const auto& [sequence, count] : delivered) {
    EXPECT_EQ(count, 1) << sequence;
  }
}

TEST_F(RelayTest, WhatCannotBeReadIsKeptAsideAndItsNeighboursGoOn) {
  std::string damaged = message_of(1, 1, 3);
  damaged[20] ^= 1;
  world_.messages = {{damaged}, {message_of(1, 4, 5)}, {"nonsense"}};
  ASSERT_TRUE(world_.boot());
  world_.run();
  EXPECT_TRUE(world_.all_acknowledged());
  all_once(2);
  EXPECT_EQ(world_.relay->state().aside, 2U);
  EXPECT_EQ(world_.fs.content("/j/fleet/aside/S-1"), damaged);
  EXPECT_EQ(world_.fs.content("/j/fleet/aside/S-3"), "nonsense");
  EXPECT_EQ(world_.relay->state().aside_file, "/j/fleet/aside/S-3");
}

TEST_F(RelayTest, ARecordThatIsTooLargeIsKeptAsideAndTheOthersGoOn) {
  world_.settings.max_record = 100;
  BatchWriter writer;
  writer.begin(1, "web-1");
  const std::string large = "{\"n\":2," + std::string(100, ' ') + "}";
  for (const auto& [sequence, payload] :
       {std::pair<int, std::string_view>{1, "{\"n\":1,}"}, {2, large}, {3, "{\"n\":3,}"}}) {
    writer.add({Sequence{static_cast<std::uint64_t>(sequence)}, WallTime{}, journal::Kind::kCompletion,
                ApiRoute::kRecords, "", payload});
  }
  world_.messages = {{writer.finish(false)}};
  ASSERT_TRUE(world_.boot());
  world_.run();
  EXPECT_TRUE(world_.all_acknowledged());
  all_once(2);
  EXPECT_TRUE(world_.fs.exists("/j/fleet/aside/S-1"));
}

TEST_F(RelayTest, ANewerVersionsMessageStaysInTheStream) {
  std::string newer = message_of(1, 1, 3);
  newer[8] = 2;
  world_.messages = {{newer}, {message_of(1, 4, 5)}};
  ASSERT_TRUE(world_.boot());
  world_.run(10);
  EXPECT_FALSE(world_.messages[0].acknowledged);
  EXPECT_TRUE(world_.messages[1].acknowledged);
  EXPECT_GT(world_.naks, 0);
  EXPECT_GT(world_.relay->state().not_known, 0U);
}

// It is in the stream with its records, and comes whole once the consumer is as it must be.
TEST_F(RelayTest, AMessageWithoutItsPayloadStaysInTheStream) {
  world_.messages = {{""}};
  world_.headers = "NATS/1.0\r\nNats-Msg-Size: 400\r\n\r\n";
  ASSERT_TRUE(world_.boot());
  world_.run(10);
  EXPECT_FALSE(world_.messages[0].acknowledged);
  EXPECT_GT(world_.naks, 0);
  EXPECT_EQ(world_.relay->state().aside, 0U);
}

TEST_F(RelayTest, TheServerHearsOfWhatTakesLong) {
  world_.messages = {{message_of(1, 1, 3)}};
  ASSERT_TRUE(world_.boot());
  for (int turn = 0; turn < 4; ++turn) {
    world_.serve();
    world_.relay->step(world_.clock.mono());  // the journal does nothing
  }
  world_.clock.advance(seconds{14});
  world_.relay->step(world_.clock.mono());
  world_.serve();
  EXPECT_EQ(world_.progress, 0);
  world_.clock.advance(seconds{2});
  world_.relay->step(world_.clock.mono());
  world_.serve();
  EXPECT_EQ(world_.progress, 1);
  world_.run();
  EXPECT_TRUE(world_.all_acknowledged());
}

// The thread sleeps until the connection is back, however long that takes.
TEST_F(RelayTest, WithoutAConnectionIsNoBusyLoop) {
  world_.messages = {{message_of(1, 1, 3)}};
  ASSERT_TRUE(world_.boot());
  world_.client->go_down();
  world_.run(3);
  world_.relay->step();
  EXPECT_GT(world_.client->deadline, world_.clock.mono());
  world_.client->go_up();
  world_.messages[0].given = false;  // JetStream gives it out again
  world_.run();
  EXPECT_TRUE(world_.all_acknowledged());
}

TEST_F(RelayTest, WordsOfTheConsumerAreNoMessages) {
  ASSERT_TRUE(world_.boot());
  world_.relay->step(world_.clock.mono());
  world_.client->deliver(1, "", "", 503);
  world_.relay->step(world_.clock.mono());
  world_.relay->step(world_.clock.mono());
  EXPECT_EQ(world_.relay->state().condition, RelayCondition::kNoQuorum);
  world_.client->published.clear();
  world_.relay->step(world_.clock.mono());
  EXPECT_THAT(world_.client->published, IsEmpty()) << "it waits";
  world_.clock.advance(seconds{1});
  world_.relay->step(world_.clock.mono());
  ASSERT_THAT(world_.client->published, SizeIs(1));
  world_.client->deliver(1, "", "", 409, "NATS/1.0 409 Server Shutdown\r\n\r\n");
  world_.relay->step(world_.clock.mono());
  world_.relay->step(world_.clock.mono());
  EXPECT_THAT(world_.relay->state().why, HasSubstr("409 Server Shutdown"));
  world_.client->deliver(1, "", "", 100, "NATS/1.0 100 Idle Heartbeat\r\n\r\n");
  world_.relay->step(world_.clock.mono());
  EXPECT_EQ(world_.relay->state().condition, RelayCondition::kNone);
}

TEST_F(RelayTest, AConsumerThatAllowsTooLittleIsNoLackOfServers) {
  ASSERT_TRUE(world_.boot());
  world_.relay->step(world_.clock.mono());
  world_.client->deliver(1, "", "", 409, "NATS/1.0 409 Exceeded MaxRequestBatch of 10\r\n\r\n");
  world_.relay->step(world_.clock.mono());
  world_.relay->step(world_.clock.mono());
  EXPECT_EQ(world_.relay->state().condition, RelayCondition::kNoConsumer);
}

// The server says so behind the last message of each request, when the next one may be on its way.
TEST_F(RelayTest, ACompletedRequestIsNoRefusal) {
  ASSERT_TRUE(world_.boot());
  world_.relay->step(world_.clock.mono());
  ASSERT_THAT(world_.client->published, SizeIs(1));
  world_.client->deliver(1, "", "", 409, "NATS/1.0 409 Batch Completed\r\nNats-Pending-Messages: 0\r\n\r\n");
  world_.relay->step(world_.clock.mono());
  world_.relay->step(world_.clock.mono());
  EXPECT_EQ(world_.relay->state().condition, RelayCondition::kNone);
  EXPECT_THAT(world_.client->published, SizeIs(1)) << "the request that was on its way stands";
}

TEST_F(RelayTest, ASilentRequestIsAskedAgain) {
  ASSERT_TRUE(world_.boot());
  world_.relay->step(world_.clock.mono());
  ASSERT_THAT(world_.client->published, SizeIs(1));
  world_.clock.advance(Puller::kSilence);
  world_.relay->step(world_.clock.mono());
  EXPECT_THAT(world_.client->published, SizeIs(2));
}

TEST_F(RelayTest, AConsumerOfAnotherKindIsSaid) {
  for (const auto& [info, words] :
       {std::pair<std::string, std::string>{
            R"({"error":{"code":404,"err_code":10014,"description":"consumer not found"}})",
            "consumer not found (10014): `respand nats setup --apply` makes it"},
        {R"({"config":{"durable_name":"respand","ack_policy":"none","max_deliver":-1}})",
         "its ack_policy is not explicit"},
        {R"({"config":{"durable_name":"respand","ack_policy":"explicit","headers_only":true}})", "headers only"},
        {R"({"config":{"durable_name":"respand","ack_policy":"explicit","filter_subject":"respand.web-1"}})",
         "a filter_subject"},
        {R"({"config":{"durable_name":"respand","ack_policy":"explicit","filter_subjects":["a","b"]}})",
         "a filter_subject"},
        {R"({"config":{"durable_name":"respand","ack_policy":"explicit","max_deliver":5}})", "its max_deliver"}}) {
    RelayWorld fresh;
    fresh.consumer_info = info;
    ASSERT_TRUE(fresh.boot());
    fresh.run(4);
    EXPECT_EQ(fresh.relay->state().condition, RelayCondition::kNoConsumer) << info;
    EXPECT_THAT(fresh.relay->state().why, HasSubstr(words));
  }
}

TEST_F(RelayTest, ItSharesTheLimitBesideItsWork) {
  RelayShare told;
  world_.settings.rate_limit = {.shared = true, .limit = 100};
  world_.settings.use_share = [&told](const RelayShare& share) { told = share; };
  world_.messages = {{message_of(1, 1, 3)}};
  ASSERT_TRUE(world_.boot());
  EXPECT_EQ(told.sharing, Sharing::kJoining);
  EXPECT_EQ(told.part, kSmallestPart);
  for (int second = 0; second < 15; ++second) {
    world_.run(3);
    EXPECT_LE(world_.client->deadline, world_.clock.mono() + RelayPeers::kInterval);
    world_.clock.advance(seconds{1});
  }
  EXPECT_EQ(told.sharing, Sharing::kHeld);
  EXPECT_EQ(told.part, 1);
  EXPECT_TRUE(world_.relay->state().share == told);
  EXPECT_TRUE(world_.all_acknowledged());
  all_once(3);
  EXPECT_THAT(world_.registry->expose(), HasSubstr("respand_nats_relays 1\n"));
  world_.relay->reconfigure({}, {.shared = false, .limit = 100});
  world_.run(3);
  EXPECT_EQ(told.sharing, Sharing::kOff);
  EXPECT_THAT(world_.registry->expose(), HasSubstr("respand_nats_relays 0\n"));
}

TEST_F(RelayTest, ADenialOfTheAnnouncementsKeepsNoMessagesAway) {
  world_.settings.rate_limit = {.shared = true, .limit = 100};
  world_.messages = {{message_of(1, 1, 3)}};
  ASSERT_TRUE(world_.boot());
  nats::State& state = world_.client->mutable_state();
  state.failure = nats::Failure::kCredentials;
  state.detail = "the server denies something";
  state.denied = "_RESPAND.RELAYS.S";
  state.denials = 1;
  world_.run();
  EXPECT_EQ(world_.relay->state().share.sharing, Sharing::kDenied);
  EXPECT_EQ(world_.relay->state().condition, RelayCondition::kNone);
  EXPECT_TRUE(world_.all_acknowledged());
  state.denied = "$JS.API.CONSUMER.MSG.NEXT.S.respand";
  state.denials = 2;
  world_.run(3);
  EXPECT_EQ(world_.relay->state().condition, RelayCondition::kCredentials);
}

}  // namespace
}  // namespace respand::fleet
