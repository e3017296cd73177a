// Clean restarts under load: nothing lost and nothing sent twice. What may be broken meanwhile is in sigterm_test.cc.

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

TEST(Stop, RestartsUnderLoadLoseNothingAndRepeatNothing) {
  SinkServer sink;
  Daemon daemon(sink.url());
  std::uint64_t number = 0;
  std::set<std::string> acknowledged;
  for (int round = 0; round < (kSanitized ? 2 : 5); ++round) {
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    Client writer = daemon.connect();
    ASSERT_TRUE(writer.send("!ack\n"));
    const std::uint64_t first = number;
    std::jthread load([&] {
      while (writer.send(record(number) + "\n", std::chrono::seconds{1})) {
        ++number;
      }
    });
    ASSERT_TRUE(sink.wait_for_records(sink.records() + 200));
    ASSERT_NO_FATAL_FAILURE(daemon.stop());
    load.join();
    std::uint64_t durable = 0;
    for (const std::string& line : lines_of(writer.read_all())) {
      durable = std::stoull(member(line, "durable"));
    }
    for (std::uint64_t n = first; n < first + durable; ++n) {
      acknowledged.insert(cat("record-", n));
    }
    number += 1000;  // what was sent and not acknowledged may or may not arrive; it is not sent again
  }
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  std::set<std::string> arrived;
  for (const std::string& body : sink.bodies()) {
    EXPECT_TRUE(arrived.insert(member(body, "custom_identifier")).second)
        << "twice: " << member(body, "custom_identifier");
  }
  for (const std::string& identifier : acknowledged) {
    EXPECT_TRUE(arrived.contains(identifier)) << "lost: " << identifier;
  }
}

// What the API's refusals have taught is known from the first request on after a restart.
TEST(Stop, TheLearnedPaceIsKept) {
  sink::Rules rules;
  rules.limits = {{sink::RateLimit::Kind::kTokenBucket, 200, std::chrono::seconds{1}, 20}};
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::string lines;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    lines += record(number) + "\n";
  }
  ASSERT_FALSE(daemon.send_acknowledged(lines).empty());
  ASSERT_TRUE(sink.wait_for_records(1000));
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  const double learned = daemon.metric("respand_pace_requests_per_second");
  EXPECT_GT(learned, 0);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_NEAR(daemon.metric("respand_pace_requests_per_second"), learned, 0.01 * learned) << "before any request";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());

  daemon.set_url(cat(sink.url(), "/other"));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(daemon.metric("respand_pace_requests_per_second"), 0) << "of another API nothing is known";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
