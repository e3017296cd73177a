// Faults of a fleet that kill nothing for good: nodes and daemons that are cut off (SIGSTOP), a cluster without its
// majority, a node whose storage is empty, a full stream, revoked credentials. Few records; scripts/fleet-faults does
// the same with many.

#include "tests/integration/fleet_fixture.h"

namespace respand::test {
namespace {

// A message that no relay has acknowledged goes to another one after this.
constexpr seconds kAckWait{5};
// What a fault may cut off, a PubAck and an acknowledgement, makes a record come once more each.
constexpr int kBothCut = 3;

class FleetFaultsTest : public FleetTest {
 protected:
  // Two edges, two relays, three servers.
  void start() {
    servers_ = std::make_unique<NatsServers>(NatsServers::Options{.nodes = 3});
    ASSERT_NO_FATAL_FAILURE(make_stream(*servers_, 3, -1, kAckWait));
    for (const std::string_view name : {"one", "two"}) {
      edges_.push_back(std::make_unique<Daemon>("http://127.0.0.1:1", edge(*servers_, 3, name)));
      edges_.back()->start();
      relays_.push_back(std::make_unique<Daemon>(sink_.url(), relay(*servers_, 3)));
      relays_.back()->start();
    }
    load_.hand_in(edges_);
    ASSERT_TRUE(load_.arrives(sink_));
  }
  void stop() {
    for (const auto* daemons : {&edges_, &relays_}) {
      for (const auto& daemon : *daemons) {
        daemon->stop();
      }
    }
  }
  // All that was acknowledged arrives while the process is cut off, and what comes after that, too.
  void cut_off(Process& process, const std::vector<Daemon*>& reachable) {
    process.send_signal(SIGSTOP);
    for (Daemon* const edge : reachable) {
      load_.hand_in(*edge);
    }
    EXPECT_TRUE(load_.arrives(sink_));
    process.send_signal(SIGCONT);
    load_.hand_in(edges_);
    EXPECT_TRUE(load_.arrives(sink_));
  }

