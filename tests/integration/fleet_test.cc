// Edges, a NATS cluster and relays, all of them the real programs: every acknowledged record reaches the API, whatever
// is killed, and what stands in the way is said.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "respand/nats/jetstream.h"
#include "tests/integration/daemon.h"
#include "tests/nats/harness.h"
#include "tests/support/nats_server.h"

namespace respand::test {
namespace {

using std::chrono::seconds;

constexpr seconds kLong{120};  // a cluster is waited for patiently, however slow the machine is

class FleetTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = NatsServers::why_not(); !why.empty()) {
      GTEST_SKIP() << why;
    }
  }

  // Makes the stream and its consumer as `docs/fleet.md` has them.
  static void make_stream(const NatsServers& servers, int replicas, std::int64_t max_bytes = -1,
                          seconds ack_wait = seconds{30}) {
    nats::Harness client(nats::target_to(servers.urls()));
    ASSERT_TRUE(client.up());
    nats::StreamConfig stream;
    stream.name = "RESPAND";
    stream.subjects = {"respand.>"};
    stream.retention = "workqueue";
    stream.storage = "file";
    stream.discard = "new";
    stream.replicas = replicas;
    stream.max_bytes = max_bytes;
    stream.duplicate_window_ns = 120'000'000'000;
    ASSERT_TRUE(made(client, nats::stream_create_subject("RESPAND"), nats::create_request(stream)));
    nats::ConsumerConfig consumer;
    consumer.name = "respand";
    consumer.ack_policy = "explicit";
    consumer.deliver_policy = "all";
    consumer.ack_wait_ns = std::chrono::nanoseconds(ack_wait).count();
    consumer.max_deliver = -1;
    consumer.max_ack_pending = 1000;
    ASSERT_TRUE(
        made(client, nats::consumer_create_subject("RESPAND", "respand"), nats::create_request("RESPAND", consumer)));
  }
  static std::string nats_section(const NatsServers& servers, int replicas, std::string_view more = {}) {
    std::string urls;
    for (const std::string& url : servers.urls()) {
      urls += cat(urls.empty() ? "" : ", ", url);
    }
    return cat("nats: {servers: [", urls, "], stream: RESPAND, require: {replicas: ", replicas, "}", more, "}\n");
  }
  static Daemon::Setup edge(const NatsServers& servers, int replicas, std::string_view name,
                            std::string_view batch = "max_records: 50", std::string_view more = {}) {
    return {.more =
                cat("destination: nats\n",
                    nats_section(servers, replicas, cat(", subject: respand.", name, ", batch: {", batch, "}", more)))};
  }
  static void remove_stream(const NatsServers& servers) {
    nats::Harness client(nats::target_to(servers.urls()));
    ASSERT_TRUE(client.up());
    ASSERT_TRUE(made(client, "$JS.API.STREAM.DELETE.RESPAND", {}));
  }
  static Daemon::Setup relay(const NatsServers& servers, int replicas, std::string_view more = {}) {
    return {.more = cat("source: nats\n", nats_section(servers, replicas, more))};
  }
  static bool says(const Daemon& daemon, std::string_view words) {
    return eventually([&] { return daemon.page("/status").body.find(words) != std::string::npos; }, seconds{60});
  }
  static std::string lines(std::uint64_t first, std::uint64_t count) {
    std::string out;
    for (std::uint64_t i = 0; i < count; ++i) {
      out += record(first + i) + "\n";
    }
    return out;
  }
  // How often each record came to the API.
  static std::map<std::string, int> arrived(SinkServer& sink) {
    std::map<std::string, int> count;
    for (const std::string& body : sink.bodies()) {
      const std::size_t at = body.find("\"record-");
      ++count[body.substr(at + 1, body.find('"', at + 1) - at - 1)];
    }
    return count;
  }

 private:
  static bool made(nats::Harness& client, const std::string& subject, const std::string& request) {
    // A cluster that has just come up may have no leader yet.
    for (int i = 0; i < 100; ++i) {
      const auto answer = client.ask(subject, request, seconds{2});
      if (answer.result == nats::ReplyResult::kReply && answer.message.payload.find("\"error\"") == std::string::npos) {
        return true;
      }
      std::printf("# %s\n", answer.message.payload.c_str());
      client.turn(system_clock().mono() + std::chrono::milliseconds{200});
    }
    return false;
  }
};

