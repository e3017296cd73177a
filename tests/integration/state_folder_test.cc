// `respand run` without a configuration: by the environment, and under one folder.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

TEST(StateFolder, EnvironmentAndOneFolderAreEnough) {
  SinkServer sink;
  const TempDir folder;
  const std::string state = folder / "state";
  Process daemon(RESPAND_BINARY, {"run", "--state", state},
                 {.environment = {"RESPAN_API_KEY=k", "RESPAND_API_BASE_URL=" + sink.url()}});
  ASSERT_TRUE(daemon.wait_for_line(" ready ")) << daemon.err();
  Client client = Client::connect_unix(state + "/respand.sock");
  ASSERT_TRUE(client.send("!ack\n" + record(1) + "\n"));
  client.half_close();
  EXPECT_THAT(client.read_all(), HasSubstr("{\"durable\":1}"));
  ASSERT_TRUE(sink.wait_for_records(1));
  for (const char* const name : {"journal", "spool", "dead-letters", "costs", "control.sock"}) {
    EXPECT_TRUE(std::filesystem::exists(state + "/" + name)) << name;
  }
  Process reload(RESPAND_BINARY, {"reload", "--control", state + "/control.sock"});
  EXPECT_TRUE(reload.wait() == Exit{.status = 0}) << reload.err();
  daemon.terminate();
  EXPECT_TRUE(daemon.wait() == Exit{.status = 0}) << daemon.err();
  EXPECT_EQ(daemon.err().find("from the next start on"), std::string::npos) << "a reload finds the same places";
}

TEST(StateFolder, WhoMayNotWriteIsToldAllPlacesAtOnce) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "becomes another user, and this one may not";
  }
  const TempDir folder;
  const std::string state = folder / "x";
  write_file(folder / "r.yaml", "api: {api_key: k}\njournal: {directory: " + state +
                                    "/j}\ncosts: {directory: " + state + "/c}\nsocket: {path: /tmp/s.sock}\n");
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  Process run("/usr/bin/setpriv", {"--reuid=65534", "--regid=65534", "--clear-groups", RESPAND_BINARY, "run",
                                   "--config", folder / "r.yaml"});
  const auto exit = run.wait();
  EXPECT_TRUE(exit == Exit{.status = 1}) << run.err();
  EXPECT_THAT(run.err(), HasSubstr("as nobody these need other places: journal.directory, "));
  EXPECT_THAT(run.err(), HasSubstr("costs.directory"));
  EXPECT_THAT(run.err(), testing::Not(HasSubstr("socket.path")));
  EXPECT_THAT(run.err(), HasSubstr("respand run --state DIR"));
}

}  // namespace
}  // namespace respand::test
