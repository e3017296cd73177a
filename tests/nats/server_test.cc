// The client against a real nats-server.
#include <gtest/gtest.h>

#include <csignal>

#include "respand/nats/jetstream.h"
#include "tests/nats/harness.h"
#include "tests/support/nats_server.h"

namespace respand::nats {
namespace {

using test::NatsServers;

class ServerTest : public RealServerTest {};

StreamConfig work_queue(int replicas) {
  StreamConfig config;
  config.name = "R";
  config.subjects = {"r.>"};
  config.retention = "workqueue";
  config.storage = "file";
  config.discard = "new";
  config.replicas = replicas;
  config.duplicate_window_ns = 120'000'000'000;
  return config;
}

// A cluster that has just come up may refuse for a moment.
StreamInfo make_stream(Harness& harness, const StreamConfig& config) {
  StreamInfo made;
  harness.poll_until([&] {
    const Harness::Answer answer =
        harness.ask(stream_create_subject(config.name), create_request(config), std::chrono::seconds{5});
    if (answer.result != ReplyResult::kReply) {
      return false;
    }
    const auto read = read_stream_info(answer.message.payload);
    if (!read || read->error) {
      return false;
    }
    made = read->value;
    return true;
  });
  return made;
}

TEST_F(ServerTest, PublishesAndSubscribes) {
  NatsServers server({.jetstream = false});
  Harness harness(target_to(server.urls()));
  EXPECT_FALSE(harness.client.publish("a", "", "", "too early"));
  const auto all = harness.client.subscribe("a.>", "");
  ASSERT_TRUE(harness.up());
  EXPECT_EQ(harness.client.state().info.version, NatsServers::version());
  EXPECT_EQ(harness.client.state().info.max_payload, 1048576U);
  EXPECT_EQ(harness.client.state().server, cat("127.0.0.1:", server.port()));
  EXPECT_TRUE(harness.client.publish("a.b", "", "", "one"));
  EXPECT_TRUE(harness.client.publish("a.c", "answer.here", "X-Kind: test\r\nOther: 1\r\n", ""));
  ASSERT_TRUE(harness.poll_until([&] { return harness.messages.size() == 2; }));
  EXPECT_EQ(harness.messages[0].subject, "a.b");
  EXPECT_EQ(harness.messages[0].payload, "one");
  EXPECT_EQ(harness.messages[0].subscription, all);
  EXPECT_EQ(harness.messages[1].reply, "answer.here");
  EXPECT_EQ(find_header(harness.messages[1].headers, "x-kind"), "test");
  EXPECT_EQ(find_header(harness.messages[1].headers, "Other"), "1");
  harness.client.unsubscribe(all);
  const auto other = harness.client.subscribe("z", "group");
  EXPECT_TRUE(harness.client.publish("a.b", "", "", "nobody"));
  EXPECT_TRUE(harness.client.publish("z", "", "", "somebody"));
  ASSERT_TRUE(harness.poll_until([&] { return harness.messages.size() == 3; }));
  EXPECT_EQ(harness.messages[2].subscription, other);
}

TEST_F(ServerTest, RequestsAreAnswered) {
  NatsServers server({.jetstream = false});
  Harness service(target_to(server.urls()));
  Harness harness(target_to(server.urls()));
  service.client.subscribe("service", "");
  ASSERT_TRUE(service.up());
  ASSERT_TRUE(harness.up());
  ASSERT_TRUE(service.client.publish("service", "", "", "is the subscription there?"));
  ASSERT_TRUE(service.poll_until([&] { return !service.messages.empty(); }));
  EXPECT_EQ(harness.ask("nobody.there", "x").result, ReplyResult::kNoResponders);
  EXPECT_EQ(harness.ask("service", "x", std::chrono::milliseconds{20}).result, ReplyResult::kTimeout);
  EXPECT_EQ(harness.ask("service", std::string(1048577, 'x')).result, ReplyResult::kTooLarge);
  harness.client.request(100, "service", "", "what?", test::kPatience);
  harness.turn(MonoTime::min());
  ASSERT_TRUE(service.poll_until([&] { return service.messages.size() == 3; }));
  EXPECT_EQ(service.messages[2].payload, "what?");
  ASSERT_TRUE(service.client.publish(service.messages[2].reply, "", "", "that"));
  service.turn(MonoTime::min());
  ASSERT_TRUE(harness.poll_until([&] { return harness.replies.contains(100); }));
  EXPECT_EQ(harness.replies[100].message.payload, "that");
}

TEST_F(ServerTest, LargeMessagesComeWhole) {
  NatsServers server({.jetstream = false, .more = "max_payload: 8MB"});
  Harness harness(target_to(server.urls()));
  harness.client.subscribe("a", "");
  ASSERT_TRUE(harness.up());
  std::string large(8 << 20, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) {
    large[i] = static_cast<char>(i * 7 / 5);
  }
  EXPECT_FALSE(harness.client.publish("a", "", "", large + "x"));
  EXPECT_TRUE(harness.client.publish("a", "", "", large));
  EXPECT_FALSE(harness.client.publish("a", "", "", "behind it")) << "there is too much unsent";
  ASSERT_TRUE(harness.poll_until([&] { return harness.messages.size() == 1; }));
  EXPECT_TRUE(harness.messages[0].payload == large);
  EXPECT_EQ(harness.client.unsent(), 0U);
}

TEST_F(ServerTest, TheServersRestartIsSurvived) {
  NatsServers server({.jetstream = false});
  Harness harness(target_to(server.urls()));
  harness.client.subscribe("a", "");
  Harness silent(target_to(server.urls()));
  silent.client.subscribe("silent", "");
  ASSERT_TRUE(silent.up());
  EXPECT_TRUE(silent.client.publish("silent", "", "", "is the subscription there?"));
  ASSERT_TRUE(silent.poll_until([&] { return !silent.messages.empty(); }));
  ASSERT_TRUE(harness.up());
  EXPECT_EQ(harness.ask("silent", "x", std::chrono::milliseconds{1}).result, ReplyResult::kTimeout);
  harness.client.request(7, "silent", "", "x", std::chrono::hours{1});
  harness.turn(MonoTime::min());
  server.kill();
  ASSERT_TRUE(harness.poll_until([&] { return harness.replies.contains(7); }));
  EXPECT_EQ(harness.replies[7].result, ReplyResult::kBroken);
  EXPECT_EQ(harness.ask("a", "x").result, ReplyResult::kBroken);
  ASSERT_TRUE(harness.fails_with(Failure::kConnect));
  server.start();
  ASSERT_TRUE(harness.up());
  EXPECT_EQ(harness.client.state().connections, 2U);
  EXPECT_EQ(harness.client.state().failure, Failure::kNone);
  EXPECT_EQ(harness.links, (std::vector<Link>{Link::kUp, Link::kConnecting, Link::kUp}));
  EXPECT_TRUE(harness.client.publish("a", "", "", "again"));
  ASSERT_TRUE(harness.poll_until([&] { return !harness.messages.empty(); })) << "subscribed anew";
}

TEST_F(ServerTest, AStoppedServerIsNoticedByItsSilence) {
  NatsServers server({.jetstream = false});
  Target target = target_to(server.urls());
  target.ping_interval = std::chrono::milliseconds{100};
  Harness harness(target);
  ASSERT_TRUE(harness.up());
  server.pause();
  ASSERT_TRUE(harness.fails_with(Failure::kClosed));
  EXPECT_NE(harness.client.state().detail.find("silent"), std::string::npos);
  server.resume();
  EXPECT_TRUE(harness.up());
}

TEST_F(ServerTest, ASlowConsumerIsCutOffAndComesBack) {
  NatsServers server({.jetstream = false, .more = "write_deadline: \"100ms\"\nmax_pending: 1MB"});
  Harness reader(target_to(server.urls()));
  reader.client.subscribe("flood", "");
  ASSERT_TRUE(reader.up());
  EXPECT_TRUE(reader.client.publish("flood", "", "", "is the subscription there?"));
  ASSERT_TRUE(reader.poll_until([&] { return !reader.messages.empty(); }));
  Harness writer(target_to(server.urls()));
  ASSERT_TRUE(writer.up());
  const std::string piece(100'000, 'x');
  ASSERT_TRUE(test::eventually([&] {
    static_cast<void>(writer.client.publish("flood", "", "", piece));
    writer.turn(MonoTime::min());
    return server.log().find("Slow Consumer") != std::string::npos;
  }));
  ASSERT_TRUE(reader.poll_until([&] { return reader.client.state().connections == 2; }));
}

TEST_F(ServerTest, AnotherTargetIsFollowed) {
  NatsServers first({.jetstream = false});
  NatsServers second({.jetstream = false});
  Harness harness(target_to(first.urls()));
  ASSERT_TRUE(harness.up());
  harness.client.set_target(target_to(first.urls()));
  EXPECT_EQ(harness.client.state().link, Link::kUp) << "it is the same";
  harness.client.set_target(target_to(second.urls()));
  EXPECT_FALSE(harness.client.publish("a", "", "", "x")) << "where would it go?";
  EXPECT_EQ(harness.ask("a", "x").result, ReplyResult::kBroken);
  ASSERT_TRUE(harness.up());
  EXPECT_EQ(harness.client.state().server, cat("127.0.0.1:", second.port()));
}

TEST_F(ServerTest, AUrlsUserAndTokenAreGiven) {
  NatsServers server({.jetstream = false, .more = "authorization { user: me, password: \"p@ss secret\" }"});
  Harness without(target_to(server.urls()));
  EXPECT_TRUE(without.fails_with(Failure::kCredentials)) << without.client.state().detail;
  Harness wrong(target_to({cat("nats://me:secret@127.0.0.1:", server.port())}));
  EXPECT_TRUE(wrong.fails_with(Failure::kCredentials));
  Harness right(target_to({cat("nats://me:p%40ss%20secret@127.0.0.1:", server.port())}));
  EXPECT_TRUE(right.up());
  NatsServers with_token({.jetstream = false, .more = "authorization { token: secret-t }"});
  Harness token(target_to({cat("nats://secret-t@127.0.0.1:", with_token.port())}));
  EXPECT_TRUE(token.up());
}

TEST_F(ServerTest, JetStreamStoresAndGivesBack) {
  NatsServers server;
  Harness harness(target_to(server.urls()));
  ASSERT_TRUE(harness.up());
  EXPECT_EQ(harness.ask("r.x", "no stream yet").result, ReplyResult::kNoResponders);
  const auto missing = read_stream_info(harness.ask(stream_info_subject("R"), "").message.payload);
  ASSERT_TRUE(missing && missing->error);
  EXPECT_EQ(missing->error->err_code, 10059);
  StreamConfig config = work_queue(1);
  config.max_messages = 3;
  config.max_message_size = 1000;
  const StreamInfo made = make_stream(harness, config);
  EXPECT_EQ(made.config.retention, "workqueue");
  EXPECT_EQ(made.config.discard, "new");
  EXPECT_EQ(made.config.replicas, 1);
  EXPECT_FALSE(made.created.empty());
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const auto ack =
        read_pub_ack(harness.ask("r.x", "{}", test::kPatience, cat("Nats-Msg-Id: ", i, "\r\n")).message.payload);
    ASSERT_TRUE(ack && !ack->error);
    EXPECT_EQ(ack->sequence, i);
    EXPECT_EQ(ack->stream, "R");
  }
  const auto again = read_pub_ack(harness.ask("r.x", "{}", test::kPatience, "Nats-Msg-Id: 2\r\n").message.payload);
  ASSERT_TRUE(again && !again->error);
  EXPECT_TRUE(again->duplicate);
  const auto full = read_pub_ack(harness.ask("r.x", "{}").message.payload);
  ASSERT_TRUE(full && full->error);
  EXPECT_EQ(full->error->err_code, 10077);
  const auto large = read_pub_ack(harness.ask("r.x", std::string(1001, 'x')).message.payload);
  ASSERT_TRUE(large && large->error);
  EXPECT_EQ(large->error->err_code, 10054);

  ConsumerConfig consumer;
  consumer.name = "respand";
  consumer.ack_policy = "explicit";
  consumer.deliver_policy = "all";
  consumer.ack_wait_ns = 30'000'000'000;
  consumer.max_ack_pending = 100;
  const auto created = read_consumer_info(
      harness.ask(consumer_create_subject("R", "respand"), create_request("R", consumer)).message.payload);
  ASSERT_TRUE(created && !created->error) << created.error().message;
  EXPECT_EQ(created->value.config.name, "respand");
  EXPECT_EQ(created->value.config.ack_policy, "explicit");
  EXPECT_EQ(created->value.config.ack_wait_ns, 30'000'000'000);
  EXPECT_EQ(created->value.pending, 3U);
  EXPECT_FALSE(created->value.config.push);

  const std::string inbox = harness.client.new_inbox();
  harness.client.subscribe(inbox, "");
  ASSERT_TRUE(
      harness.client.publish(next_subject("R", "respand"), inbox, "",
                             next_request(4, 0, std::chrono::milliseconds{300}, std::chrono::milliseconds{100})));
  ASSERT_TRUE(harness.poll_until([&] { return !harness.messages.empty() && harness.messages.back().status == 408; }));
  ASSERT_GE(harness.messages.size(), 4U);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto delivery = read_delivery(harness.messages[i].reply);
    ASSERT_TRUE(delivery) << harness.messages[i].reply;
    EXPECT_EQ(delivery->stream, "R");
    EXPECT_EQ(delivery->consumer, "respand");
    EXPECT_EQ(delivery->stream_sequence, i + 1);
    EXPECT_EQ(delivery->delivered, 1U);
    EXPECT_EQ(delivery->pending, 2 - i);
  }
  EXPECT_EQ(harness.ask(harness.messages[0].reply, kAck).result, ReplyResult::kReply) << "a confirmed +ACK";
  EXPECT_EQ(harness.ask(harness.messages[1].reply, kInProgress).result, ReplyResult::kReply);
  EXPECT_EQ(harness.ask(harness.messages[1].reply, nak(std::chrono::hours{1})).result, ReplyResult::kReply);
  const auto info = read_consumer_info(harness.ask(consumer_info_subject("R", "respand"), "").message.payload);
  ASSERT_TRUE(info && !info->error);
  EXPECT_EQ(info->value.ack_pending, 2U);
  const auto stream = read_stream_info(harness.ask(stream_info_subject("R"), "").message.payload);
  ASSERT_TRUE(stream && !stream->error);
  EXPECT_EQ(stream->value.messages, 2U);
  EXPECT_EQ(stream->value.last_sequence, 3U);
  EXPECT_EQ(stream->value.created, made.created);
}

}  // namespace
}  // namespace respand::nats
