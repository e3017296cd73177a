// `respand tap`: records as they are delivered or fail.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string of(std::string_view model, std::string_view customer, int n) {
  return cat(R"({"model":")", model, R"(","customer_identifier":")", customer,
             R"(","metadata":{"token":"sesame"},"n":)", n, "}\n");
}

class Tapped : public testing::Test {
 protected:
  // A tap that watches when this returns.
  [[nodiscard]] std::unique_ptr<Process> tap(const Daemon& daemon, std::vector<std::string> more) {
    more.insert(more.begin(), {"tap", "--config", daemon.config_path()});
    const std::size_t before = taps(daemon);
    auto process = std::make_unique<Process>(RESPAND_BINARY, more);
    EXPECT_TRUE(eventually([&] { return taps(daemon) > before; })) << process->err();
    return process;
  }
  [[nodiscard]] std::size_t taps(const Daemon& daemon) {
    return count_of(const_cast<Daemon&>(daemon).process().err(), "control: tap");
  }
};

TEST_F(Tapped, ShowsRecordsAsTheyArePostedWithTheirOutcome) {
  sink::Rules rules;
  rules.refuse = "bad-one";
  SinkServer sink(rules);
  Daemon daemon(sink.url(), "records: {redact: [/metadata/token]}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto all = tap(daemon, {"--limit", "3", "--json"});
  const auto refused = tap(daemon, {"--limit", "1", "--outcome", "dead_lettered"});
  const auto acme = tap(daemon, {"--limit", "1", "--customer", "acme", "--model", "m2"});
  daemon.send_acknowledged(of("m1", "acme", 1) + of("bad-one", "x", 2) + of("m2", "acme", 3));
  for (const auto* const process : {&all, &refused, &acme}) {
    ASSERT_TRUE((*process)->wait() == Exit{.status = 0}) << (*process)->err();
  }
  EXPECT_EQ(lines_of(all->out()).size(), 3U);
  EXPECT_THAT(all->out(), HasSubstr(R"("token":"[redacted]")"));
  EXPECT_THAT(all->out(), Not(HasSubstr("sesame")));
  EXPECT_THAT(refused->out(), HasSubstr(" dead_lettered 4"));
  EXPECT_THAT(refused->out(), HasSubstr("model=bad-one customer=x"));
  EXPECT_THAT(acme->out(), HasSubstr(" delivered 200 "));
  EXPECT_THAT(acme->out(), HasSubstr("\"n\":3"));
  EXPECT_THAT(daemon.process().err(), Not(HasSubstr("sesame")));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(Tapped, ASlowReaderHoldsUpNothingAndIsToldWhatItMissed) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  Client slow = Client::connect_unix(daemon.control_path());
  ASSERT_TRUE(slow.send("GET /tap HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(daemon.process().wait_for_line("control: tap"));
  constexpr std::size_t kRecords = 400;
  std::string lines;
  for (std::size_t i = 0; i < kRecords; ++i) {
    lines += record(i, 40'000) + "\n";
  }
  daemon.send_acknowledged(lines);  // 16 MB: more than waits for one tap
  ASSERT_TRUE(sink.wait_for_records(kRecords)) << "nobody waits for it";
  std::string heard;
  ASSERT_TRUE(eventually([&] {
    const auto line = slow.read_line();
    heard = line ? *line : std::string("the end");
    return heard.find("left_out") != std::string::npos || heard == "the end";
  }));
  EXPECT_THAT(heard, HasSubstr("{\"left_out\":"));
  slow = Client::connect_unix(daemon.control_path());  // hangs up
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(Tapped, BatchesAreShownRecordByRecord) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.api = ", batch: {path: request-logs/batch/create, linger: 50ms}"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto all = tap(daemon, {"--limit", "3"});
  daemon.send_acknowledged(of("m1", "a", 1) + of("m2", "b", 2) + of("m3", "c", 3));
  ASSERT_TRUE(all->wait() == Exit{.status = 0}) << all->err();
  for (const char* const wanted : {"model=m1 customer=a", "model=m2 customer=b", "model=m3 customer=c"}) {
    EXPECT_THAT(all->out(), HasSubstr(wanted));
  }
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(Tapped, EndsWithTheDaemonAndRefusesWhatItDoesNotKnow) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto waiting = tap(daemon, {});
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_TRUE(waiting->wait() == Exit{.status = 75}) << waiting->err();
  EXPECT_THAT(waiting->err(), HasSubstr("the daemon has ended it"));
  Process wrong(RESPAND_BINARY, {"tap", "--outcome", "lost"});
  EXPECT_TRUE(wrong.wait() == Exit{.status = 64}) << wrong.err();
}

}  // namespace
}  // namespace respand::test
