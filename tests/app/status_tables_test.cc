// The tables of `status --json` and the status page: what is in them, and that each is bounded.

#include "app/status_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cost_status.h"
#include "tests/support/json.h"

namespace respand::app {
namespace {

using respand::test::elements;
using respand::test::member;
using testing::ElementsAre;
using testing::SizeIs;

TEST(StatusTables, AnswersAreThoseThatThereWere) {
  metrics::Registry registry;
  EXPECT_EQ(answers_json(registry), "{}");
  static_cast<void>(registry.counter("respand_requests_total", "x", {{"code", "200"}}));
  registry.counter("respand_requests_total", "x", {{"code", "429"}}).add(2);
  registry.counter("respand_requests_total", "x", {{"code", "timeout"}}).add(1);
  EXPECT_EQ(member(answers_json(registry), "429"), "2");
  EXPECT_EQ(member(answers_json(registry), "timeout"), "1");
  EXPECT_EQ(member(answers_json(registry), "200"), "");
}

TEST(StatusTables, WhatWasRefusedMostFirstAndNotWithoutEnd) {
  metrics::Registry registry;
  registry.counter("respand_records_rejected_total", "x", {{"input", "socket"}, {"reason", "not_json"}}).add(1);
  registry.counter("respand_records_rejected_total", "x", {{"input", "http"}, {"reason", "too_large"}}).add(7);
  static_cast<void>(
      registry.counter("respand_records_rejected_total", "x", {{"input", "spool"}, {"reason", "not_json"}}));
  for (int status = 0; status < 200; ++status) {
    const std::string text = std::to_string(400 + status);
    registry.counter("respand_http_refused_total", "x", {{"status", text}, {"route", "<b>"}}).add(status + 1);
  }
  const std::string refused = refused_json(registry);
  EXPECT_EQ(member(refused, "records"), R"([{"input":"http","reason":"too_large","records":7},)"
                                        R"({"input":"socket","reason":"not_json","records":1}])");
  const auto requests = elements(member(refused, "requests"));
  ASSERT_THAT(requests, SizeIs(kMostTableRows));
  EXPECT_EQ(requests[0], R"({"status":"599","route":"<b>","requests":200})");
  EXPECT_EQ(member(refused, "connections"), "[]");
}

TEST(StatusTables, DeadLettersHaveTheApisWords) {
  delivery::DeadLetters::State letters;
  EXPECT_EQ(dead_letters_json(letters), "[]");
  letters.reasons = {{.reason = "422", .letters = 3, .message = "<i>no</i>", .last = WallTime{}}};
  EXPECT_EQ(dead_letters_json(letters),
            R"([{"reason":"422","letters":3,"message":"<i>no</i>","last":"1970-01-01T00:00:00.000000Z"}])");
}

TEST(StatusTables, RoutesAndKeysBeginWithThatOfRecords) {
  config::Api api;
  delivery::State delivery;
  const journal::Way spans{ApiRoute::kOtlp, "team-a"};
  const journal::Way other{ApiRoute::kRecords, "team-b"};
  delivery.delivered = {{spans, 5}, {other, 30}};
  delivery::UpstreamGate::State paused;
  paused.mode = delivery::Mode::kPaused;
  paused.reason = "401: no";
  delivery.routes = {{.way = spans, .upstream = paused},
                     {.way = {ApiRoute::kRecords, "gone"}, .upstream = {}, .keyless = true}};
  const auto routes = elements(routes_json(api, delivery, 100));
  ASSERT_THAT(routes, SizeIs(4));
  EXPECT_EQ(routes[0], R"({"route":"request-logs/create/","key":"","delivered":65,"mode":"normal","reason":"",)"
                       R"("keyless":false})");
  EXPECT_EQ(member(routes[1], "key"), "team-b");
  EXPECT_EQ(member(routes[2], "reason"), "401: no");
  EXPECT_EQ(member(routes[2], "mode"), "paused");
  EXPECT_EQ(member(routes[3], "keyless"), "true");
  for (int i = 0; i < 300; ++i) {
    delivery.delivered.push_back({{ApiRoute::kRecords, std::to_string(i)}, 1});
  }
  EXPECT_THAT(elements(routes_json(api, delivery, 1000)), SizeIs(kMostTableRows + 1));
}

TEST(StatusTables, SpendHasWhatHasNoPrice) {
  ledger::State state;
  state.spend = std::make_shared<const ledger::SpendTables>(ledger::SpendTables{
      .models = {.rows = {{.name = "\"m\"", .spent = {1, 0}, .records = 4, .unpriced = 3}}, .left_out = 2},
      .customers = {}});
  const std::string json = spend_json(state);
  EXPECT_EQ(member(json, "models"), R"({"rows":[{"name":"\"m\"","usd":1,"records":4,"unpriced":3}],"left_out":2})");
  EXPECT_EQ(member(json, "customers"), R"({"rows":[],"left_out":0})");
}

}  // namespace
}  // namespace respand::app