TEST_F(FleetTest, RecordsGoFromTheEdgeOverTheStreamToTheApi) {
  NatsServers servers;
  make_stream(servers, 1);
  SinkServer sink;
  Daemon one("http://127.0.0.1:1", edge(servers, 1, "one"));
  Daemon two(sink.url(), relay(servers, 1));
  one.start();
  one.send_acknowledged(lines(1, 1000));
  ASSERT_TRUE(one.wait_for_metric("respand_records_delivered_total", 1000));
  EXPECT_TRUE(one.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(one.page("/readyz").status(), 200) << one.page("/readyz").body;
  one.expect_books_balance();
  two.start();
  ASSERT_TRUE(sink.wait_for_records(1000));
  const auto count = arrived(sink);
  EXPECT_EQ(count.size(), 1000U);
  EXPECT_TRUE(std::all_of(count.begin(), count.end(), [](const auto& times) { return times.second == 1; }));
  EXPECT_EQ(sink.received().front().authorization, "Bearer test-key");
  two.expect_books_balance();
  EXPECT_EQ(two.metric("respand_records_received_total", {{"input", "nats"}}), 1000);
  EXPECT_TRUE(says(two, "nats         connected to 127.0.0.1:"));
  EXPECT_TRUE(says(one, "to stream RESPAND at nats://127.0.0.1:"));
  one.stop();
  two.stop();
}

TEST_F(FleetTest, AStopPublishesWhatIsLeft) {
  NatsServers servers;
  make_stream(servers, 1);
  SinkServer sink;
  Daemon one("http://127.0.0.1:1", edge(servers, 1, "one"));
  one.start();
  one.send_acknowledged(lines(1, 500));
  one.stop();
  Daemon two(sink.url(), relay(servers, 1));
  two.start();
  EXPECT_TRUE(sink.wait_for_records(500));
  two.stop();
}

TEST_F(FleetTest, WhatStandsInTheWayIsSaid) {
  NatsServers servers;
  make_stream(servers, 1, 200'000);
  SinkServer sink;
  Daemon one("http://127.0.0.1:1",
             edge(servers, 1, "one", "max_records: 50, compression: none", ", keep: {size: 0}"));  // a loss stays one
  one.start();
  one.send_acknowledged(lines(1, 2000));
  EXPECT_TRUE(says(one, "waiting: stream is full, relays are behind"));
  EXPECT_EQ(one.page("/readyz").status(), 503);
  Daemon two(sink.url(), relay(servers, 1));
  two.start();
  EXPECT_TRUE(sink.wait_for_records(2000, seconds{60}));
  EXPECT_TRUE(says(one, "delivering"));
  servers.kill();
  EXPECT_TRUE(says(one, "waiting: no connection to NATS"));
  one.send_acknowledged(lines(2001, 100));
  servers.empty_storage();
  servers.start();
  EXPECT_TRUE(says(one, "waiting: no quorum")) << one.page("/status").body;
  make_stream(servers, 1);
  EXPECT_TRUE(says(one, "the NATS stream was lost")) << one.page("/status").body;
  EXPECT_TRUE(sink.wait_for_records(2100, seconds{60}));
  EXPECT_EQ(one.page("/readyz").status(), 503);
  one.process().send_signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return one.page("/readyz").status() == 200; }, seconds{60})) << one.page("/readyz").body;
  one.stop();
  two.stop();
}