  SinkServer sink_;
  std::unique_ptr<NatsServers> servers_;
  std::vector<std::unique_ptr<Daemon>> edges_;
  std::vector<std::unique_ptr<Daemon>> relays_;
  FleetLoad load_;
};

// A client leaves a server that is silent after two pings, 40 seconds; so one of three must do here.
// scripts/fleet-faults cuts each of them off.
TEST_F(FleetFaultsTest, ANodeCutOff) {
  ASSERT_NO_FATAL_FAILURE(start());
  servers_->pause(0);
  load_.hand_in(edges_);
  EXPECT_TRUE(load_.arrives(sink_)) << "two of three have a majority";
  servers_->resume(0);
  load_.hand_in(edges_);
  EXPECT_TRUE(load_.arrives(sink_));
  load_.expect_all(sink_, kBothCut);
  stop();
}

TEST_F(FleetFaultsTest, ARelayAndAnEdgeCutOff) {
  ASSERT_NO_FATAL_FAILURE(start());
  cut_off(relays_[0]->process(), {edges_[0].get(), edges_[1].get()});
  cut_off(edges_[0]->process(), {edges_[1].get()});
  load_.expect_all(sink_, kBothCut);
  stop();
}

TEST_F(FleetFaultsTest, WithoutAMajorityEdgesKeepTheirRecords) {
  ASSERT_NO_FATAL_FAILURE(start());
  servers_->kill(0);
  servers_->kill(1);
  load_.hand_in(edges_);
  EXPECT_TRUE(says(*edges_[0], "waiting: ")) << edges_[0]->page("/status").body;
  EXPECT_TRUE(says(*edges_[1], "waiting: ")) << edges_[1]->page("/status").body;
  servers_->start(0);
  servers_->start(1);
  load_.hand_in(edges_);
  EXPECT_TRUE(load_.arrives(sink_));
  load_.expect_all(sink_, kBothCut);
  stop();
}

TEST_F(FleetFaultsTest, ANodeWithEmptyStorageIsNoLostStream) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (std::size_t node = 0; node < 3; ++node) {
    servers_->kill(node);
    load_.hand_in(edges_);
    servers_->empty_storage(node);
    servers_->start(node);
    load_.hand_in(edges_);
    // The next one may lose its storage only once this one has the stream again.
    EXPECT_TRUE(await_replicas(*servers_));
  }
  EXPECT_TRUE(load_.arrives(sink_));
  load_.expect_all(sink_, kBothCut);
  for (const auto& edge : edges_) {
    EXPECT_TRUE(says(*edge, "delivering")) << edge->page("/status").body;
    EXPECT_EQ(edge->page("/status").body.find("lost"), std::string::npos) << edge->page("/status").body;
  }
  stop();
}

// Three servers keep the ids of what they refused as full, which one server does not.
TEST_F(FleetFaultsTest, AFullStreamOfThreeTakesTheSameRecordsLater) {
  servers_ = std::make_unique<NatsServers>(NatsServers::Options{.nodes = 3});
  ASSERT_NO_FATAL_FAILURE(make_stream(*servers_, 3, 100'000, kAckWait));
  edges_.push_back(
      std::make_unique<Daemon>("http://127.0.0.1:1", edge(*servers_, 3, "one", "max_records: 50, compression: none")));
  edges_.back()->start();
  for (int i = 0; i < 4; ++i) {
    load_.hand_in(edges_);
  }
  EXPECT_TRUE(says(*edges_[0], "waiting: stream is full, relays are behind")) << edges_[0]->page("/status").body;
  relays_.push_back(std::make_unique<Daemon>(sink_.url(), relay(*servers_, 3)));
  relays_.back()->start();
  EXPECT_TRUE(load_.arrives(sink_));
  load_.expect_all(sink_, 1);
  EXPECT_TRUE(says(*edges_[0], "delivering")) << edges_[0]->page("/status").body;
  stop();
}

TEST_F(FleetFaultsTest, RevokedCredentialsAreSaidAndRecordsKept) {
  constexpr std::string_view kSeed = "SUAIA3TAJVVESACHEZVS5VEY5S7JKHD5HJGGJKWHOJ3MYGZGR657QCCHB4";
  const auto users = [](std::string_view key) { return cat("authorization { users = [ { nkey: ", key, " } ] }"); };
  const std::string known = users("UAVICAZY7GTVVHY5AQLUTODUIMNCDZBVVLHH3XSBUS74V4RR6JVGZEB6");
  const std::string stranger = users("UBBO54BWB4Z7FJSPSCUZZLAY4U4RWDEVMMSLRMY5F5PIQAMDJLGLWD4G");
  servers_ = std::make_unique<NatsServers>(NatsServers::Options{.more = known});
  make_stream(*servers_, 1, -1, kAckWait, std::string(kSeed));
  const TempDir keys;
  write_file(keys / "seed", cat(kSeed, "\n"));
  const std::string key_file = cat(", nkey_file: ", keys / "seed");
  edges_.push_back(
      std::make_unique<Daemon>("http://127.0.0.1:1", edge(*servers_, 1, "one", "max_records: 50", key_file)));
  edges_.back()->start();
  relays_.push_back(std::make_unique<Daemon>(sink_.url(), relay(*servers_, 1, key_file)));
  relays_.back()->start();
  load_.hand_in(edges_);
  ASSERT_TRUE(load_.arrives(sink_));
  servers_->reconfigure(stranger);
  EXPECT_TRUE(says(*edges_[0], "paused: NATS refuses the credentials")) << edges_[0]->page("/status").body;
  EXPECT_TRUE(says(*relays_[0], "paused: NATS refuses the credentials")) << relays_[0]->page("/status").body;
  load_.hand_in(edges_);
  EXPECT_EQ(edges_[0]->page("/readyz").status(), 503);
  servers_->reconfigure(known);
  EXPECT_TRUE(load_.arrives(sink_));
  load_.expect_all(sink_, 1);
  EXPECT_TRUE(says(*edges_[0], "delivering"));
  stop();
}

}  // namespace
}  // namespace respand::test
