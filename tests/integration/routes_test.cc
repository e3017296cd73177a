// Every route of the HTTP input through the real binary: what a client posts there is durable when it is answered, and
// arrives at the same route of the API as it was sent.

#include <future>
#include <map>
#include <set>

#include "tests/http/raw_server.h"
#include "tests/integration/daemon.h"
#include "tests/support/compress.h"
#include "tests/support/json.h"

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

  // The spans of all arrays that arrived there.
  [[nodiscard]] std::multiset<std::string> spans(std::string_view target) {
    std::multiset<std::string> found;
    for (const SinkServer::Received& one : arrived(target)) {
      for (std::string& span : elements(one.body)) {
        found.insert(std::move(span));
      }
    }
    return found;
  }
  [[nodiscard]] bool wait_for_spans(std::string_view target, std::size_t count) {
    return eventually([&] { return spans(target).size() >= count; });
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

TEST_F(RoutesTest, SpansGoOutTogether) {
  ASSERT_NO_FATAL_FAILURE(start());
  constexpr int kSpans = 1000;
  std::multiset<std::string> expected;
  std::string body;
  for (int number = 0; number < kSpans; ++number) {
    expected.insert(span(number));
    body += cat(body.empty() ? "[" : ",", span(number));
  }
  EXPECT_EQ(post("/v1/traces/ingest", body + "]").status(), 200);
  // Of another route, and with another query, they are other arrays.
  EXPECT_EQ(post("/v1/traces/ingest?a=b", cat("[", span(1), ",", span(2), "]")).status(), 200);
  EXPECT_EQ(post("/traces/ingest", cat("[", span(3), "]")).status(), 200);
  ASSERT_TRUE(wait_for_spans("/api/v1/traces/ingest", kSpans));
  EXPECT_EQ(spans("/api/v1/traces/ingest"), expected);
  EXPECT_LE(arrived("/api/v1/traces/ingest").size(), 10U);
  ASSERT_TRUE(wait_for_spans("/api/v1/traces/ingest?a=b", 2));
  ASSERT_TRUE(wait_for_spans("/api/traces/ingest", 1));
  ASSERT_TRUE(daemon_->wait_for_metric("respand_records_delivered_total", kSpans + 3));
  ASSERT_NO_FATAL_FAILURE(daemon_->expect_books_balance());
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(RoutesTest, ARefusedArrayIsSplitUntilTheCulpritStandsAlone) {
  sink::Rules rules;
  rules.refuse = "pan-77";
  ASSERT_NO_FATAL_FAILURE(start(rules));
  std::multiset<std::string> expected;
  std::string body;
  for (int number = 0; number < 200; ++number) {
    body += cat(body.empty() ? "[" : ",", span(number));
    if (number != 77) {
      expected.insert(span(number));
    }
  }
  EXPECT_EQ(post("/v1/traces/ingest", body + "]").status(), 200);
  ASSERT_TRUE(daemon_->wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "422"}}));
  ASSERT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(spans("/api/v1/traces/ingest"), expected);
  const std::string letters = dead_letters({"export"});
  EXPECT_NE(letters.find(span(77)), std::string::npos) << letters;
  EXPECT_EQ(letters.find(span(76)), std::string::npos) << letters;
  ASSERT_NO_FATAL_FAILURE(daemon_->expect_books_balance());
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// What is said about a request in headers waits with it, but no secret does.
TEST_F(RoutesTest, HeadersForTheApiAreKept) {
  ASSERT_NO_FATAL_FAILURE(start({.unknown_route = "v1/traces/ingest"}));
  const Headers headers{{"X-Respan-Dogfood", "1"},
                        {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                        {"X-Respan-Api-Key", "secret-of-a-client"},
                        {"X-Other", "no"}};
  EXPECT_EQ(post("/v1/traces/ingest", cat("[", span(1), "]"), kJson, headers).status(), 200);
  EXPECT_EQ(post("/v1/traces/ingest", cat("[", span(2), "]"), kJson, {}).status(), 200);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
  Process exported(RESPAND_BINARY, {"journal", "export", "--config", daemon_->config_path()});
  ASSERT_TRUE(exported.wait());
  EXPECT_NE(exported.out().find(
                R"("headers":"X-Respan-Dogfood: 1\u000d\u000atraceparent: 00-0af7651916cd43dd8448eb211c80319c-)"
                R"(b7ad6b7169203331-01\u000d\u000a","body":)"),
            std::string::npos)
      << exported.out();
  EXPECT_EQ(exported.out().find("secret-of-a-client"), std::string::npos);
  EXPECT_EQ(exported.out().find("X-Other"), std::string::npos);
  sink_->set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  ASSERT_TRUE(wait_for("/api/v1/traces/ingest", 2)) << "they are two requests: their headers differ";
  EXPECT_EQ(spans("/api/v1/traces/ingest"), (std::multiset<std::string>{span(1), span(2)}));
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

TEST_F(RoutesTest, ADeadLetterKeepsItsQueryAndHeaders) {
  sink::Rules rules;
  rules.refuse = "pan-7";
  ASSERT_NO_FATAL_FAILURE(start(rules));
  const Headers headers{{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  EXPECT_EQ(post("/v1/traces/ingest?a=b%22c", cat("[", span(7), "]"), kJson, headers).status(), 200);
  ASSERT_TRUE(daemon_->wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "422"}}));
  const std::string kept =
      R"("query":"a=b%22c","headers":"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\u000d\u000a",)";
  EXPECT_NE(dead_letters({"export", "--full"}).find(kept), std::string::npos) << dead_letters({"export", "--full"});
  sink_->set_rules({.unknown_route = "v1/traces/ingest"});
  EXPECT_NE(dead_letters({"replay", "--all"}).find("1 dead letter handed to the spool"), std::string::npos);
  ASSERT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 1));
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
  Process exported(RESPAND_BINARY, {"journal", "export", "--config", daemon_->config_path()});
  ASSERT_TRUE(exported.wait());
  EXPECT_NE(exported.out().find(kept), std::string::npos) << exported.out();
  sink_->set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  ASSERT_TRUE(wait_for("/api/v1/traces/ingest?a=b%22c", 1));
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// Spans of different requests, each with a trace of its own, are arrays of one that were to go with others.
TEST_F(RoutesTest, ARefusedSpanBesideOthersWithOtherHeadersIsADeadLetter) {
  ASSERT_NO_FATAL_FAILURE(start({.unknown_route = "v1/traces/ingest"}));
  constexpr int kSpans = 12;
  for (int number = 0; number < kSpans; ++number) {
    const std::string trace = cat("00-0af7651916cd43dd8448eb211c8031", 10 + number, "-b7ad6b7169203331-01");
    EXPECT_EQ(post("/v1/traces/ingest", cat("[", span(number), "]"), kJson, {{"traceparent", trace}}).status(), 200);
  }
  daemon_->kill();
  sink::Rules rules;
  rules.refuse = "pan-7";
  sink_->set_rules(rules);
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  ASSERT_TRUE(daemon_->wait_for_metric("respand_records_dead_lettered_total", 1, {{"reason", "422"}}));
  ASSERT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(spans("/api/v1/traces/ingest").size(), kSpans - 1U);
  EXPECT_NE(dead_letters({"export"}).find(span(7)), std::string::npos);
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

// The API itself, as far as reads go: says what it was asked.
void say_what_was_asked(http::Peer& peer) {
  while (const auto request = peer.request()) {
    const std::size_t key = request->find("Authorization: ");
    const std::size_t type = request->find("Content-Type: ");
    const std::string body =
        cat(request->substr(0, request->find(" HTTP")), "|",
            key == std::string::npos ? "" : request->substr(key + 15, request->find('\r', key) - key - 15), "|",
            type == std::string::npos ? "" : request->substr(type + 14, request->find('\r', type) - type - 14), "|",
            request->substr(request->find("\r\n\r\n") + 4));
    peer.send(cat("HTTP/1.1 207 Multi-Status\r\nContent-Type: text/x-test\r\nContent-Length: ", body.size(), "\r\n\r\n",
                  body));
  }
}

TEST_F(RoutesTest, ReadsGoToTheApiWithTheClientsOwnKey) {
  http::RawServer api(say_what_was_asked);
  daemon_ = std::make_unique<Daemon>(cat("http://127.0.0.1:", api.port()), "http: {forward: reads}");
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  const auto ask = [&](std::string_view method, std::string_view path, std::string_view body = {},
                       std::string type = "application/json") {
    Client client = daemon_->connect();
    Headers headers{{"Authorization", "Bearer of-the-client"}};
    if (!type.empty()) {
      headers.emplace_back("Content-Type", std::move(type));
    }
    return client.request(method, path, body, headers).value_or(HttpMessage{});
  };
  const HttpMessage one = ask("GET", "/api/request-logs/abc-1/?x=%20", {}, {});
  EXPECT_EQ(one.status(), 207);
  EXPECT_EQ(one.header("content-type"), "text/x-test");
  EXPECT_EQ(one.body, "GET /api/request-logs/abc-1/?x=%20|Bearer of-the-client||");
  EXPECT_EQ(ask("PATCH", "/request-logs/abc", "{\"note\":1}", "application/merge-patch+json").body,
            "PATCH /api/request-logs/abc|Bearer of-the-client|application/merge-patch+json|{\"note\":1}");
  EXPECT_EQ(ask("POST", "/api/request-logs/list/?page=2", "{}").body,
            "POST /api/request-logs/list/?page=2|Bearer of-the-client|application/json|{}");
  EXPECT_EQ(ask("POST", "/api/request-logs/list", "{}", {}).body,
            "POST /api/request-logs/list|Bearer of-the-client||{}");
  EXPECT_EQ(ask("DELETE", "/api/request-logs/abc").status(), 404);
  EXPECT_EQ(ask("GET", "/api/request-logs/../keys").status(), 404);
  EXPECT_EQ(ask("GET", "/api/users").status(), 404);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(RoutesTest, ReadsOfAnApiThatIsAwayAre502) {
  ASSERT_NO_FATAL_FAILURE(start({}, "http: {forward: reads}"));
  sink_->stop();
  Client client = daemon_->connect();
  const HttpMessage answer = client.request("GET", "/api/request-logs/abc").value_or(HttpMessage{});
  EXPECT_EQ(answer.status(), 502);
  EXPECT_NE(answer.body.find("the API can't be asked: "), std::string::npos) << answer.body;
  EXPECT_EQ(post("/request-logs/create", record(1)).status(), 200) << "writing goes on";
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// Neither a stop nor a restart waits for it.
TEST_F(RoutesTest, AStopGivesUpReadsOfAnApiThatHangs) {
  std::promise<void> asked;
  http::RawServer api([&](http::Peer& peer) {
    if (peer.request()) {
      asked.set_value();
      peer.hang();
    }
  });
  daemon_ = std::make_unique<Daemon>(cat("http://127.0.0.1:", api.port()),
                                     Daemon::Setup{.more = "http: {forward: reads}", .api = ", request_timeout: 10m"});
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  Client client = daemon_->connect();
  auto answer = std::async(std::launch::async, [&] { return client.request("GET", "/api/request-logs/abc"); });
  asked.get_future().wait();
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
  const HttpMessage said = answer.get().value_or(HttpMessage{});
  EXPECT_EQ(said.status(), 503);
  EXPECT_EQ(said.body, R"({"detail":"respand is stopping; try again later"})");
}

TEST_F(RoutesTest, WithoutForwardAReadIsNotServed) {
  ASSERT_NO_FATAL_FAILURE(start());
  Client client = daemon_->connect();
  EXPECT_EQ(client.request("GET", "/api/request-logs/abc").value_or(HttpMessage{}).status(), 404);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

}  // namespace
}  // namespace respand::test
