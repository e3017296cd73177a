// Edges, a NATS cluster and relays, all of them the real programs: every acknowledged record reaches the API, whatever
// is killed, and what stands in the way is said.

#include <sys/socket.h>

#include <cerrno>
#include <filesystem>

#include "tests/integration/fleet_fixture.h"

namespace respand::test {
namespace {

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
  EXPECT_TRUE(says(two, "edges        1 edge; the furthest behind: "));
  const std::string page = two.page("/metrics").body;
  EXPECT_NE(page.find("respand_nats_edge_lag_seconds{edge=\""), std::string::npos);
  EXPECT_NE(page.find("respand_nats_edge_last_seconds{edge=\""), std::string::npos);
  EXPECT_EQ(two.metric("respand_nats_relays"), 0) << "it shares no limit";
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
  EXPECT_TRUE(says(one, "there is no such stream")) << one.page("/status").body;
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
  ASSERT_TRUE(eventually([&] { return one.metric("respand_nats_stream_messages") > 0; },
                         kFleetPatience));  // it knows the stream
  remove_stream(servers);
  make_stream(servers, 1);
  ASSERT_TRUE(eventually([&] { return one.metric("respand_nats_stream_lost") == 1; }, kFleetPatience));
  ASSERT_TRUE(eventually([&] { return one.page("/readyz").status() == 200; }, kFleetPatience))
      << one.page("/readyz").body;
  EXPECT_TRUE(says(one, "the NATS stream was lost; all that no relay had taken is published again"));
  EXPECT_GE(one.metric("respand_nats_republished_total"), 20);
  EXPECT_EQ(one.metric("respand_nats_republish_pending"), 0);
  Daemon two(sink.url(), relay(servers, 1));
  two.start();
  ASSERT_TRUE(sink.wait_for_records(1000, kFleetPatience));
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
  EXPECT_EQ(writer.read_line(kFleetPatience), "{\"durable\":50}");
  const auto answer = poster.read_answer(kFleetPatience);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status() / 100, 2);
  servers.kill();
  ASSERT_TRUE(writer.send(lines(201, 10)));
  ASSERT_TRUE(one.wait_for_metric("respand_backlog_records", 10));
  one.stop();
  EXPECT_EQ(writer.read_all(), "");
}

// An image of a machine, a folder restored from a backup: both go on with the numbers of the first one's records.
TEST_F(FleetTest, ACopiedJournalIsAnEdgeOfItsOwn) {
  NatsServers servers;
  make_stream(servers, 1);
  SinkServer sink;
  Daemon two(sink.url(), relay(servers, 1));
  two.start();
  Daemon one("http://127.0.0.1:1", edge(servers, 1, "one"));
  one.start();
  one.send_acknowledged(lines(1, 20));
  ASSERT_TRUE(sink.wait_for_records(20, kFleetPatience));
  one.stop();
  const TempDir folder;
  Daemon::Setup setup = edge(servers, 1, "one");
  setup.journal_folder = folder / "journal";
  std::filesystem::copy(one.journal_path(), setup.journal_folder, std::filesystem::copy_options::recursive);
  Daemon copy("http://127.0.0.1:1", setup);
  one.start();
  copy.start();
  one.send_acknowledged(lines(21, 5));
  copy.send_acknowledged(lines(26, 5));
  EXPECT_TRUE(sink.wait_for_records(30, kFleetPatience)) << sink.records();
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
  ASSERT_NO_FATAL_FAILURE(make_stream(servers, 3, -1, seconds{5}));
  SinkServer sink;
  std::vector<std::unique_ptr<Daemon>> edges;
  std::vector<std::unique_ptr<Daemon>> relays;
  for (const std::string_view name : {"one", "two"}) {
    edges.push_back(std::make_unique<Daemon>("http://127.0.0.1:1", edge(servers, 3, name)));
    edges.back()->start();
    relays.push_back(std::make_unique<Daemon>(sink.url(), relay(servers, 3)));
    relays.back()->start();
  }
  FleetLoad load;
  load.hand_in(edges);
  for (int round = 0; round < (kSanitized ? 1 : 2); ++round) {
    for (std::size_t i = 0; i < 2; ++i) {
      edges[i]->kill();
      load.hand_in(edges);
      edges[i]->start();
      load.hand_in(edges);
      relays[i]->kill();
      load.hand_in(edges);
      relays[i]->start();
      load.hand_in(edges);
    }
    for (std::size_t node = 0; node < 3; ++node) {
      servers.kill(node);
      load.hand_in(edges);
      servers.start(node);
      load.hand_in(edges);
    }
  }
  EXPECT_TRUE(load.arrives(sink));
  load.expect_all(sink, 16);
  for (std::size_t i = 0; i < 2; ++i) {
    edges[i]->stop();
    relays[i]->stop();
  }
}

