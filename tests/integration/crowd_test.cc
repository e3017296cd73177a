// Many connections and few descriptors: however many connect, records are taken in and delivered.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/integration/shell_daemon.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

TEST(Crowd, ConnectionsOfOneByteKeepNobodyOut) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.socket = ", max_connections: 300, max_connections_per_user: 300"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::vector<Client> idle;
  for (int n = 0; n < 300; ++n) {
    idle.push_back(daemon.connect());
    ASSERT_TRUE(idle.back().send(n % 2 == 0 ? "{" : "P"));
  }
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  EXPECT_THAT(daemon.page("/readyz").body,
              HasSubstr("not ready: new writers are turned away: all connections are taken (300 of 300"));
  EXPECT_THAT(daemon.page("/status").body, HasSubstr("socket.max_connections"));
  // They give way by and by.
  std::vector<std::string> answers;
  ASSERT_TRUE(eventually(
      [&] {
        Client client = daemon.connect();
        if (client.send("!ack\n" + record(1) + "\n")) {
          client.half_close();
          answers = lines_of(client.read_all());
        }
        return !answers.empty();
      },
      3 * kPatience));
  EXPECT_EQ(answers.back(), "{\"durable\":1}");
  EXPECT_EQ(daemon.page("/readyz").status(), 200);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Crowd, AUserThatHasAllItMayIsNamed) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.socket = ", max_connections: 100, max_connections_per_user: 3"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::vector<Client> clients;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    clients.push_back(daemon.connect());
    ASSERT_TRUE(clients.back().send(record(n) + "\n"));
  }
  ASSERT_TRUE(sink.wait_for_records(3));
  Client fourth = daemon.connect();
  EXPECT_EQ(fourth.read_all(), "");
  EXPECT_TRUE(fourth.at_end());
  EXPECT_THAT(daemon.page("/status").body, HasSubstr("are turned away: it has all that one may (3 of 3"));
  EXPECT_EQ(daemon.page("/readyz").status(), 200) << "others are let in";
  EXPECT_EQ(daemon.metric("respand_connections_refused_total", {{"reason", "too_many_of_user"}}), 1);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Crowd, PagesAndControlAnswerThoughSomebodyHoldsTheirConnections) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string line = daemon.process().wait_for_line("pages on ").value_or(":0");
  const auto port = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
  std::vector<Client> idle;
  for (int n = 0; n < 100; ++n) {
    idle.push_back(Client::connect_tcp(port));
    ASSERT_TRUE(idle.back().send("G"));
    idle.push_back(Client::connect_unix(daemon.control_path()));
    ASSERT_TRUE(idle.back().send("G"));
  }
  EXPECT_EQ(daemon.page("/readyz").status(), 200);
  Process status(RESPAND_BINARY, {"status", "--control", daemon.control_path()});
  EXPECT_EQ(status.wait(), (Exit{0, 0})) << status.err();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Descriptors, FewOfThemAreKeptForWhatMustGoOn) {
  SinkServer sink;
  ShellDaemon daemon(sink.url());
  daemon.launch("ulimit -n 64;");
  ASSERT_NO_FATAL_FAILURE(daemon.wait_until_ready());
  EXPECT_TRUE(daemon.process().wait_for_line("there can be fewer connections than configured"))
      << daemon.process().err();
  std::vector<Client> idle;
  for (int n = 0; n < 100; ++n) {
    idle.push_back(daemon.files().connect());
    idle.back().send(record(static_cast<std::uint64_t>(n)) + "\n");
  }
  // Those that were let in have their place; the journal rolls over, the spool and delivery go on.
  ASSERT_TRUE(eventually([&] { return sink.records() > 0; }));
  const std::string big = record(1'000, 3 << 20);
  for (int n = 0; n < 20; ++n) {
    ASSERT_TRUE(idle.front().send(big + "\n"));
  }
  write_file(daemon.files().spool_path() + "/a.ndjson", record(2'000) + "\nno record\n" + record(2'001) + "\n");
  ASSERT_TRUE(eventually([&] { return daemon.metric("respand_records_received_total", {{"input", "spool"}}) == 3; }));
  ASSERT_TRUE(eventually([&] { return daemon.metric("respand_backlog_records") == 0; }));
  Process status(RESPAND_BINARY, {"status", "--control", daemon.files().control_path()});
  EXPECT_EQ(status.wait(), (Exit{0, 0})) << status.err();
  EXPECT_THAT(status.out(), HasSubstr("because the limit of open files is 64"));
  EXPECT_EQ(daemon.metric("respand_connections_refused_total", {{"reason", "no_descriptor"}}), 0)
      << "the limit was never reached";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_EQ(count_of(daemon.process().err(), "Too many open files"), 0U) << daemon.process().err();
}

TEST(Descriptors, TooFewAreRefusedAtTheStart) {
  SinkServer sink;
  ShellDaemon daemon(sink.url());
  daemon.launch("ulimit -n 40;");
  const auto exit = daemon.process().wait();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->status, 78) << "a service manager need not try again";
  EXPECT_THAT(daemon.process().err(), HasSubstr("the limit of open files is 40, and "));
  EXPECT_THAT(daemon.process().err(), HasSubstr("LimitNOFILE="));
}

}  // namespace
}  // namespace respand::test