TEST_F(FleetTest, ARecordOverMaxPayloadIsADeadLetter) {
  NatsServers servers;
  make_stream(servers, 1);
  Daemon one("http://127.0.0.1:1", edge(servers, 1, "one", "compression: none"));
  one.start();
  one.send_acknowledged(record(1, 2 << 20) + "\n" + record(2) + "\n");
  EXPECT_TRUE(one.wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "too_large"}}));
  EXPECT_TRUE(one.wait_for_metric("respand_records_delivered_total", 1));
  one.expect_books_balance();
  one.stop();
}

// Everything was acknowledged, and no relay had taken anything: the edge publishes it again, and nobody need do
// anything.
TEST_F(FleetTest, AStreamMadeAnewGetsBackWhatNoRelayHadTaken) {
  NatsServers servers;
  make_stream(servers, 1);
  SinkServer sink;
  Daemon one("http://127.0.0.1:1", edge(servers, 1, "one"));
  one.start();
  one.send_acknowledged(lines(1, 1000));
  ASSERT_TRUE(one.wait_for_metric("respand_backlog_records", 0));
  ASSERT_TRUE(
      eventually([&] { return one.metric("respand_nats_stream_messages") > 0; }, kLong));  // it knows the stream
  remove_stream(servers);
  make_stream(servers, 1);
  ASSERT_TRUE(eventually([&] { return one.metric("respand_nats_stream_lost") == 1; }, kLong));
  ASSERT_TRUE(eventually([&] { return one.page("/readyz").status() == 200; }, kLong)) << one.page("/readyz").body;
  EXPECT_TRUE(says(one, "the NATS stream was lost; all that no relay had taken is published again"));
  EXPECT_GE(one.metric("respand_nats_republished_total"), 20);
  EXPECT_EQ(one.metric("respand_nats_republish_pending"), 0);
  Daemon two(sink.url(), relay(servers, 1));
  two.start();
  ASSERT_TRUE(sink.wait_for_records(1000, kLong));
  EXPECT_TRUE(two.wait_for_metric("respand_backlog_records", 0));
  const auto count = arrived(sink);
  EXPECT_EQ(count.size(), 1000U);
  EXPECT_TRUE(std::all_of(count.begin(), count.end(), [](const auto& times) { return times.second == 1; }));
  one.process().send_signal(SIGHUP);
  EXPECT_TRUE(one.wait_for_metric("respand_nats_stream_lost", 0));
  one.stop();
  two.stop();
}

// socket.ack: published. Over lines and HTTP; at a stop, what is not on the cluster is not acknowledged.
TEST_F(FleetTest, AcknowledgedMeansPublishedWhereThatIsWanted) {
  NatsServers servers;
  make_stream(servers, 1);
  Daemon::Setup setup = edge(servers, 1, "one");
  setup.socket = ", ack: published";
  setup.more += "delivery: {drain_timeout: 2s}\n";
  Daemon one("http://127.0.0.1:1", setup);
  one.start();
  EXPECT_EQ(one.send_acknowledged(lines(1, 100)).back(), "{\"durable\":100}");
  EXPECT_EQ(one.metric("respand_nats_records_total"), 100) << "published before it was acknowledged";
  servers.kill();
  Client writer = one.connect();
  Client poster = one.connect();
  ASSERT_TRUE(writer.send("!ack\n" + lines(101, 50)));
  ASSERT_TRUE(poster.send(cat("POST /api/request-logs/create/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: ",
                              record(151).size(), "\r\n\r\n", record(151))));
  ASSERT_TRUE(one.wait_for_metric("respand_backlog_records", 51));
  const auto silent = [](const Client& client) {
    char byte = 0;
    return ::recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  };
  EXPECT_TRUE(silent(writer)) << "all is durable here, but not on the cluster";
  EXPECT_TRUE(silent(poster));
  servers.start();
  EXPECT_EQ(writer.read_line(kLong), "{\"durable\":50}");
  const auto answer = poster.read_answer(kLong);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status() / 100, 2);
  servers.kill();
  ASSERT_TRUE(writer.send(lines(201, 10)));
  ASSERT_TRUE(one.wait_for_metric("respand_backlog_records", 10));
  one.stop();
  EXPECT_EQ(writer.read_all(), "");
}

