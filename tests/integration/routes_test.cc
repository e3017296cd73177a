// Every route of the HTTP input through the real binary: what a client posts there is durable when it is answered, and
// arrives at the same route of the API as it was sent.

#include <map>
#include <set>

#include "tests/integration/daemon.h"
#include "tests/support/compress.h"

namespace respand::test {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProtobuf = "application/x-protobuf";

std::string span(int number) {
  return cat(R"({"trace_unique_id":"t","span_unique_id":"span-)", number, R"(", "cost" : null})");
}
std::string export_request(int number) {
  return cat(R"({"resourceSpans": [{"scopeSpans":[{"spans":[{"name":"span )", number, R"("}]}]}]})");
}
// The same in protobuf: a span with a name.
std::string export_protobuf(int number) {
  const auto field = [](char tag, const std::string& content) {
    return cat(std::string(1, tag), std::string(1, static_cast<char>(content.size())), content);
  };
  return field('\x0a', field('\x12', field('\x12', field('\x2a', cat("span ", number)))));
}

class RoutesTest : public testing::Test {
 protected:
  void start(sink::Rules rules = {}, std::string more = {}) {
    sink_ = std::make_unique<SinkServer>(std::move(rules));
    daemon_ = std::make_unique<Daemon>(sink_->url(), std::move(more));
    daemon_->start();
  }
  HttpMessage post(std::string_view path, std::string_view body, std::string_view type = kJson, Headers more = {}) {
    Client client = daemon_->connect();
    more.emplace_back("Content-Type", type);
    return client.request("POST", path, body, more).value_or(HttpMessage{});
  }
  // What arrived there, and as what.
  [[nodiscard]] std::vector<SinkServer::Received> arrived(std::string_view target) {
    std::vector<SinkServer::Received> found;
    for (const SinkServer::Received& one : sink_->received()) {
      if (one.target == target && one.verdict.takes_record()) {
        found.push_back(one);
      }
    }
    return found;
  }
  [[nodiscard]] bool wait_for(std::string_view target, std::size_t count) {
    return eventually([&] { return arrived(target).size() >= count; });
  }

  std::string dead_letters(std::vector<std::string> words) {
    words.insert(words.begin(), "dead-letters");
    words.insert(words.end(), {"--config", daemon_->config_path()});
    Process process(RESPAND_BINARY, words);
    EXPECT_TRUE(process.wait());
    return process.out() + process.err();
  }

