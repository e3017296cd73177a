// The client against three real nodes: it finds the others, goes on where one dies, hangs or is about to stop, and what
// a replicated stream acknowledged is there afterwards.
#include <gtest/gtest.h>

#include <csignal>

#include "respand/nats/jetstream.h"
#include "tests/nats/harness.h"
#include "tests/support/nats_server.h"

namespace respand::nats {
namespace {

using test::NatsServers;

// Three servers that sync each message choose leaders and catch up in seconds; on a busy machine in many.
constexpr Duration kElection = std::chrono::minutes{3};

class ClusterTest : public RealServerTest {
 protected:
  static std::size_t node_of(const NatsServers& servers, const Harness& harness) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (harness.client.state().server == cat("127.0.0.1:", servers.port(i))) {
        return i;
      }
    }
    ADD_FAILURE() << harness.client.state().server;
    return 0;
  }
};

TEST_F(ClusterTest, OneKnownServerLeadsToTheOthers) {
  NatsServers servers({.nodes = 3, .jetstream = false});
  Harness harness(target_to({servers.url(0)}));
  harness.client.subscribe("a", "");
  for (int round = 0; round < 2; ++round) {
    // Each of them tells of those that it has found itself so far.
    ASSERT_TRUE(harness.poll_until([&] { return harness.client.state().servers == 3; }, kElection));
    EXPECT_EQ(harness.client.state().info.cluster, "test");
    const std::uint64_t before = harness.client.state().connections;
    const std::size_t node = node_of(servers, harness);
    servers.kill(node);
    ASSERT_TRUE(harness.poll_until([&] { return harness.client.state().connections > before; }, kElection));
    EXPECT_NE(node_of(servers, harness), node);
  }
  EXPECT_TRUE(harness.client.publish("a", "", "", "still here"));
  ASSERT_TRUE(harness.poll_until([&] { return !harness.messages.empty(); }));
}

TEST_F(ClusterTest, ALameDuckIsLeft) {
  NatsServers servers({.nodes = 3, .jetstream = false});
  Harness harness(target_to(servers.urls()));
  ASSERT_TRUE(harness.up());
  const std::size_t node = node_of(servers, harness);
  servers.send_signal(SIGUSR2, node);
  ASSERT_TRUE(harness.poll_until([&] { return harness.client.state().connections == 2; }, kElection));
  EXPECT_NE(node_of(servers, harness), node);
}

TEST_F(ClusterTest, WhatThreeReplicasAcknowledgedOutlivesEachNode) {
  NatsServers servers({.nodes = 3});
  Target target = target_to(servers.urls());
  target.ping_interval = std::chrono::milliseconds{500};
  Harness harness(target);
  ASSERT_TRUE(harness.up());
  StreamConfig config;
  config.name = "R";
  config.subjects = {"r.>"};
  config.retention = "workqueue";
  config.storage = "file";
  config.discard = "new";
  config.replicas = 3;
  config.duplicate_window_ns = 120'000'000'000;
  ASSERT_TRUE(harness.poll_until(
      [&] {
        const auto made = read_stream_info(
            harness.ask(stream_create_subject("R"), create_request(config), std::chrono::seconds{5}).message.payload);
        return made && !made->error && made->value.config.replicas == 3;
      },
      kElection));
  std::uint64_t acknowledged = 0;
  const auto publish = [&] {
    // Tried until it is acknowledged, as an edge does; de-duplication keeps it one message.
    ASSERT_TRUE(harness.poll_until(
        [&] {
          const auto answer =
              harness.ask("r.x", "{}", std::chrono::seconds{2}, cat("Nats-Msg-Id: ", acknowledged, "\r\n"));
          const auto ack = read_pub_ack(answer.message.payload);
          return answer.result == ReplyResult::kReply && ack && !ack->error;
        },
        kElection));
    ++acknowledged;
  };
  for (std::size_t node = 0; node < 3; ++node) {
    for (int i = 0; i < 5; ++i) {
      publish();
    }
    node == 1 ? servers.pause(node) : servers.kill(node);
    for (int i = 0; i < 5; ++i) {
      publish();
    }
    node == 1 ? servers.resume(node) : servers.start(node);
  }
  StreamInfo info;
  ASSERT_TRUE(harness.poll_until(
      [&] {
        const auto read =
            read_stream_info(harness.ask(stream_info_subject("R"), "", std::chrono::seconds{2}).message.payload);
        info = read && !read->error ? read->value : StreamInfo{};
        return info.current_replicas == 2;
      },
      kElection));
  EXPECT_EQ(info.messages, acknowledged);
  EXPECT_FALSE(info.leader.empty());
}

}  // namespace
}  // namespace respand::nats
