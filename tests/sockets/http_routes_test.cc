// HTTP beside plain records: the other routes, compressed bodies, and which requests are refused.

#include "respand/base/text.h"
#include "respand/journal/attributes.h"
#include "tests/sockets/bench.h"
#include "tests/support/compress.h"

namespace respand::sockets::test {
namespace {

using Strings = std::vector<std::string>;

class HttpRoutes : public Bench {
 protected:
  void open_listeners() {
    settings.http_host = "127.0.0.1";
    intake.at_once = true;
    open();
    peer_ = Peer::connect_tcp(listeners->http_port());
  }
  std::string ask(std::string_view method, std::string_view path, std::string_view body = {},
                  std::string_view headers = {}, std::string_view host = "localhost:8126") {
    send(peer_, cat(method, " ", path, " HTTP/1.1\r\nHost: ", host, "\r\n", headers, "Content-Length: ", body.size(),
                    "\r\n\r\n", body));
    return hear();
  }
  std::string post(std::string_view path, std::string_view body, std::string_view headers = {}) {
    return ask("POST", path, body, headers);
  }
  std::string hear() {
    until([&] {
      run_until_quiet();
      const std::string& heard = peer_.heard();
      const std::size_t end = heard.find("\r\n\r\n");
      const std::size_t length = heard.find("Content-Length: ");
      return peer_.ended() || (end != std::string::npos &&
                               (length > end || heard.size() >= end + 4 + std::stoull(heard.substr(length + 16))));
    });
    return peer_.take();
  }
  static std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
  [[nodiscard]] double refused(std::string_view status, std::string_view route) const {
    return registry.sum("respand_http_refused_total", {{"status", status}, {"route", route}});
  }