// The drain time is for what is left: without that a stop does not wait for a cluster that is away.
TEST_F(FleetTest, AStopWithNothingLeftDoesNotWaitForTheCluster) {
  NatsServers servers;
  make_stream(servers, 1);
  Daemon::Setup setup = edge(servers, 1, "one");
  setup.more += "delivery: {drain_timeout: 10m}\n";
  Daemon one("http://127.0.0.1:1", setup);
  one.start();
  one.send_acknowledged(lines(1, 100));
  ASSERT_TRUE(one.wait_for_metric("respand_backlog_records", 0));
  servers.kill();
  EXPECT_TRUE(says(one, "waiting: no connection to NATS"));
  one.stop();
}

// Two edges, two relays, three servers, and kill -9 of each in turn. The records are numbered.
TEST_F(FleetTest, KillOfEachLosesNothing) {
  NatsServers servers({.nodes = 3});
  make_stream(servers, 3, -1, seconds{5});
  SinkServer sink;
  std::vector<std::unique_ptr<Daemon>> edges;
  std::vector<std::unique_ptr<Daemon>> relays;
  for (const std::string_view name : {"one", "two"}) {
    edges.push_back(std::make_unique<Daemon>("http://127.0.0.1:1", edge(servers, 3, name)));
    edges.back()->start();
    relays.push_back(std::make_unique<Daemon>(sink.url(), relay(servers, 3)));
    relays.back()->start();
  }
  std::set<std::uint64_t> acknowledged;
  std::uint64_t next = 1;
  constexpr std::uint64_t kLines = 500;
  const auto load = [&](Daemon& daemon) {
    Client client = daemon.connect();
    if (!client.connected() || !client.send("!ack\n" + lines(next, kLines))) {
      next += kLines;
      return;
    }
    client.half_close();
    const auto answers = lines_of(client.read_all());
    if (!answers.empty() && answers.back() == cat("{\"durable\":", kLines, "}")) {
      for (std::uint64_t i = 0; i < kLines; ++i) {
        acknowledged.insert(next + i);
      }
    }
    next += kLines;
  };
  const auto load_all = [&] {
    for (const auto& daemon : edges) {
      load(*daemon);
    }
  };
  load_all();
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < 2; ++i) {
      edges[i]->kill();
      load_all();
      edges[i]->start();
      load_all();
      relays[i]->kill();
      load_all();
      relays[i]->start();
      load_all();
    }
    for (std::size_t node = 0; node < 3; ++node) {
      servers.kill(node);
      load_all();
      servers.start(node);
      load_all();
    }
  }
  const auto everything = [&] {
    const auto count = arrived(sink);
    return std::all_of(acknowledged.begin(), acknowledged.end(),
                       [&](std::uint64_t number) { return count.contains(cat("record-", number)); });
  };
  EXPECT_TRUE(eventually(everything, seconds{90}));
  const auto count = arrived(sink);
  std::size_t twice = 0;
  std::size_t more = 0;
  std::size_t missing = 0;
  for (const auto& [name, times] : count) {
    twice += times == 2 ? 1U : 0U;
    more += times > 2 ? 1U : 0U;
  }
  for (const std::uint64_t number : acknowledged) {
    missing += count.contains(cat("record-", number)) ? 0U : 1U;
  }
  std::printf("fleet: %zu acknowledged, %zu arrived, %zu missing, %zu twice, %zu more often\n", acknowledged.size(),
              count.size(), missing, twice, more);
  EXPECT_EQ(missing, 0U);
  for (std::size_t i = 0; i < 2; ++i) {
    edges[i]->stop();
    relays[i]->stop();
  }
}

}  // namespace
}  // namespace respand::test