  std::unique_ptr<SinkServer> sink_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(RoutesTest, WhatIsPostedToARouteArrivesThereAsItWasSent) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (const std::string_view route :
       {"v1/traces/ingest", "traces/ingest", "integrations/v1/traces/ingest", "openai/v1/traces/ingest"}) {
    const HttpMessage answer = post(cat("/api/", route, "?a=b"), cat("[", span(1), ",", span(2), "]"));
    EXPECT_EQ(answer.status(), 200) << answer.body;
    EXPECT_EQ(answer.body, R"({"message":"log successful"})");
    const std::string target = cat("/api/", route, "?a=b");
    ASSERT_TRUE(wait_for(target, 2)) << route;
    std::set<std::string> bodies;
    for (const auto& one : arrived(target)) {
      bodies.insert(one.body);
      EXPECT_EQ(one.content_type, kJson);
    }
    EXPECT_EQ(bodies, (std::set<std::string>{cat("[", span(1), "]"), cat("[", span(2), "]")}));
  }
  for (const std::string_view route : {"v2/traces", "v1/traces"}) {
    EXPECT_EQ(post(cat("/", route), export_request(1)).body, "{}");
    const HttpMessage answer = post(cat("/api/", route, "/"), export_protobuf(2), kProtobuf);
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.header("content-type"), kProtobuf);
    EXPECT_EQ(post(cat("/", route), gzipped(export_protobuf(3)), kProtobuf, {{"Content-Encoding", "gzip"}}).status(),
              200);
    const std::string target = cat("/api/", route);
    ASSERT_TRUE(wait_for(target, 3)) << route;
    std::map<std::string, std::string> bodies;
    for (const auto& one : arrived(target)) {
      bodies[one.body] = one.content_type;
    }
    EXPECT_EQ(bodies[export_request(1)], kJson);
    EXPECT_EQ(bodies[export_protobuf(2)], kProtobuf);
    EXPECT_EQ(bodies[export_protobuf(3)], kProtobuf);
  }
  EXPECT_EQ(post("/api/request-logs/batch/create", cat(R"({"logs":[)", record(1), ",", record(2), "]}")).body,
            R"({"results":[{"index":0,"status":"success"},{"index":1,"status":"success"}]})");
  EXPECT_TRUE(wait_for("/api/request-logs/create/", 2));
  ASSERT_NO_FATAL_FAILURE(daemon_->expect_books_balance());
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// An API of an older generation: the route is paused, records and spans go on, and what waits goes out later.
TEST_F(RoutesTest, LogsAndMetricsAreServedWhereTheyAreNamed) {
  ASSERT_NO_FATAL_FAILURE(start({}, "http: {routes: [v1/logs, v1/metrics]}"));
  const std::string logs = R"({"resourceLogs": [{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]})";
  EXPECT_EQ(post("/api/v1/logs", logs).body, "{}");
  EXPECT_EQ(post("/v1/metrics", export_protobuf(1), kProtobuf).status(), 200);
  const HttpMessage other = post("/v2/logs", logs);
  EXPECT_EQ(other.status(), 404);
  EXPECT_NE(other.body.find("where http.routes names them also of v2/logs\"}"), std::string::npos) << other.body;
  ASSERT_TRUE(wait_for("/api/v1/logs", 1));
  EXPECT_EQ(arrived("/api/v1/logs").front().body, logs);
  ASSERT_TRUE(wait_for("/api/v1/metrics", 1));
  EXPECT_EQ(arrived("/api/v1/metrics").front().body, export_protobuf(1));
}

TEST_F(RoutesTest, LogsAreNotForwardedUnmasked) {
  ASSERT_NO_FATAL_FAILURE(start({}, "http: {routes: [v1/logs]}\nrecords: {redact_text: [email]}"));
  EXPECT_EQ(post("/v1/logs", "{}").status(), 422);
  EXPECT_EQ(post("/v1/traces", "{}").status(), 200);
}

TEST_F(RoutesTest, ARouteThatTheApiDoesNotKnowPausesNoOther) {
  ASSERT_NO_FATAL_FAILURE(start({.unknown_route = "v2/traces"}));
  EXPECT_EQ(post("/v2/traces", export_request(1)).status(), 200);
  ASSERT_TRUE(daemon_->wait_for_metric("respand_route_circuit_open", 1, {{"route", "v2/traces"}}));
  for (int number = 0; number < 20; ++number) {
    EXPECT_EQ(post("/v2/traces", export_request(number + 2)).status(), 200);
    EXPECT_EQ(post("/request-logs/create", record(static_cast<std::uint64_t>(number))).status(), 200);
    EXPECT_EQ(post("/v1/traces/ingest", cat("[", span(number), "]")).status(), 200);
  }
  EXPECT_TRUE(wait_for("/api/request-logs/create/", 20));
  EXPECT_TRUE(wait_for("/api/v1/traces/ingest", 20));
  EXPECT_EQ(arrived("/api/v2/traces").size(), 0U);
  EXPECT_EQ(daemon_->metric("respand_circuit_open"), 0);
  const std::string page = daemon_->page("/").body;
  EXPECT_NE(page.find("nothing is delivered to v2/traces: the API does not take it"), std::string::npos) << page;
  sink_->set_rules({});
  ASSERT_TRUE(wait_for("/api/v2/traces", 21));
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// More than what a route holds in memory: it is read back from the journal.
TEST_F(RoutesTest, ALongBacklogOfARouteIsReadBack) {
  constexpr int kRequests = 60;
  constexpr int kSpans = 100;
  ASSERT_NO_FATAL_FAILURE(start({.unknown_route = "v1/traces/ingest"}));
  std::set<std::string> expected;
  for (int request = 0; request < kRequests; ++request) {
    std::string body;
    for (int number = 0; number < kSpans; ++number) {
      const std::string one = span(request * kSpans + number);
      body += cat(body.empty() ? "[" : ",", one);
      expected.insert(cat("[", one, "]"));
    }
    ASSERT_EQ(post("/v1/traces/ingest", body + "]").status(), 200);
  }
  EXPECT_EQ(post("/request-logs/create", record(1)).status(), 200);
  ASSERT_TRUE(wait_for("/api/request-logs/create/", 1)) << "records pass by";
  daemon_->kill();
  sink_->set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  ASSERT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0));
  std::set<std::string> bodies;
  for (const auto& one : arrived("/api/v1/traces/ingest")) {
    bodies.insert(one.body);
  }
  EXPECT_EQ(bodies, expected);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(RoutesTest, ARefusedBodyIsADeadLetterOfItsRouteAndIsReplayedThere) {
  sink::Rules rules;
  rules.refuse = "pan-7";
  ASSERT_NO_FATAL_FAILURE(start(rules));
  EXPECT_EQ(post("/v1/traces/ingest", cat("[", span(7), ",", span(8), "]")).status(), 200);
  const std::string protobuf = export_protobuf(1) + std::string("\x72\x05pan-7", 7);
  EXPECT_EQ(post("/v1/traces", protobuf, kProtobuf).status(), 200);
  ASSERT_TRUE(daemon_->wait_for_metric("respand_records_dead_lettered_total", 2, {{"reason", "422"}}));
  ASSERT_TRUE(wait_for("/api/v1/traces/ingest", 1));
  EXPECT_NE(dead_letters({"export"}).find(span(7)), std::string::npos);
  sink_->set_rules({});
  EXPECT_NE(dead_letters({"replay", "--all"}).find("2 dead letters handed to the spool"), std::string::npos);
  ASSERT_TRUE(wait_for("/api/v1/traces/ingest", 2));
  ASSERT_TRUE(wait_for("/api/v1/traces", 1));
  EXPECT_EQ(arrived("/api/v1/traces/ingest").back().body, cat("[", span(7), "]"));
  EXPECT_EQ(arrived("/api/v1/traces").back().body, protobuf) << "byte for byte";
  EXPECT_EQ(arrived("/api/v1/traces").back().content_type, kProtobuf);
  EXPECT_EQ(arrived("/api/request-logs/create/").size(), 0U);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(RoutesTest, AttributesAndTextsOfExportRequestsAreMasked) {
  ASSERT_NO_FATAL_FAILURE(start({}, "records: {redact_attributes: [\"gen_ai.prompt.*\"], redact_text: [email]}\n"));
  const auto with = [](std::string_view prompt, std::string_view text) {
    return cat(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"gen_ai.prompt.0.content","value":)",
               R"({"stringValue":")", prompt, R"("}},{"key":"other","value":{"stringValue":")", text, R"("}}]}]}]}]})");
  };
  EXPECT_EQ(post("/v2/traces", with("hidden", "mail a@b.io now")).status(), 200);
  ASSERT_TRUE(wait_for("/api/v2/traces", 1));
  EXPECT_EQ(arrived("/api/v2/traces").front().body, with("[redacted]", "mail [email] now"));
  EXPECT_EQ(post("/v1/traces", export_protobuf(1), kProtobuf).status(), 200);
  ASSERT_TRUE(wait_for("/api/v1/traces", 1));
  EXPECT_EQ(arrived("/api/v1/traces").front().body, export_protobuf(1)) << "nothing to mask: byte for byte";
  const std::string number_for_attribute("\x0a\x06\x12\x04\x12\x02\x48\x01", 8);
  EXPECT_EQ(post("/v1/traces", number_for_attribute, kProtobuf).status(), 422);
  EXPECT_EQ(daemon_->metric("respand_redactions_total", {{"rule", "gen_ai.prompt.*"}}), 1);
  EXPECT_EQ(daemon_->metric("respand_redactions_total", {{"rule", "email"}}), 1);
  EXPECT_EQ(daemon_->metric("respand_records_rejected_total", {{"reason", "not_maskable"}}), 1);
  EXPECT_EQ(sink_->received().size(), 2U);
  ASSERT_NO_FATAL_FAILURE(daemon_->expect_books_balance());
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(RoutesTest, RejectedSpansAreCountedAndShown) {
  sink::Rules rules;
  rules.rejected_spans = 3;
  ASSERT_NO_FATAL_FAILURE(start(rules));
  EXPECT_EQ(post("/v2/traces", export_request(1)).status(), 200);
  ASSERT_TRUE(daemon_->wait_for_metric("respand_rejected_spans", 3, {{"route", "v2/traces"}}));
  const std::string page = daemon_->page("/").body;
  EXPECT_NE(page.find("the API has rejected 3 spans sent to v2/traces"), std::string::npos) << page;
  EXPECT_EQ(daemon_->metric("respand_records_delivered_total"), 1) << "it is not sent again";
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(RoutesTest, WithRulesForRecordsAnExportRequestIsNotForwardedUnmasked) {
  ASSERT_NO_FATAL_FAILURE(start({}, "records: {redact: [/input]}\n"));
  EXPECT_EQ(post("/v2/traces", export_request(1)).status(), 422);
  EXPECT_EQ(post("/v1/traces", export_protobuf(1), kProtobuf).status(), 422);
  EXPECT_EQ(post("/v1/traces/ingest", R"([{"input":"secret"}])").status(), 200);
  ASSERT_TRUE(wait_for("/api/v1/traces/ingest", 1));
  EXPECT_EQ(arrived("/api/v1/traces/ingest").front().body.find("secret"), std::string::npos);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(RoutesTest, APathThatIsNotServedIsATrouble) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(post("/api/v9/spans", "{}", kJson, {{"User-Agent", "sdk/1"}}).status(), 404);
  EXPECT_TRUE(daemon_->process().wait_for_line("a client asks for a path that is not served"));
  const std::string page = daemon_->page("/").body;
  EXPECT_NE(page.find("a client posts to a path that is not served (/api/v9/spans, by sdk/1, 1 time"),
            std::string::npos)
      << page;
  EXPECT_EQ(daemon_->metric("respand_http_refused_total", {{"status", "404"}, {"route", "other"}}), 1);
  Client client = daemon_->connect();
  EXPECT_EQ(client.request("GET", "/healthz").value_or(HttpMessage{}).status(), 200);
  EXPECT_EQ(client.request("GET", "/readyz").value_or(HttpMessage{}).body, "ready\n");
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

}  // namespace
}  // namespace respand::test
