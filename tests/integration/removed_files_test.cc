// rm -rf of the journal's folder under a running daemon: what was acknowledged before arrives, what comes afterwards is
// acknowledged when it is in new files, and a second daemon stays out.

#include <gtest/gtest.h>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

sink::Rules away() {
  sink::Rules rules;
  rules.fail = {{sink::Fault::kNone, 503, 1}};
  return rules;
}

TEST(RemovedFiles, CostNothingThatWasAcknowledged) {
  SinkServer sink(away());
  Daemon daemon(sink.url(), Daemon::Setup{.more = "delivery: {retry: {initial: 20ms, max: 200ms}}"});
  daemon.start();
  std::uint64_t number = 0;
  const auto send = [&](std::uint64_t count) {
    std::string lines;
    for (std::uint64_t i = 0; i < count; ++i) {
      lines += record(++number) + "\n";
    }
    const auto answers = daemon.send_acknowledged(lines);
    ASSERT_FALSE(answers.empty());
    ASSERT_EQ(answers.back(), cat(R"({"durable":)", count, "}"));
  };
  ASSERT_NO_FATAL_FAILURE(send(30));
  for (const std::string& name : names_in(daemon.journal_path())) {
    std::filesystem::remove_all(daemon.journal_path() + "/" + name);
  }
  ASSERT_NO_FATAL_FAILURE(send(30));
  EXPECT_NE(daemon.process().err().find("the journal's files were removed while it was running"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(daemon.journal_path() + "/lock"));

  Process second(RESPAND_BINARY, {"run", "--config", daemon.config_path()});
  const auto exit = second.wait();
  ASSERT_TRUE(exit) << "a second daemon was let in";
  EXPECT_NE(exit->status, 0);

  daemon.kill();
  sink.set_rules({});
  daemon.start();
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0)) << daemon.process().err();
  EXPECT_EQ(sink.records(), number);
  EXPECT_EQ(daemon.metric("respand_records_dropped_total"), 0);
  daemon.stop();
}

}  // namespace
}  // namespace respand::test
