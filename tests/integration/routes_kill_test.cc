// kill -9 while spans and OTLP requests come in and go out, some with a key of their application's: what was
// acknowledged arrives at its route, under its key, as it was sent.
//   RESPAND_KILLS=25 …/kill_test --gtest_filter='RoutesKill.*'

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "respand/base/random.h"
#include "tests/integration/daemon.h"
#include "tests/support/json.h"
#include "tests/support/sanitized.h"

namespace respand::test {
namespace {

constexpr int kUsualKills = kSanitized ? 2 : 10;
// Of each life, at least: 25 of them are 20,000 spans and 2,000 requests.
constexpr int kRequests = 80;
constexpr int kSpans = 10;  // in one array

constexpr const char* kUsualKey = "Bearer test-key";
constexpr const char* kOwnKey = "Bearer secret-prod";

int kills() {
  const char* const told = std::getenv("RESPAND_KILLS");
  return told != nullptr ? std::max(1, std::atoi(told)) : kUsualKills;
}

std::string span(int number) { return cat(R"({"span_unique_id":"s)", number, R"(","trace_unique_id" : "t"})"); }
std::string json(int number) { return cat(R"({"resourceSpans":[],"n": )", number, "}"); }
std::string protobuf(int number) {
  const std::string name = cat("request ", number);
  return cat("\x2a", std::string(1, static_cast<char>(name.size())), name);  // an unknown field, which is passed over
}

class RoutesKill : public testing::Test {
 protected:
  struct Sent {
    std::set<std::string> acknowledged;
    std::set<std::string> offered;
  };
  // Under which key, and where, it is to arrive.
  static std::string place(std::string_view authorization, std::string_view target) {
    return cat(authorization, " ", target);
  }
  // With a key of the application's own, or none. False where the daemon is gone.
  bool post(Client& client, const std::string& route, const std::string& body, const std::vector<std::string>& bodies,
            bool keyed, std::string_view type = "application/json") {
    Sent& sent = sent_[place(keyed ? kOwnKey : kUsualKey, cat("/api/", route))];
    sent.offered.insert(bodies.begin(), bodies.end());
    Headers headers{{"Content-Type", std::string(type)}};
    if (keyed) {
      headers.emplace_back("Authorization", kOwnKey);
    }
    const auto answer = client.request("POST", cat("/", route), body, headers);
    if (!answer || answer->status() != 200) {
      return false;
    }
    sent.acknowledged.insert(bodies.begin(), bodies.end());
    return true;
  }
  bool post_one_of_each(Client& client, int number) {
    std::string array;
    std::vector<std::string> spans;
    for (int i = 0; i < kSpans; ++i) {
      const std::string one = span(number * kSpans + i);
      array += cat(array.empty() ? "[" : ",", one);
      spans.push_back(one);
    }
    const std::string request = number % 2 == 0 ? json(number) : protobuf(number);
    const std::string_view type = number % 2 == 0 ? "application/json" : "application/x-protobuf";
    const bool keyed = number % 3 == 0;
    return post(client, "v1/traces/ingest", array + "]", spans, keyed) &&
           post(client, "v2/traces", request, {request}, keyed, type);
  }

  std::map<std::string, Sent> sent_;  // by place()
  SeededRandom random_{11};
};

TEST_F(RoutesKill, WhatWasAcknowledgedArrivesAtItsRoute) {
  sink::Rules rules;
  rules.fail = {{sink::Fault::kNone, 503, 0.02}, {sink::Fault::kReset, 0, 0.05}};
  SinkServer sink(rules);
  TempDir folder;
  write_file(folder / "prod.key", "secret-prod\n");
  Daemon daemon(
      sink.url(),
      Daemon::Setup{.api = cat(", request_timeout: 5s, keys: {prod: {api_key_file: ", folder / "prod.key", "}}")});
  int number = 0;
  const int lives = kills();
  for (int life = 0; life < lives; ++life) {
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    Client client = daemon.connect();
    const int until = number + kRequests + static_cast<int>(random_.below(20));
    for (bool alive = true; alive && number < until; ++number) {
      alive = post_one_of_each(client, number);
      ASSERT_TRUE(alive) << daemon.process().err();
    }
    daemon.kill();
  }
  sink.set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  std::map<std::string, std::set<std::string>> arrived;
  std::size_t all = 0;
  for (const SinkServer::Received& one : sink.received()) {
    if (!one.verdict.takes_record()) {
      continue;
    }
    const bool array = one.target.ends_with("/ingest");
    for (const std::string& body : array ? elements(one.body) : std::vector<std::string>{one.body}) {
      arrived[place(one.authorization, one.target)].insert(body);
      ++all;
    }
  }
  std::size_t distinct = 0;
  for (const auto& [target, sent] : sent_) {
    EXPECT_TRUE(std::includes(arrived[target].begin(), arrived[target].end(), sent.acknowledged.begin(),
                              sent.acknowledged.end()))
        << target << ": something that was acknowledged is lost";
    EXPECT_TRUE(std::includes(sent.offered.begin(), sent.offered.end(), arrived[target].begin(), arrived[target].end()))
        << target << ": something arrived that nobody sent";
    distinct += arrived[target].size();
    std::printf("%s: %zu acknowledged, %zu arrived\n", target.c_str(), sent.acknowledged.size(),
                arrived[target].size());
  }
  EXPECT_EQ(arrived.size(), sent_.size()) << "nothing went elsewhere";
  std::printf("%d kills, %zu arrived twice\n", lives, all - distinct);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
