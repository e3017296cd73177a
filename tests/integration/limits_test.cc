// The daemon against an API that limits, fails at times, or was away: all records arrive, at little cost to the API,
// and new records are not held up by those that wait. The bounds are wide, because other load is always there;
// bench/capacity measures exactly.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using std::chrono::milliseconds;

std::string lines(std::uint64_t first, std::uint64_t count) {
  std::string all;
  for (std::uint64_t n = first; n < first + count; ++n) {
    all += record(n) + "\n";
  }
  return all;
}

struct Case {
  const char* name;
  sink::Rules rules;
  std::uint64_t records;
  double most_tries;     // requests a record
  double least_used;     // of what the API allows meanwhile
  double allowed = 0;    // requests a second; 0: whatever the machine can do
  double burst = 0;      // and these at the beginning
  std::string api = {};  // more keys of that section
};

sink::Rules limited(sink::RateLimit limit, std::uint32_t retry_after, bool reset = false) {
  sink::Rules rules;
  rules.limits = {limit};
  rules.retry_after = retry_after;
  rules.retry_after_reset = reset;
  return rules;
}

sink::Rules at_once(std::uint32_t most) {
  sink::Rules rules;
  rules.concurrency = most;
  rules.delay_min = rules.delay_max = milliseconds{20};
  return rules;
}

// A token bucket whose state is in each answer: the last one that it takes says how long to wait for the next.
sink::Rules telling(sink::LimitHeaders headers) {
  sink::Rules rules = limited(*sink::parse_window("300/1s", sink::RateLimit::Kind::kFixedWindow), 0);
  rules.limit_headers = headers;
  return rules;
}

// A 500 now and then, which tells no time, beside a token bucket.
sink::Rules stuttering() {
  sink::Rules rules = limited(*sink::parse_rate("600/s:60"), 1);
  rules.fail = {*sink::parse_fail("500:0.1")};
  return rules;
}

// Batches, of which few are taken in a given time: each refusal is one of many records.
Case in_batches() {
  Case made{"Batches", limited(*sink::parse_rate("20/s:2"), 1), 3000, 0.2, 0};
  made.api = ", batch: {path: request-logs/batch/create, max_records: 50}";
  return made;
}

class LimitedApi : public testing::TestWithParam<Case> {};

