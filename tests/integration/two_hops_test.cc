// Two hops without an engine between them (docs/two-hops.md): an edge whose api.base_url is another respand, the relay,
// with real binaries. Nothing is lost over kill -9 of either, and what the edge filled in arrives as it was.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>

#include "respand/base/clock.h"
#include "tests/integration/daemon.h"
#include "tests/support/json.h"
#include "tests/support/port.h"
#include "tests/support/sanitized.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kRecords = kSanitized ? 2'000 : 20'000;
constexpr std::uint64_t kInABatch = 100;
constexpr std::uint64_t kEdgeInFlight = 4;
constexpr std::uint64_t kRelayInFlight = 32;
constexpr const char* kToken = "token-of-the-relay";

class TwoHops : public testing::Test {
 protected:
  [[nodiscard]] static std::string relay_sections(std::uint16_t port, const std::string& token_file) {
    return cat("http: {listen: \"127.0.0.1:", port, "\", token_file: ", token_file,
               "}\ndelivery: {max_in_flight: ", kRelayInFlight, ", retry: {initial: 20ms, max: 200ms}}");
  }
  void SetUp() override {
    write_file(folder_ / "token", cat(kToken, "\n"));
    relay.set_more(relay_sections(port_, folder_ / "token"));
    edge.set_url(cat("http://127.0.0.1:", port_));
    edge.set_key(kToken);
  }
  // The relay takes no larger records, and no larger requests.
  void make_relay_take(Bytes largest) {
    std::filesystem::create_directory(relay.folder() / "conf.d");
    write_file(relay.folder() / "conf.d/10-small.yaml", cat("socket: {max_record: ", to_text(largest), "}\n"));
  }
  static std::string lines(std::uint64_t from, std::uint64_t to) {
    std::string all;
    for (std::uint64_t n = from; n < to; ++n) {
      all += record(n) + "\n";
    }
    return all;
  }
  void hand_over(std::uint64_t records) {
    ASSERT_EQ(edge.send_acknowledged(lines(0, records)).back(), cat("{\"durable\":", records, "}"));
  }
  // How often each record came to the API.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> arrived() {
    std::map<std::string, std::vector<std::string>> all;
    for (std::string& body : sink.bodies()) {
      all[member(body, "custom_identifier")].push_back(std::move(body));
    }
    return all;
  }
  static std::string total(const Daemon& daemon, std::string_view what) {
    const std::string json = run_respand({"costs", "--config", daemon.config_path(), "--json"}).out;
    const std::size_t at = json.rfind("\"total\":");
    return at == std::string::npos ? "" : member(json.substr(at + 8, json.find('}', at) + 1 - at - 8), what);
  }

  SinkServer sink;
  Daemon relay{sink.url()};
  Daemon edge{
      "http://127.0.0.1:1",
      Daemon::Setup{
          .more = cat("delivery: {max_in_flight: ", kEdgeInFlight, ", retry: {initial: 20ms, max: 200ms}}"),
          .api = cat(", request_timeout: 5s, batch: {path: request-logs/batch/create, max_records: ", kInABatch, "}")}};

 private:
  std::uint16_t port_ = 0;
  UniqueFd reserved_ = reserve_port(port_);
  TempDir folder_;
};

