// The API away, failing, breaking connections: everything arrives once it is back.

#include <gtest/gtest.h>

#include <set>

#include "tests/integration/daemon.h"
#include "tests/support/hostile_server.h"
#include "tests/support/json.h"
#include "tests/support/sanitized.h"

namespace respand::test {
namespace {

constexpr std::string_view kQuickRetry = "delivery: {retry: {initial: 20ms, max: 200ms}}";

std::string lines_of_records(std::uint64_t first, std::uint64_t count) {
  std::string lines;
  for (std::uint64_t n = first; n < first + count; ++n) {
    lines += record(n) + "\n";
  }
  return lines;
}

std::set<std::string> identifiers(SinkServer& sink) {
  std::set<std::string> all;
  for (const std::string& body : sink.bodies()) {
    all.insert(member(body, "custom_identifier"));
  }
  return all;
}

TEST(Outage, EverythingArrivesOnceTheApiIsBack) {
  SinkServer sink;
  Daemon daemon(sink.url(), std::string(kQuickRetry));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  sink.stop();
  EXPECT_EQ(daemon.send_acknowledged(lines_of_records(0, 500)).back(), R"({"durable":500})");
  ASSERT_TRUE(eventually([&] { return daemon.metric("respand_retries_total") >= 3; }));
  EXPECT_EQ(daemon.metric("respand_backlog_records"), 500);
  sink.start();
  ASSERT_TRUE(sink.wait_for_records(500));
  EXPECT_EQ(identifiers(sink).size(), 500U);
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(sink.records(), 500U) << "no duplicates: no answer was lost";
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// A full journal, under block: what waits for room has not come in yet.
TEST(Outage, TheBooksBalanceWhileWritersWaitForRoom) {
  sink::Rules rules;
  rules.fail = {{sink::Fault::kHang, 0, 1}};
  SinkServer sink(rules);
  Daemon daemon(sink.url(), {.more = std::string(kQuickRetry),
                             .socket = ", max_record: 64KiB",
                             .journal = ", segment_size: 1MiB, max_size: 2MiB, when_full: block",
                             .api = ", connect_timeout: 500ms, request_timeout: 500ms"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string lines = lines_of_records(0, 1000);
  Client writer = daemon.connect();
  // Until a group of records waits for room.
  ASSERT_TRUE(eventually([&] {
    static_cast<void>(writer.send(lines, std::chrono::milliseconds{10}));
    return daemon.page("/readyz").body.find("journal.max_size") != std::string::npos;
  }));
  EXPECT_TRUE(eventually([&] { return daemon.imbalance().empty(); })) << daemon.imbalance();
  EXPECT_GT(daemon.metric("respand_backlog_records"), 0);
  sink.set_rules({});
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

class FailingApi : public testing::TestWithParam<sink::FailRule> {};

TEST_P(FailingApi, EverythingArrives) {
  sink::Rules rules;
  rules.fail = {GetParam()};
  SinkServer sink(rules);
  Daemon daemon(sink.url(), std::string(kQuickRetry));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(lines_of_records(0, 60)).back(), R"({"durable":60})");
  ASSERT_TRUE(sink.wait_for_requests(3));
  sink.set_rules({});
  ASSERT_TRUE(eventually([&] { return identifiers(sink).size() == 60; }));
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  if (GetParam().fault != sink::Fault::kHalf) {
    EXPECT_EQ(sink.records(), 60U) << "duplicates only where the API had taken the record and its answer was lost";
  }
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FailingApi,
    testing::Values(sink::FailRule{sink::Fault::kNone, 500, 1}, sink::FailRule{sink::Fault::kNone, 503, 1},
                    sink::FailRule{sink::Fault::kNone, 429, 1}, sink::FailRule{sink::Fault::kNone, 408, 1},
                    sink::FailRule{sink::Fault::kReset, 0, 1}, sink::FailRule{sink::Fault::kClose, 0, 1},
                    sink::FailRule{sink::Fault::kHalf, 0, 1}),
    [](const auto& test) {
      return test.param.fault == sink::Fault::kNone ? cat("Status", test.param.status)
                                                    : "Fault" + std::string(name_of(test.param.fault));
    });

// Nearly a third of all answers broken: everything arrives, and twice only what the API had stored before its answer
// was lost.
TEST(Outage, AThirdOfTheAnswersBroken) {
  constexpr std::uint64_t kRecords = kSanitized ? 300 : 2000;
  sink::Rules rules;
  rules.fail = {{sink::Fault::kReset, 0, 0.05},  {sink::Fault::kClose, 0, 0.05},  {sink::Fault::kHalf, 0, 0.05},
                {sink::Fault::kNone, 408, 0.05}, {sink::Fault::kNone, 500, 0.05}, {sink::Fault::kNone, 502, 0.05}};
  SinkServer sink(rules);
  Daemon daemon(sink.url(), std::string(kQuickRetry));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(lines_of_records(0, kRecords)).back(), cat("{\"durable\":", kRecords, "}"));
  ASSERT_TRUE(eventually([&] { return daemon.metric("respand_records_delivered_total") == kRecords; },
                         std::chrono::seconds{90}));
  EXPECT_EQ(identifiers(sink).size(), kRecords);
  std::size_t answers_lost = 0;
  for (const SinkServer::Received& one : sink.received()) {
    answers_lost += one.verdict.fault == sink::Fault::kHalf ? 1U : 0U;
  }
  EXPECT_GT(answers_lost, 0U);
  EXPECT_EQ(sink.records(), kRecords + answers_lost) << "taken again, each for an answer that was lost";
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Outage, AHostileServerCostsNothingButTime) {
  HostileServer server({Act::kResetAtOnce, Act::kCloseAtOnce, Act::kReset, Act::kClose, Act::kHalfHead, Act::kHalfBody,
                        Act::kEndlessHead, Act::kEndlessHints, Act::kNotHttp, Act::kWrongJson, Act::kLongBody,
                        Act::kSlow, Act::kEndlessBody, Act::kCloseBehind, Act::kAnswerClose, Act::kAnswer});
  Daemon daemon(server.url(), std::string(kQuickRetry));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(lines_of_records(0, 30)).back(), R"({"durable":30})");
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0)) << daemon.page("/metrics").body;
  std::set<std::string> arrived;
  for (const std::string& body : server.bodies()) {
    arrived.insert(member(body, "custom_identifier"));
  }
  EXPECT_EQ(arrived.size(), 30U);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