  Peer peer_;
};

TEST_F(HttpRoutes, ABatchIsSplitAndAnsweredWithAResultForEach) {
  open_listeners();
  for (const std::string_view path : {"/api/request-logs/batch/create", "/api/request-logs/bulk/",
                                      "/request-logs/batch/create/?x=1", "/request-logs/bulk"}) {
    intake.payloads.clear();
    const std::string heard = post(path, R"({"logs": [ {"a":1}, 7, {"b":[2]} ]})");
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 200 ")) << heard;
    EXPECT_TRUE(body_of(heard).starts_with(R"({"results":[{"index":0,"status":"success"},)"
                                           R"({"index":1,"status":"error","error":")"))
        << heard;
    EXPECT_TRUE(heard.ends_with(R"("},{"index":2,"status":"success"}]})")) << heard;
    EXPECT_EQ(intake.payloads, (Strings{R"({"a":1})", R"({"b":[2]})"})) << path;
  }
  EXPECT_EQ(body_of(post("/api/request-logs/bulk", R"({"x":{"logs":[1]},"logs":[]})")), R"({"results":[]})");
  EXPECT_TRUE(post("/api/request-logs/bulk", R"({"logs":[1]})").starts_with("HTTP/1.1 400 "));
  for (const std::string_view body : {"[{}]", "{}", R"({"log":[{}]})", R"({"logs":{}})", R"({"logs":[{}]}x)",
                                      R"({"logs":[{}])", R"({"logs":[{}})", "", "7"}) {
    const std::string heard = post("/api/request-logs/bulk", body);
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 400 ")) << body << "\n" << heard;
  }
}

TEST_F(HttpRoutes, HeadersForTheApiHaveALimitAndNoneIsKeptWhereMasksAreSet) {
  open_listeners();
  const auto with = [](std::size_t size) { return cat("X-Respan-A: ", std::string(size - 14, 'a'), "\r\n"); };
  EXPECT_TRUE(post("/v1/traces/ingest", "[{}]", with(2048)).starts_with("HTTP/1.1 200 "));
  ASSERT_EQ(intake.attributes.size(), 1U);
  EXPECT_EQ(journal::find_attribute(intake.attributes[0], journal::Tag::kHeaders), with(2048));
  const std::string refusal = post("/v1/traces/ingest", "[{}]", with(2049));
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 431 ")) << refusal;
  EXPECT_NE(refusal.find("are over the limit of 2 KiB"), std::string::npos) << refusal;
  EXPECT_TRUE(post("/request-logs/create", "{}", with(2049)).starts_with("HTTP/1.1 200 ")) << "none of its are kept";
  HttpRules rules;
  rules.masks = true;
  listeners->reconfigure(rules);
  EXPECT_TRUE(post("/v1/traces/ingest", "[{}]", "X-Respan-Mail: a@b.io\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(journal::find_attribute(intake.attributes.back(), journal::Tag::kHeaders), "");
}

TEST_F(HttpRoutes, LinesOnCreate) {
  open_listeners();
  EXPECT_TRUE(post("/api/request-logs/create/", "{\"a\":1}\n\n {\"b\":2} \r\n{\"c\":3}",
                   "Content-Type: application/x-ndjson\r\n")
                  .starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(intake.payloads, (Strings{R"({"a":1})", R"({"b":2})", R"({"c":3})"}));
  const std::string heard = post("/api/request-logs/create/", "{\"d\":4}\n[]\n{\"e\":5}\n");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 400 ")) << heard;
  EXPECT_NE(heard.find(R"("accepted":2,"refused":1,"errors":[{"index":1,"byte":8,)"), std::string::npos) << heard;
}

TEST_F(HttpRoutes, AnObjectThatIsMadeForAnotherRouteIsNoRecord) {
  open_listeners();
  for (const auto& [body, route] : {std::pair(R"({"logs":[{"a":1}]})", "/api/request-logs/batch/create"),
                                    std::pair(R"( {"data" : [{"a":1}] } )", "/api/v1/traces/ingest"),
                                    std::pair(R"({"resourceSpans":[]})", "/api/v2/traces")}) {
    const std::string heard = post("/api/request-logs/create/", body);
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 400 ")) << heard;
    EXPECT_NE(heard.find(cat("post it to ", route)), std::string::npos) << heard;
  }
  EXPECT_TRUE(intake.payloads.empty());
  EXPECT_TRUE(post("/api/request-logs/create/", R"({"data":[],"model":"m"})").starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpRoutes, SpansAreTakenOneByOneAsTheyAre) {
  open_listeners();
  const std::string span = R"({"trace_unique_id":"t", "span_unique_id":"s","cost":null})";
  for (const std::string_view route :
       {"v1/traces/ingest", "traces/ingest", "integrations/v1/traces/ingest", "openai/v1/traces/ingest"}) {
    for (const std::string& path :
         {cat("/api/", route), cat("/api/", route, "/"), cat("/", route), cat("/", route, "/?k=v")}) {
      intake.payloads.clear();
      EXPECT_EQ(body_of(post(path, cat("[", span, ",", span, "]"))), R"({"message":"log successful"})") << path;
      EXPECT_EQ(body_of(post(path, cat(R"({"data":[)", span, "]}"))), R"({"message":"log successful"})") << path;
      EXPECT_EQ(intake.payloads, (Strings{span, span, span}));
    }
  }
  EXPECT_TRUE(post("/api/v1/traces/ingest", span).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(post("/api/v1/traces/ingest", "[7]").starts_with("HTTP/1.1 400 "));
}

TEST_F(HttpRoutes, ExportRequestsAreTakenWhole) {
  open_listeners();
  const std::string json = R"({ "resourceSpans": [ {"scopeSpans":[{"spans":[{"name":"a"}]}]} ] })";
  const std::string protobuf("\x0a\x06\x12\x04\x12\x02\x2a\x00", 8);
  for (const std::string_view path : {"/api/v2/traces", "/v2/traces/", "/api/v1/traces", "/v1/traces"}) {
    intake.payloads.clear();
    std::string heard = post(path, json, "Content-Type: application/json; charset=utf-8\r\n");
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")) << heard;
    EXPECT_EQ(body_of(heard), "{}");
    heard = post(path, protobuf, "Content-Type: application/x-protobuf\r\n");
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n"))
        << heard;
    EXPECT_EQ(intake.payloads, (Strings{json, protobuf}));
  }
  EXPECT_TRUE(post("/v2/traces", "[]").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(post("/v2/traces", "{}", "Content-Type: text/plain\r\n").starts_with("HTTP/1.1 415 "));
  const std::string heard = post("/v2/traces", "\x0a\x06\x12", "Content-Type: application/x-protobuf\r\n");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-protobuf\r\n")) << heard;
}

TEST_F(HttpRoutes, WhereRulesCanNotBeKeptToAnExportRequestIsRefused) {
  settings.http_rules.refuse_otlp = true;
  open_listeners();
  EXPECT_TRUE(post("/v2/traces", R"({"resourceSpans":[]})").starts_with("HTTP/1.1 422 "));
  EXPECT_TRUE(post("/v1/traces", "", "Content-Type: application/x-protobuf\r\n").starts_with("HTTP/1.1 422 "));
  listeners->reconfigure(HttpRules{});
  EXPECT_TRUE(post("/v2/traces", R"({"resourceSpans":[]})").starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpRoutes, SpansAreMaskedLikeRecordsAndNothingIsAdded) {
  record::Rules::Settings rules;
  rules.redact = {"/input"};
  rules.defaults = R"({"metadata":{"host":"web-1"}})";
  settings.rules = std::make_shared<record::Rules>(rules);
  open_listeners();
  EXPECT_TRUE(
      post("/api/v1/traces/ingest", R"([{"input":"secret","span_unique_id":"s"}])").starts_with("HTTP/1.1 200 "));
  ASSERT_EQ(intake.payloads.size(), 1U);
  EXPECT_EQ(intake.payloads[0].find("secret"), std::string::npos);
  EXPECT_EQ(intake.payloads[0].find("web-1"), std::string::npos);
  EXPECT_TRUE(intake.payloads[0].ends_with(R"(,"span_unique_id":"s"})")) << intake.payloads[0];
}

TEST_F(HttpRoutes, PackedBodies) {
  settings.max_record = kibibytes(100);
  open_listeners();
  const std::string body = R"({"a":1})";
  EXPECT_TRUE(
      post("/request-logs", respand::test::gzipped(body), "Content-Encoding: gzip\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(
      post("/request-logs", respand::test::zstandard(body), "Content-Encoding: zstd\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(intake.payloads, (Strings{body, body}));
  const std::string bomb = respand::test::gzipped("{\"a\":\"" + std::string(50 << 20, 'x') + "\"}");
  ASSERT_LT(bomb.size(), 100U * 1024);
  const std::string heard = post("/request-logs", bomb, "Content-Encoding: gzip\r\n");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 413 ")) << heard;
  EXPECT_TRUE(post("/request-logs", "no gzip", "Content-Encoding: gzip\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(rejected("http", "too_large"), 1);
}

TEST_F(HttpRoutes, HealthAndReadiness) {
  std::string state = "ready\n";
  bool ready = true;
  settings.readiness = [&](bool intake_only) { return intake_only ? Readiness{} : Readiness{ready, state}; };
  open_listeners();
  EXPECT_TRUE(ask("GET", "/healthz").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask("GET", "/readyz").starts_with("HTTP/1.1 200 "));
  ready = false;
  state = "not ready: the API fails\n";
  const std::string heard = ask("GET", "/readyz");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 503 ")) << heard;
  EXPECT_EQ(body_of(heard), state);
  EXPECT_TRUE(ask("GET", "/readyz/intake").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask("HEAD", "/readyz").ends_with("\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(ask("POST", "/healthz").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask("HEAD", "/").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask("OPTIONS", "/").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask("OPTIONS", "*").starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpRoutes, WhatIsNotServedSaysWhatIsAndIsRemembered) {
  open_listeners();
  std::string heard = post("/api/v3/things", "{}", "User-Agent: otel/1.2\r\n");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 404 ")) << heard;
  EXPECT_NE(heard.find("/api/request-logs/batch/create"), std::string::npos) << heard;
  EXPECT_NE(heard.find("/api/v2/traces"), std::string::npos) << heard;
  EXPECT_EQ(listeners->unserved().path, "/api/v3/things");
  EXPECT_EQ(listeners->unserved().user_agent, "otel/1.2");
  heard = post("/api/chat/completions", "{}");
  EXPECT_NE(heard.find("respand takes logs, not calls to a model: set the gateway's base URL apart"), std::string::npos)
      << heard;
  EXPECT_EQ(listeners->unserved().requests, 2U);
  EXPECT_TRUE(ask("GET", "/favicon.ico").starts_with("HTTP/1.1 404 "));
  EXPECT_EQ(listeners->unserved().requests, 2U) << "nobody posts there";
  EXPECT_EQ(refused("404", "other"), 2);
  EXPECT_EQ(refused("404", "chat/completions"), 1);
  EXPECT_EQ(received("http"), 0) << "no record was in there";
}

TEST_F(HttpRoutes, APageOfAForeignOriginGetsNothingIn) {
  open_listeners();
  for (const std::string_view headers :
       {"Origin: https://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
        "Origin: http://localhost:3000\r\nSec-Fetch-Site: same-site\r\n"}) {
    const std::string heard = post("/api/request-logs/create/", "{}", headers);
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 403 ")) << heard;
    EXPECT_EQ(heard.find("Access-Control-Allow-Origin"), std::string::npos);
  }
  const std::string asks = "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n";
  EXPECT_TRUE(ask("OPTIONS", "/api/request-logs/create/", {}, asks).starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(ask("POST", "/api/request-logs/create/", "{}", {}, "evil.example").starts_with("HTTP/1.1 421 "));
  EXPECT_TRUE(intake.payloads.empty());
  EXPECT_EQ(refused("403", "request-logs/create"), 5);
  EXPECT_EQ(refused("421", "request-logs/create"), 1);
}

TEST_F(HttpRoutes, AListedOriginMayPost) {
  settings.http_rules = {.hosts = {"respand"}, .allow_origins = {"https://app.example.org"}};
  open_listeners();
  const std::string origin = "Origin: https://app.example.org\r\n";
  std::string heard = ask("OPTIONS", "/api/request-logs/create/", {},
                          origin +
                              "Access-Control-Request-Method: POST\r\n"
                              "Access-Control-Request-Headers: authorization,content-type\r\n");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 204 No Content\r\n")) << heard;
  EXPECT_EQ(heard.find("Content-Length"), std::string::npos) << heard;
  EXPECT_NE(heard.find("Access-Control-Allow-Origin: https://app.example.org\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("Access-Control-Allow-Headers: authorization,content-type\r\n"), std::string::npos) << heard;
  heard = ask("POST", "/api/request-logs/create/", "{}", origin, "respand:8126");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 200 ")) << heard;
  EXPECT_NE(heard.find("Access-Control-Allow-Origin: https://app.example.org\r\n"), std::string::npos) << heard;
  EXPECT_EQ(intake.payloads.size(), 1U);
  listeners->reconfigure(HttpRules{});
  EXPECT_TRUE(post("/api/request-logs/create/", "{}", origin).starts_with("HTTP/1.1 403 "));
}

}  // namespace
}  // namespace respand::sockets::test