TEST_F(TwoHops, EachRecordArrivesOnceInBatches) {
  ASSERT_NO_FATAL_FAILURE(relay.start());
  ASSERT_NO_FATAL_FAILURE(edge.start());
  ASSERT_NO_FATAL_FAILURE(hand_over(kRecords));
  ASSERT_TRUE(sink.wait_for_records(kRecords));
  EXPECT_TRUE(edge.wait_for_metric("respand_backlog_records", 0));
  EXPECT_TRUE(relay.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(sink.records(), kRecords);
  EXPECT_EQ(arrived().size(), kRecords);
  const double requests = edge.metric("respand_requests_total");
  EXPECT_LT(requests, static_cast<double>(kRecords) / 10) << "they went in batches";
  EXPECT_EQ(relay.metric("respand_records_received_total", {{"input", "http"}}), static_cast<double>(kRecords));
  EXPECT_EQ(edge.metric("respand_records_dead_lettered_total"), 0);
  edge.expect_books_balance();
  relay.expect_books_balance();
  for (const SinkServer::Received& request : sink.received()) {
    ASSERT_EQ(request.authorization, "Bearer test-key") << "the relay's own; its token goes nowhere";
  }
  std::printf("%llu records in %.0f requests from edge to relay\n", static_cast<unsigned long long>(kRecords),
              requests);
  ASSERT_NO_FATAL_FAILURE(edge.stop());
  ASSERT_NO_FATAL_FAILURE(relay.stop());
}

TEST_F(TwoHops, NothingIsLostOverKillsOfEither) {
  sink::Rules slow;
  slow.delay_min = slow.delay_max = std::chrono::milliseconds{5};
  sink.set_rules(slow);
  ASSERT_NO_FATAL_FAILURE(relay.start());
  ASSERT_NO_FATAL_FAILURE(edge.start());
  ASSERT_NO_FATAL_FAILURE(hand_over(kRecords));
  std::uint64_t relay_kills = 0;
  std::uint64_t edge_kills = 0;
  for (std::uint64_t at = kRecords / 10; at < kRecords * 9 / 10; at += kRecords / 10) {
    ASSERT_TRUE(sink.wait_for_records(at));
    const bool is_relay = at / (kRecords / 10) % 2 != 0;
    Daemon& killed = is_relay ? relay : edge;
    (is_relay ? relay_kills : edge_kills) += 1;
    killed.kill();
    ASSERT_TRUE(killed.process().wait());
    ASSERT_NO_FATAL_FAILURE(killed.start());
  }
  ASSERT_TRUE(edge.wait_for_metric("respand_backlog_records", 0));
  ASSERT_TRUE(relay.wait_for_metric("respand_backlog_records", 0));
  const auto records = arrived();
  EXPECT_EQ(records.size(), kRecords);
  std::uint64_t again = 0;
  for (const auto& [identifier, bodies] : records) {
    again += bodies.size() - 1;
    // The edge sends the same bytes again, so only what the relay adds at each receipt could differ: nothing.
    EXPECT_EQ(std::count(bodies.begin(), bodies.end(), bodies.front()), static_cast<std::ptrdiff_t>(bodies.size()))
        << identifier;
  }
  // What had no answer: batches on their way to the relay, where either was killed, and the relay's own requests.
  EXPECT_LE(again, (relay_kills + edge_kills) * kEdgeInFlight * kInABatch + relay_kills * kRelayInFlight);
  EXPECT_EQ(edge.metric("respand_records_dead_lettered_total"), 0);
  EXPECT_EQ(relay.metric("respand_records_dead_lettered_total"), 0);
  std::printf("%llu records, kill -9 of the relay %llu times and of the edge %llu times: 0 lost, %llu came again\n",
              static_cast<unsigned long long>(kRecords), static_cast<unsigned long long>(relay_kills),
              static_cast<unsigned long long>(edge_kills), static_cast<unsigned long long>(again));
  ASSERT_NO_FATAL_FAILURE(edge.stop());
  ASSERT_NO_FATAL_FAILURE(relay.stop());
}

// The edge fills in, the relay takes it as it is: cost, times, identity, and a record's own spelling.
TEST_F(TwoHops, WhatTheEdgeHasFilledInArrivesUnchanged) {
  const std::vector<std::string> given{
      R"({"model":"gpt-4o","usage":{"prompt_tokens":1000,"completion_tokens":100},"customer_identifier":"acme","n":1})",
      R"({"model":"gpt-4o","start_time":"2026-01-01T00:00:00Z","cost":0.10,"customer_identifier":"acme","n":2})",
      R"({"model":"m","start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-01T00:00:01.5Z","cost":1e-7,"n":3})",
      R"({"model":"m","generation_time":1.20,"cost":0,"custom_identifier":"mine","n":12345678901234567890})"};
  ASSERT_NO_FATAL_FAILURE(edge.start());
  std::string all;
  for (const std::string& one : given) {
    all += one + "\n";
  }
  ASSERT_EQ(edge.send_acknowledged(all).back(), R"({"durable":4})");
  const std::string received = iso8601(system_clock().wall());
  ASSERT_NO_FATAL_FAILURE(relay.start());
  ASSERT_TRUE(sink.wait_for_records(4));
  std::map<std::string, std::string> bodies;
  for (const std::string& body : sink.bodies()) {
    bodies[member(body, "n")] = body;
    EXPECT_LT(member(body, "timestamp"), received) << "the edge's: " << body;
    EXPECT_THAT(body, HasSubstr("custom_identifier"));
  }
  ASSERT_EQ(bodies.size(), 4U);
  EXPECT_THAT(bodies["1"], HasSubstr(R"("customer_identifier":"acme")"));
  EXPECT_THAT(bodies["1"], HasSubstr("\"cost\":0.0035"));
  EXPECT_THAT(bodies["2"], HasSubstr(R"("cost":0.10,)"));
  EXPECT_THAT(bodies["2"], Not(HasSubstr("generation_time")))
      << "the timestamp is when the edge received it, and no end of the call";
  EXPECT_THAT(bodies["3"], HasSubstr(R"("cost":1e-7,)"));
  EXPECT_THAT(bodies["3"], HasSubstr(R"("generation_time":1.5)"));
  EXPECT_THAT(bodies["12345678901234567890"],
              HasSubstr(R"({"model":"m","generation_time":1.20,"cost":0,"custom_identifier":"mine",)"));
  ASSERT_TRUE(eventually([&] { return total(relay, "records") == "4"; }));
  for (const char* const sum : {"cost", "unpriced", "generation_seconds", "prompt_tokens", "completion_tokens"}) {
    EXPECT_EQ(total(relay, sum), total(edge, sum)) << sum;
  }
  ASSERT_NO_FATAL_FAILURE(edge.stop());
  ASSERT_NO_FATAL_FAILURE(relay.stop());
}

TEST_F(TwoHops, AWrongTokenPausesTheEdgeAndLosesNothing) {
  edge.set_key("another-token");
  ASSERT_NO_FATAL_FAILURE(relay.start());
  ASSERT_NO_FATAL_FAILURE(edge.start());
  ASSERT_NO_FATAL_FAILURE(hand_over(300));
  EXPECT_TRUE(eventually([&] { return edge.metric("respand_requests_total", {{"code", "401"}}) > 0; }));
  EXPECT_EQ(edge.metric("respand_records_dead_lettered_total"), 0);
  EXPECT_EQ(sink.records(), 0U);
  edge.set_key(kToken);
  edge.process().send_signal(SIGHUP);
  EXPECT_TRUE(sink.wait_for_records(300));
  EXPECT_EQ(arrived().size(), 300U);
  ASSERT_NO_FATAL_FAILURE(edge.stop());
  ASSERT_NO_FATAL_FAILURE(relay.stop());
}

// A record that only the relay refuses is a dead letter of the edge, and its neighbours in the batch go through.
TEST_F(TwoHops, OneBadRecordHurtsNobodyElse) {
  make_relay_take(kibibytes(20));
  ASSERT_NO_FATAL_FAILURE(relay.start());
  ASSERT_NO_FATAL_FAILURE(edge.start());
  ASSERT_EQ(edge.send_acknowledged(cat(lines(0, 50), record(50, 30'000), "\n", lines(51, 100))).back(),
            R"({"durable":100})");
  ASSERT_TRUE(sink.wait_for_records(99));
  EXPECT_TRUE(edge.wait_for_metric("respand_records_dead_lettered_total", 1));
  EXPECT_EQ(arrived().size(), 99U);
  ASSERT_NO_FATAL_FAILURE(edge.stop());
  ASSERT_NO_FATAL_FAILURE(relay.stop());
}

// Batches to where one record is posted, and a respand that posts to itself: neither starts.
TEST_F(TwoHops, WhatWouldLoseRecordsIsRefused) {
  const auto check = [&](std::string_view yaml) {
    const TempDir folder;
    write_file(folder / "respand.yaml", yaml);
    return run_respand({"check", "--config", folder / "respand.yaml"}, {.environment = {"RESPAN_API_KEY=key"}});
  };
  RunResult said = check("api: {batch: {path: request-logs/create/}}\n");
  EXPECT_EQ(said.status, 78);
  EXPECT_THAT(said.err, HasSubstr("takes one record"));
  EXPECT_THAT(said.err, HasSubstr("request-logs/batch/create"));
  said = check("api: {base_url: \"http://localhost:8126\"}\nhttp: {listen: \"127.0.0.1:8126\"}\n");
  EXPECT_EQ(said.status, 78);
  EXPECT_THAT(said.err, HasSubstr("this respand's own http.listen"));
  said = check(cat("api: {base_url: \"http://127.0.0.1:8127\", batch: {path: request-logs/batch/create}}\n",
                   "http: {listen: \"127.0.0.1:8126\"}\n"));
  EXPECT_EQ(said.status, 0) << said.err;
}

}  // namespace
}  // namespace respand::test
