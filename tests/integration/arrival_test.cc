// `respand send --wait delivered` and `--retry`: until the API has it, and over restarts of the daemon.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

std::vector<std::string> send(const Daemon& daemon, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"send", "--config", daemon.config_path(), "--wait", "delivered"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Arrival, ShowsTheAnswerOfEach) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.folder() / "r.ndjson", record(1) + "\n" + record(2) + "\n[" + record(3) + "," + record(4) + "]\n");
  Process process(RESPAND_BINARY, send(daemon, {daemon.folder() / "r.ndjson"}));
  EXPECT_TRUE(process.wait() == Exit{.status = 0}) << process.err();
  EXPECT_THAT(process.out(), HasSubstr("r.ndjson:1: delivered: 200 {"));
  EXPECT_EQ(count_of(process.out(), ": delivered: 200 "), 4U) << process.out();
  EXPECT_THAT(process.err(), HasSubstr("4 delivered, 0 refused by the API"));
  EXPECT_TRUE(sink.wait_for_records(4));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Arrival, SaysWhichTheApiRefuses) {
  sink::Rules rules;
  rules.refuse = "record-2";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.folder() / "r.ndjson", record(1) + "\n" + record(2) + "\n");
  Process process(RESPAND_BINARY, send(daemon, {daemon.folder() / "r.ndjson"}));
  EXPECT_TRUE(process.wait() == Exit{.status = 1}) << process.err();
  EXPECT_THAT(process.out(), HasSubstr("r.ndjson:2: refused by the API: 422"));
  EXPECT_THAT(process.err(), HasSubstr("1 delivered, 1 refused by the API"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Arrival, WhatIsSampledOutWasNotSent) {
  SinkServer sink;
  Daemon daemon(sink.url(), "records: {sample: {rate: 0}}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.folder() / "r.ndjson", record(1) + "\n");
  Process process(RESPAND_BINARY, send(daemon, {daemon.folder() / "r.ndjson"}));
  EXPECT_TRUE(process.wait() == Exit{.status = 1}) << process.err();
  EXPECT_THAT(process.out(), HasSubstr("not sent: left out by records.sample"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Arrival, ATimeoutIsTryAgainAndNothingIsLost) {
  sink::Rules rules;
  rules.key = "another";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.folder() / "r.ndjson", record(1) + "\n");
  Process process(RESPAND_BINARY, send(daemon, {"--timeout", "3s", daemon.folder() / "r.ndjson"}));
  EXPECT_TRUE(process.wait() == Exit{.status = 75}) << process.err();
  EXPECT_THAT(process.err(), HasSubstr("--timeout is over: 1 are durable and will be delivered, but were not yet"));
  Process bad(RESPAND_BINARY, send(daemon, {"--timeout", "soon"}));
  EXPECT_TRUE(bad.wait() == Exit{.status = 64});
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// Durable, but the key is wrong; then the daemon is killed, and the next one has the right key.
TEST(Arrival, SurvivesAKillOfTheDaemon) {
  sink::Rules rules;
  rules.key = "the-right-key";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.folder() / "r.ndjson", record(1) + "\n" + record(2) + "\n");
  Process process(RESPAND_BINARY, send(daemon, {"--retry", daemon.folder() / "r.ndjson"}));
  ASSERT_TRUE(process.wait_for_line("2 record lines durable")) << process.err();
  daemon.kill();
  daemon.set_key("the-right-key");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_TRUE(process.wait() == Exit{.status = 0}) << process.err();
  EXPECT_THAT(process.err(), HasSubstr("2 delivered, 0 refused by the API"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Arrival, WithoutRetryItSaysWhatIsSafe) {
  sink::Rules rules;
  rules.key = "the-right-key";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.folder() / "r.ndjson", record(1) + "\n");
  Process process(RESPAND_BINARY, send(daemon, {daemon.folder() / "r.ndjson"}));
  ASSERT_TRUE(process.wait_for_line("1 record line durable")) << process.err();
  daemon.kill();
  EXPECT_TRUE(process.wait() == Exit{.status = 75}) << process.err();
  EXPECT_THAT(process.err(), HasSubstr("will be delivered when it is back"));
}

// The input stays open over the restart: what was answered is not sent again, the rest is.
TEST(Arrival, RetrySendsTheRestToTheNextDaemon) {
  SinkServer sink;
  Daemon daemon(sink.url());
  Process process(RESPAND_BINARY, {"send", "--config", daemon.config_path(), "--retry", "--wait", "delivered"},
                  {.input = true});
  ASSERT_NO_FATAL_FAILURE(daemon.start()) << "it waits for one that is not there yet";
  ASSERT_TRUE(process.write_input(record(1) + "\n" + record(2) + "\n"));
  ASSERT_TRUE(sink.wait_for_records(2));
  daemon.kill();
  ASSERT_TRUE(process.write_input(record(3) + "\n"));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(process.write_input(record(4) + "\n"));
  process.close_input();
  EXPECT_TRUE(process.wait() == Exit{.status = 0}) << process.err();
  EXPECT_THAT(process.err(), HasSubstr("4 record lines durable, 0 refused"));
  EXPECT_THAT(process.err(), HasSubstr("4 delivered, 0 refused by the API"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