TEST_P(LimitedApi, IsUsedAndNotAnnoyed) {
  const Case& given = GetParam();
  SinkServer sink(given.rules, [](const sink::Exchange&) {});
  Daemon daemon(sink.url(), Daemon::Setup{.api = given.api});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const MonoTime begin = system_clock().mono();
  ASSERT_EQ(daemon.send_acknowledged(lines(1, given.records)).back(), cat(R"({"durable":)", given.records, "}"));
  ASSERT_TRUE(eventually([&] { return sink.stats().records >= given.records; }, std::chrono::minutes{1}))
      << sink::summary(sink.stats());
  const double took = std::chrono::duration<double>(system_clock().mono() - begin).count();
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  const sink::Stats stats = sink.stats();
  const double tries = static_cast<double>(stats.requests) / static_cast<double>(given.records);
  const double possible = given.burst + given.allowed * took;
  const double used = given.allowed > 0 ? static_cast<double>(given.records) / possible : 1;
  std::printf("%s: %.1f s, %.2f tries a record, %.0f %% used\n", given.name, took, tries, 100 * used);
  EXPECT_EQ(stats.records, given.records);
  EXPECT_EQ(stats.duplicates, 0U);
  EXPECT_LE(tries, given.most_tries);
  EXPECT_GE(used, given.least_used);
  EXPECT_EQ(daemon.page("/readyz").status(), 200);
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

INSTANTIATE_TEST_SUITE_P(
    , LimitedApi,
    testing::Values(Case{"Window", limited(*sink::parse_window("600/2s", sink::RateLimit::Kind::kFixedWindow), 0, true),
                         2400, 1.4, 0.3, 300, 600},
                    Case{"Concurrency", at_once(10), 3000, 1.4, 0.2, 500, 10},
                    Case{"ToldByRateLimit", telling(sink::LimitHeaders::kRateLimit), 900, 1.4, 0.3, 300, 300},
                    Case{"ToldByXRateLimit", telling(sink::LimitHeaders::kXRateLimit), 900, 1.4, 0.3, 300, 300},
                    Case{"BucketAndFailures", stuttering(), 1800, 1.6, 0.2, 600, 60}, in_batches()),
    [](const auto& param_info) { return std::string(param_info.param.name); });

// While the records of an outage go out, one that comes in does not wait for them.
TEST(FreshShare, WhatComesInIsLiveWhileTheBacklogDrains) {
  constexpr std::uint64_t kOld = 500;
  constexpr std::uint64_t kFresh = 150;
  SinkServer sink;
  sink.stop();
  Daemon daemon(sink.url(), "delivery: {rate_limit: 100, retry: {max: 500ms}}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_EQ(daemon.send_acknowledged(lines(1, kOld)).back(), cat(R"({"durable":)", kOld, "}"));
  ASSERT_TRUE(daemon.wait_for_metric("respand_circuit_open", 1));
  sink.start();
  // One that comes in for every three that are taken.
  Client writer = daemon.connect();
  std::map<std::uint64_t, std::size_t> taken_before;  // by number: how many had been taken when it was sent
  for (std::uint64_t sent = 0; sent < kFresh; ++sent) {
    ASSERT_TRUE(sink.wait_for_records(3 * (sent + 1)));
    taken_before[kOld + 1 + sent] = sink.records();
    ASSERT_TRUE(writer.send(record(kOld + 1 + sent) + "\n"));
  }
  ASSERT_TRUE(sink.wait_for_records(kOld + kFresh));
  std::size_t place = 0;
  std::size_t at_once = 0;
  std::size_t behind_the_first_fresh = 0;
  for (const std::string& body : sink.bodies()) {
    ++place;
    const std::string identifier = member(body, "custom_identifier");
    const std::uint64_t number = std::stoull(identifier.substr(identifier.find('-') + 1));
    at_once += number > kOld && place - taken_before[number] <= 100 ? 1U : 0U;
    behind_the_first_fresh += number <= kOld && place > 30 ? 1U : 0U;
  }
  EXPECT_EQ(place, kOld + kFresh) << "each once";
  EXPECT_GE(at_once, kFresh / 2) << "of those that came in were taken within a hundred";
  EXPECT_GE(behind_the_first_fresh, kOld / 2) << "there was a backlog";
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// The options of `respand sink` as a user types them.
TEST(SinkCommand, LimitsAsItIsTold) {
  for (const auto& [option, value, hint] :
       {std::tuple("--rate", "300/s:0", "300/s:30"), std::tuple("--window", "0/10s", "1000/10s"),
        std::tuple("--sliding-window", "1000", "1000/10s"), std::tuple("--retry-after", "soon", "date:5"),
        std::tuple("--limit-headers", "maybe", "x-ratelimit")}) {
    Process wrong(RESPAND_BINARY, {"sink", option, value});
    EXPECT_EQ(wrong.wait()->status, 64) << option;
    EXPECT_NE(wrong.err().find(cat(option, ": \"", value, "\"")), std::string::npos) << wrong.err();
    EXPECT_NE(wrong.err().find(hint), std::string::npos) << wrong.err();
  }
  Process process(RESPAND_BINARY, {"sink", "--listen", "127.0.0.1:0", "--rate", "1/h:2", "--window", "3/1h",
                                   "--retry-after", "json:reset", "--limit-headers", "ratelimit", "--fail", "500:0"});
  const auto line = process.wait_for_line("listening on");
  ASSERT_TRUE(line);
  const auto port = static_cast<std::uint16_t>(std::stoul(line->substr(line->find_last_of(':') + 1)));
  Client client = Client::connect_tcp(port);
  const auto taken = client.request("POST", "/api/request-logs/create/", "{}");
  EXPECT_EQ(taken->status(), 200);
  EXPECT_EQ(taken->header("ratelimit-policy"), R"("sink";q=1;w=3600)") << "the limit that is used up first";
  EXPECT_EQ(taken->header("ratelimit"), R"("sink";r=1;t=3600)");
  EXPECT_EQ(client.request("POST", "/api/request-logs/create/", "{}")->status(), 200);
  const auto refused = client.request("POST", "/api/request-logs/create/", "{}");
  EXPECT_EQ(refused->status(), 429);
  EXPECT_EQ(refused->header("retry-after"), "");
  const int seconds = std::stoi(member(refused->body, "retry_after"));
  EXPECT_TRUE(seconds > 3000 && seconds <= 3600) << refused->body;
  EXPECT_NE(client.request("GET", "/stats")->body.find(R"("by_status":{"200":2,"429":1})"), std::string::npos);
  process.terminate();
  EXPECT_EQ(process.wait()->status, 0);
  EXPECT_NE(process.err().find("429  1"), std::string::npos) << process.err();
}

}  // namespace
}  // namespace respand::test
