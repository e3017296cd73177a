// Every route of the HTTP input through the real binary: what a client posts there is durable when it is answered, and
// arrives at the same route of the API as it was sent.

#include <map>
#include <set>
#include <string>

#include "tests/integration/routes_fixture.h"
#include "tests/support/compress.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

TEST_F(RoutesTest, WhatIsPostedToARouteArrivesThereAsItWasSent) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (const std::string_view route :
       {"v1/traces/ingest", "traces/ingest", "integrations/v1/traces/ingest", "openai/v1/traces/ingest"}) {
    const HttpMessage answer = post(cat("/api/", route, "?a=b"), cat("[", span(1), ",", span(2), "]"));
    EXPECT_EQ(answer.status(), 200) << answer.body;
    EXPECT_EQ(answer.body, R"({"message":"log successful"})");
    const std::string target = cat("/api/", route, "?a=b");
    ASSERT_TRUE(wait_for_spans(target, 2)) << route;
    for (const auto& one : arrived(target)) {
      EXPECT_EQ(one.content_type, kJson);
    }
    EXPECT_EQ(spans(target), (std::multiset<std::string>{span(1), span(2)}));
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
  EXPECT_TRUE(wait_for_spans("/api/v1/traces/ingest", 20));
  EXPECT_EQ(arrived("/api/v2/traces").size(), 0U);
  EXPECT_EQ(daemon_->metric("respand_circuit_open"), 0);
  const std::string page = daemon_->page("/status").body;
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
  std::multiset<std::string> expected;
  for (int request = 0; request < kRequests; ++request) {
    std::string body;
    for (int number = 0; number < kSpans; ++number) {
      const std::string one = span(request * kSpans + number);
      body += cat(body.empty() ? "[" : ",", one);
      expected.insert(one);
    }
    ASSERT_EQ(post("/v1/traces/ingest", body + "]").status(), 200);
  }
  EXPECT_EQ(post("/request-logs/create", record(1)).status(), 200);
  ASSERT_TRUE(wait_for("/api/request-logs/create/", 1)) << "records pass by";
  daemon_->kill();
  sink_->set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  ASSERT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0));
  const std::multiset<std::string> all = spans("/api/v1/traces/ingest");
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()), std::set<std::string>(expected.begin(), expected.end()));
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
  const std::string page = daemon_->page("/status").body;
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
  const std::string page = daemon_->page("/status").body;
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
