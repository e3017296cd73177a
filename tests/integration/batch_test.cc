// api.batch with the real binary against the stand-in API: every record arrives, whatever happens to its batch.

#include <gtest/gtest.h>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

constexpr std::string_view kPath = ", batch: {path: request-logs/batch/create, max_records: ";

std::string lines_of_records(std::uint64_t count) {
  std::string lines;
  for (std::uint64_t n = 0; n < count; ++n) {
    lines += record(n) + "\n";
  }
  return lines;
}

Daemon::Setup setup(std::uint32_t max_records, std::string delivery = "retry: {initial: 20ms, max: 200ms}") {
  return {.more = cat("delivery: {", delivery, "}"),
          .api = max_records == 0 ? std::string() : cat(kPath, max_records, "}")};
}

std::string acknowledged(std::uint64_t lines) { return cat("{\"durable\":", lines, "}"); }

struct Case {
  const char* name;
  bool batched;
  sink::BatchAnswers answers;
};

class OnePoisonRecord : public testing::TestWithParam<Case> {};

TEST_P(OnePoisonRecord, IsTheOnlyDeadLetter) {
  sink::Rules rules;
  rules.refuse = R"("record-5137")";
  rules.batch = GetParam().answers;
  SinkServer sink(rules);
  Daemon daemon(sink.url(), setup(GetParam().batched ? 500 : 0));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(lines_of_records(10'000)).back(), acknowledged(10'000));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 9999));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_dead_lettered_total", 1));
  EXPECT_EQ(sink.stats().records, 9999U);
  EXPECT_EQ(sink.stats().duplicates, 0U);
  EXPECT_EQ(sink.stats().requests < 1000, GetParam().batched) << sink.stats().requests;
  std::string letters;
  for (const auto& file : std::filesystem::directory_iterator(daemon.dead_letters_path())) {
    letters += file.path().extension() == ".ndjson" ? read_file(file.path()) : "";
  }
  EXPECT_EQ(lines_of(letters).size(), 1U);
  EXPECT_NE(letters.find("record-5137"), std::string::npos);
  EXPECT_NE(letters.find("Validation error"), std::string::npos) << letters;
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

INSTANTIATE_TEST_SUITE_P(Batch, OnePoisonRecord,
                         testing::Values(Case{"single", false, sink::BatchAnswers::kWhole},
                                         Case{"results", true, sink::BatchAnswers::kResults},
                                         Case{"counts", true, sink::BatchAnswers::kCounts},
                                         Case{"whole", true, sink::BatchAnswers::kWhole}),
                         [](const auto& of) { return std::string(of.param.name); });

TEST(Batch, BrokenAnswersLoseNothing) {
  sink::Rules rules;
  for (const char* fault : {"reset:0.05", "close:0.05", "half:0.05", "408:0.05", "500:0.05", "502:0.05"}) {
    rules.fail.push_back(sink::parse_fail(fault).value());
  }
  SinkServer sink(rules);
  Daemon daemon(sink.url(), setup(20));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(lines_of_records(2000)).back(), acknowledged(2000));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 2000));
  const sink::Stats stats = sink.stats();
  EXPECT_EQ(stats.records - stats.duplicates, 2000U);
  const auto half = stats.by_status.find("half");
  EXPECT_LE(stats.duplicates, 20 * (half == stats.by_status.end() ? 0 : half->second))
      << "only where the API had stored them and the answer was lost";
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Batch, AKillSendsAgainWhatWasInFlightAtMost) {
  constexpr std::uint64_t kMaxRecords = 50;
  constexpr std::uint64_t kInFlight = 4;
  sink::Rules rules;
  rules.delay_min = rules.delay_max = std::chrono::milliseconds{50};
  SinkServer sink(rules);
  Daemon daemon(sink.url(), setup(kMaxRecords, cat("max_in_flight: ", kInFlight)));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::uint64_t kills = 0;
  ASSERT_EQ(daemon.send_acknowledged(lines_of_records(3000)).back(), acknowledged(3000));
  for (const std::uint64_t arrived : {400U, 1200U, 2000U}) {
    ASSERT_TRUE(eventually([&] { return sink.stats().records - sink.stats().duplicates >= arrived; }));
    daemon.kill();
    ASSERT_TRUE(daemon.process().wait());
    ++kills;
    ASSERT_NO_FATAL_FAILURE(daemon.start());
  }
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  const sink::Stats stats = sink.stats();
  EXPECT_EQ(stats.records - stats.duplicates, 3000U);
  EXPECT_LE(stats.duplicates, kills * kInFlight * kMaxRecords);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Batch, WithoutThePathOneByOneUntilSighup) {
  sink::Rules rules;
  rules.batch = sink::BatchAnswers::kNone;
  SinkServer sink(rules);
  Daemon daemon(sink.url(), setup(100));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(lines_of_records(1000)).back(), acknowledged(1000));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 1000));
  EXPECT_EQ(sink.stats().records, 1000U);
  EXPECT_EQ(sink.stats().duplicates, 0U);
  EXPECT_GE(sink.stats().by_status["200"], 1000U);
  const std::string log = daemon.process().err();
  const std::size_t said = log.find("posted one by one");
  ASSERT_NE(said, std::string::npos) << log;
  EXPECT_EQ(log.find("posted one by one", said + 1), std::string::npos) << log;
  rules.batch = sink::BatchAnswers::kResults;
  sink.set_rules(rules);
  daemon.process().send_signal(SIGHUP);
  ASSERT_TRUE(daemon.process().wait_for_line("reload")) << daemon.process().err();
  const std::uint64_t before = sink.stats().requests;
  ASSERT_EQ(daemon.send_acknowledged(lines_of_records(1000)).back(), acknowledged(1000));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 2000));
  EXPECT_LT(sink.stats().requests - before, 500U);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