TEST_F(FleetTest, ARelayThatMayNotShareSaysSoAndDelivers) {
  NatsServers servers({.more = "authorization { users: [ {user: u, password: p, permissions: {publish: {deny: "
                               "[\"_RESPAND.>\"]}}} ] }\nno_auth_user: u\n"});
  make_stream(servers, 1);
  SinkServer sink;
  Daemon::Setup setup = relay(servers, 1);
  setup.more += "delivery: {rate_limit: 6400, rate_limit_share: true}\n";
  Daemon daemon(sink.url(), setup);
  daemon.start();
  EXPECT_TRUE(says(daemon, "rate limit   100/s of 6400/s; NATS does not let it share")) << daemon.page("/status").body;
  EXPECT_TRUE(says(daemon,
                   "delivering, but this relay can't share delivery.rate_limit, and takes 1/64 of it (the NATS "
                   "server denies _RESPAND.RELAYS.RESPAND"));
  daemon.send_acknowledged(lines(1, 5));
  EXPECT_TRUE(sink.wait_for_records(5));
  EXPECT_EQ(daemon.page("/readyz").status(), 200);
  daemon.stop();
}

// A limit is an upper bound, on a slow machine too: the records that came, of both relays, against the time since they
// were allowed to go. What was begun before the time is read is in it.
TEST_F(FleetTest, RelaysShareOneRateLimit) {
  NatsServers servers;
  make_stream(servers, 1);
  SinkServer sink;
  constexpr int kLimit = 100;
  constexpr int kInFlight = 4;  // of each relay
  Daemon::Setup setup = relay(servers, 1);
  setup.more += cat("delivery: {rate_limit: ", kLimit, ", rate_limit_share: true, max_in_flight: ", kInFlight, "}\n");
  Daemon one(sink.url(), setup);
  Daemon two(sink.url(), setup);
  one.start();
  EXPECT_TRUE(says(one, "rate limit   100/s of 100/s; 1 relay shares it"));
  two.start();
  for (const Daemon* const daemon : {&one, &two}) {
    ASSERT_TRUE(says(*daemon, "rate limit   50/s of 100/s; 2 relays share it"));
    EXPECT_EQ(daemon->metric("respand_nats_relays"), 2);
    EXPECT_EQ(daemon->metric("respand_rate_limit_requests_per_second"), 50);
  }
  const auto expect_limit_kept = [&](std::size_t more, double burst) {
    const MonoTime begin = system_clock().mono();
    const std::size_t before = sink.records();
    one.send_acknowledged(lines(1, 1000));
    if (before == 0) {
      two.send_acknowledged(lines(1001, 1000));
    }
    ASSERT_TRUE(sink.wait_for_records(before + more, seconds{120}));
    const auto count = static_cast<double>(sink.records() - before);
    const double passed = std::chrono::duration<double>(system_clock().mono() - begin).count();
    std::printf("fleet: %.0f records in %.1f s under a limit of %d/s\n", count, passed, kLimit);
    EXPECT_LE(count, kLimit * passed + burst);
  };
  // Each relay may save up a tenth of a second's requests.
  expect_limit_kept(300, kLimit / 10 + 1);
  two.kill();
  EXPECT_TRUE(says(one, "rate limit   100/s of 100/s; 1 relay shares it"));
  EXPECT_EQ(one.metric("respand_rate_limit_requests_per_second"), 100);
  expect_limit_kept(200, kLimit / 10 + kInFlight + 1);
  // A stop says so: nobody waits for what is gone.
  two.start();
  EXPECT_TRUE(says(one, "rate limit   50/s of 100/s; 2 relays share it"));
  two.stop();
  EXPECT_TRUE(says(one, "rate limit   100/s of 100/s; 1 relay shares it"));
  one.stop();
}

}  // namespace
}  // namespace respand::test
