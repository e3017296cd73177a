// Whose fault an answer is: that of the destination, of the key, or of the record (docs/delivery.md).

#include <gtest/gtest.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

TEST(Destination, AWrongKeyPausesAndTheRightOneResumesAtSighup) {
  sink::Rules rules;
  rules.key = "the-right-key";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  daemon.set_key("a-wrong-secret");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(record(1) + "\n" + record(2) + "\n").back(), R"({"durable":2})");
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  EXPECT_NE(daemon.page("/readyz").body.find("401"), std::string::npos) << daemon.page("/readyz").body;
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
  EXPECT_EQ(daemon.metric("respand_backlog_records"), 2);
  daemon.set_key("the-right-key");
  daemon.process().send_signal(SIGHUP);
  ASSERT_TRUE(sink.wait_for_records(2));
  EXPECT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 200; }));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_EQ(daemon.process().err().find("secret"), std::string::npos) << "the key is in the log";
  EXPECT_EQ(daemon.process().err().find("right-key"), std::string::npos) << "the key is in the log";
}

TEST(Destination, ABadFileAtSighupKeepsTheOldConfiguration) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.set_more("jurnal: {}");
  daemon.process().send_signal(SIGHUP);
  const auto line = daemon.process().wait_for_line("not reloaded");
  ASSERT_TRUE(line);
  EXPECT_NE(line->find("jurnal"), std::string::npos) << *line;
  daemon.send_acknowledged(record(1) + "\n");
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Destination, ARecordThatTheApiRefusesGoesToTheDeadLettersAlone) {
  sink::Rules rules;
  rules.fail = {{sink::Fault::kNone, 422, 1}};
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(record(1) + "\n").back(), R"({"durable":1})");
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_dead_lettered_total", 1));
  sink.set_rules({});
  daemon.send_acknowledged(record(2) + "\n");
  ASSERT_TRUE(sink.wait_for_records(1));
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  auto files = names_in(daemon.folder() / "dead");
  std::erase_if(files, [](const std::string& name) { return !name.ends_with(".ndjson"); });
  ASSERT_EQ(files.size(), 1U);
  const auto letters = lines_of(read_file(daemon.folder() / ("dead/" + files[0])));
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(member(letters[0], "status"), "422");
  EXPECT_TRUE(same_but_for(record(1), member(letters[0], "record"), {"timestamp"})) << letters[0];
}

TEST(Destination, AnUnknownPathPausesAndDeadLettersNothing) {
  SinkServer sink;
  Daemon daemon(sink.url() + "/nowhere");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  EXPECT_NE(daemon.page("/readyz").body.find("404"), std::string::npos);
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// Answers of something on the way to the API: a proxy, a gateway, a network that wants a login.
TEST(Destination, NoAnswerOfAProxyCostsARecord) {
  for (const int code : kSanitized ? std::vector{407, 511} : std::vector{407, 421, 426, 428, 431, 451, 499, 511}) {
    sink::Rules rules;
    rules.fail = {{sink::Fault::kNone, code, 1}};
    SinkServer sink(rules);
    Daemon daemon(sink.url());
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    daemon.send_acknowledged(record(1) + "\n" + record(2) + "\n" + record(3) + "\n");
    ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; })) << code;
    EXPECT_NE(daemon.page("/readyz").body.find(std::to_string(code)), std::string::npos) << daemon.page("/readyz").body;
    EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0) << code;
    sink.set_rules({});
    daemon.process().send_signal(SIGHUP);
    ASSERT_TRUE(sink.wait_for_records(3)) << code;
    ASSERT_NO_FATAL_FAILURE(daemon.stop());
  }
}

TEST(Destination, ARunOfRefusalsThatSayNothingOfTheRecordPauses) {
  sink::Rules rules;
  rules.fail = {{sink::Fault::kNone, 418, 1}};
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::string lines;
  for (std::uint64_t number = 1; number <= 200; ++number) {
    lines += record(number) + "\n";
  }
  ASSERT_EQ(daemon.send_acknowledged(lines).back(), R"({"durable":200})");
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  EXPECT_NE(daemon.page("/readyz").body.find("418"), std::string::npos) << daemon.page("/readyz").body;
  sink.set_rules({});
  daemon.process().send_signal(SIGHUP);
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 10);
  EXPECT_EQ(daemon.metric("respand_records_delivered_total"), 190);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Destination, StatusesOfTheConfigurationCountAfterAReload) {
  sink::Rules rules;
  rules.fail = {{sink::Fault::kNone, 404, 1}};
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  daemon.set_more("delivery: {retry: {statuses: {permanent: [404]}}}");
  daemon.process().send_signal(SIGHUP);
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "404"}}));
  ASSERT_TRUE(daemon.process().wait_for_line("records were refused by the API"));
  EXPECT_NE(daemon.page("/status").body.find("dead-lettered 1 (404: Not Found), the last"), std::string::npos)
      << daemon.page("/status").body;
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
