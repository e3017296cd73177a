// Routes whose bodies go out together (spans in arrays), what is refused of them, dead letters and their replay.

#include <set>
#include <string>

#include "tests/integration/routes_fixture.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using RoutesBatchesTest = RoutesTest;

TEST_F(RoutesBatchesTest, SpansGoOutTogether) {
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

TEST_F(RoutesBatchesTest, ARefusedArrayIsSplitUntilTheCulpritStandsAlone) {
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

// A request's headers for the API are kept with it in the journal; secrets are not.
TEST_F(RoutesBatchesTest, HeadersForTheApiAreKept) {
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

TEST_F(RoutesBatchesTest, ARefusedBodyIsADeadLetterOfItsRouteAndIsReplayedThere) {
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

TEST_F(RoutesBatchesTest, ADeadLetterKeepsItsQueryAndHeaders) {
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

// Spans of requests with different headers can't share an array, so each goes out in an array of one.
TEST_F(RoutesBatchesTest, ARefusedSpanBesideOthersWithOtherHeadersIsADeadLetter) {
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

}  // namespace
}  // namespace respand::test
