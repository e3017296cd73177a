// `respand nats` against a real nats-server: what setup makes passes check, and what check finds is what was planted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/integration/daemon.h"
#include "tests/support/nats_server.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class NatsCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (!NatsServers::why_not().empty()) {
      GTEST_SKIP() << NatsServers::why_not();
    }
  }
  void configure(const NatsServers& servers, std::string_view more) const {
    std::string list;
    for (const std::string& url : servers.urls()) {
      list += cat(list.empty() ? "" : ", ", '"', url, '"');
    }
    write_file(config(), cat("nats: {servers: [", list, "], stream: RESPAND, ", more, "}\n"));
  }
  [[nodiscard]] std::string config() const { return folder_ / "respand.yaml"; }
  [[nodiscard]] RunResult nats(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "nats");
    arguments.insert(arguments.begin() + 2, {"--config", config()});
    return run_respand(arguments, {});
  }

 private:
  TempDir folder_;
};

// An old server can't sync at once, so its version and sync are not asked for.
std::string require(int replicas) {
  return cat("require: {replicas: ", replicas, NatsServers::syncs_always() ? "}" : ", sync: any, server: \"2.9.0\"}");
}

TEST_F(NatsCommand, SetupMakesWhatCheckWants) {
  NatsServers server;
  configure(server, require(1));
  const RunResult printed = nats({"setup"});
  EXPECT_EQ(printed.status, 0) << printed.err;
  EXPECT_THAT(printed.out, HasSubstr(R"("retention":"workqueue","storage":"file","discard":"new","num_replicas":1)"));
  EXPECT_THAT(printed.err, HasSubstr("--apply"));
  const RunResult absent = nats({"check"});
  EXPECT_EQ(absent.status, 1);
  EXPECT_THAT(absent.out, HasSubstr("RESPAND: there is none"));
  const RunResult made = nats({"setup", "--apply", "--max-size", "1GiB"});
  EXPECT_EQ(made.status, 0) << made.out << made.err;
  EXPECT_THAT(made.out, HasSubstr("made stream RESPAND"));
  EXPECT_THAT(made.out, HasSubstr("made consumer respand"));
  const RunResult again = nats({"setup", "--apply"});
  EXPECT_EQ(again.status, 0) << again.out << again.err;
  EXPECT_THAT(again.out, Not(HasSubstr("made")));
  const RunResult good = nats({"check"});
  EXPECT_EQ(good.status, 0) << good.out;
  if (NatsServers::syncs_always()) {
    EXPECT_THAT(good.out, HasSubstr("not checked: a client can't see"));
    const RunResult seen = nats({"check", "--monitor", cat("http://127.0.0.1:", server.monitor_port())});
    EXPECT_EQ(seen.status, 0) << seen.out;
    EXPECT_THAT(seen.out, HasSubstr("it syncs before it acknowledges"));
  }
}

TEST_F(NatsCommand, ASingleServerMakesNoReplicas) {
  NatsServers server;
  configure(server, require(3));
  const RunResult made = nats({"setup", "--apply"});
  EXPECT_EQ(made.status, 1) << made.out;
  EXPECT_THAT(made.err, HasSubstr("set nats.require.replicas: 1"));
}

TEST_F(NatsCommand, CheckFindsWhatIsTooLittle) {
  NatsServers server;
  configure(server, require(1));
  ASSERT_EQ(nats({"setup", "--apply"}).status, 0);
  configure(server, require(3));
  const RunResult check = nats({"check"});
  EXPECT_EQ(check.status, 1);
  EXPECT_THAT(check.out, HasSubstr("1 replica, nats.require.replicas wants 3"));
  EXPECT_THAT(check.out, HasSubstr("do: nats stream edit RESPAND --replicas 3"));
  const RunResult setup = nats({"setup", "--apply"});
  EXPECT_EQ(setup.status, 1) << "it changes nothing that is there";
  configure(server, "require: {replicas: 1, server: \"99.0.0\"}");
  EXPECT_THAT(nats({"check"}).out, HasSubstr("nats.require.server wants 99.0.0"));
  server.stop();
  const RunResult away = nats({"check", "--quiet"});
  EXPECT_EQ(away.status, 1);
  EXPECT_THAT(away.out, HasSubstr("refused"));
  EXPECT_EQ(nats({"setup", "--apply"}).status, 75);
}

TEST_F(NatsCommand, WithoutJetStreamOrRightsItSaysSo) {
  NatsServers off({.jetstream = false});
  configure(off, require(1));
  const RunResult check = nats({"check"});
  EXPECT_EQ(check.status, 1);
  EXPECT_THAT(check.out, HasSubstr("JetStream is off"));
  NatsServers closed({.more = "authorization { users = [ { nkey: "
                              "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 } ] }"});
  configure(closed, require(1));
  const RunResult refused = nats({"setup", "--apply"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("credentials_file"));
  const TempDir keys;
  write_file(keys / "seed", "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY\n");
  configure(closed, cat(require(1), ", nkey_file: ", keys / "seed"));
  EXPECT_EQ(nats({"setup", "--apply"}).status, 0);
}

TEST_F(NatsCommand, WhatIsNotConfiguredIsSaid) {
  write_file(config(), "nats: {servers: [\"nats://127.0.0.1:1\"]}\n");
  const RunResult check = nats({"check"});
  EXPECT_EQ(check.status, 78);
  EXPECT_THAT(check.err, HasSubstr("nats.stream is not set"));
  EXPECT_EQ(nats({"setup", "--max-size", "many"}).status, 78);
}

}  // namespace
}  // namespace respand::test
