// Keys of applications with the real binary: records that come with a key go out under it, a wrong key stops only its
// own records, and no key is ever written to disk.

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <set>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class KeysTest : public testing::Test {
 protected:
  void start(std::string more = {}, sink::Rules rules = {}) {
    sink_ = std::make_unique<SinkServer>(std::move(rules));
    for (const auto& [name, key] : keys_) {
      write_file(key_file(name), key + "\n");
    }
    daemon_ = std::make_unique<Daemon>(sink_->url(), setup(std::move(more)));
    daemon_->start();
  }
  [[nodiscard]] Daemon::Setup setup(std::string more) const {
    std::string keys;
    for (const auto& [name, key] : keys_) {
      keys += cat(keys.empty() ? "" : ", ", name, ": {api_key_file: ", key_file(name), "}");
    }
    return {
        .more = std::move(more), .socket = socket_, .api = cat(", request_timeout: 5s, keys: {", keys, "}", batch_)};
  }
  [[nodiscard]] std::string key_file(const std::string& name) const { return folder_ / (name + ".key"); }

  HttpMessage post(std::string_view path, std::string_view body, const std::string& key) {
    Client client = daemon_->connect();
    Headers headers{{"Content-Type", "application/json"}};
    if (!key.empty()) {
      headers.emplace_back("Authorization", "Bearer " + key);
    }
    return client.request("POST", path, body, headers).value_or(HttpMessage{});
  }
  // With which keys records arrived, by what they say.
  [[nodiscard]] std::set<std::string> keys_of(std::string_view text) const {
    std::set<std::string> keys;
    for (const SinkServer::Received& one : sink_->received()) {
      if (one.verdict.takes_record() && one.body.find(text) != std::string::npos) {
        keys.insert(one.authorization);
      }
    }
    return keys;
  }
  void expect_key(std::string_view text, const std::string& key) {
    const std::set<std::string> expected{"Bearer " + key};
    EXPECT_TRUE(eventually([&] { return keys_of(text) == expected; })) << text;
  }
  void reload() {
    Client client = Client::connect_unix(daemon_->control_path());
    const HttpMessage answer = client.request("POST", "/reload").value_or(HttpMessage{});
    ASSERT_EQ(answer.status(), 200) << answer.body;
  }
  std::string run(std::vector<std::string> words) {
    words.insert(words.end(), {"--config", daemon_->config_path()});
    Process process(RESPAND_BINARY, words);
    EXPECT_TRUE(process.wait());
    return process.out() + process.err();
  }

  std::map<std::string, std::string> keys_{
      {"prod", "secret-prod-1"}, {"stage", "secret-stage-2"}, {"dev", "secret-dev-3"}};
  std::string socket_;
  std::string batch_;
  TempDir folder_;
  std::unique_ptr<SinkServer> sink_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(KeysTest, WhatComesWithAKeyGoesOutWithIt) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(post("/api/request-logs/create/", R"({"n":"of prod"})", keys_["prod"]).status(), 200);
  EXPECT_EQ(post("/api/request-logs/create/", R"({"n":"of stage"})", keys_["stage"]).status(), 200);
  EXPECT_EQ(post("/api/request-logs/create/", R"({"n":"of nobody"})", "unknown").status(), 200);
  EXPECT_EQ(post("/api/request-logs/create/", R"({"n":"without"})", "").status(), 200);
  EXPECT_EQ(post("/v2/traces", R"({"resourceSpans":[],"n":"otlp of dev"})", keys_["dev"]).status(), 200);
  EXPECT_EQ(post("/v1/traces/ingest", R"([{"n":"span of dev"}])", keys_["dev"]).status(), 200);
  expect_key("of prod", keys_["prod"]);
  expect_key("of stage", keys_["stage"]);
  expect_key("of nobody", "test-key");
  expect_key("without", "test-key");
  expect_key("otlp of dev", keys_["dev"]);
  expect_key("span of dev", keys_["dev"]);
  EXPECT_TRUE(
      daemon_->wait_for_metric("respand_route_delivered_total", 1, {{"route", "v1/traces/ingest"}, {"key", "dev"}}));
  EXPECT_TRUE(daemon_->wait_for_metric("respand_route_delivered_total", 1,
                                       {{"route", "request-logs/create"}, {"key", "prod"}}));
  ASSERT_NO_FATAL_FAILURE(daemon_->expect_books_balance());
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// Records of different keys never share a batch.
TEST_F(KeysTest, BatchesAreOfOneKey) {
  batch_ = ", batch: {path: request-logs/batch/create, max_records: 50}";
  ASSERT_NO_FATAL_FAILURE(start({}, {.batch = sink::BatchAnswers::kResults}));
  std::map<std::string, std::string> bodies;
  for (int n = 0; n < 100; ++n) {
    for (const auto& [name, key] : keys_) {
      bodies[name] += cat(bodies[name].empty() ? "[" : ",", R"({"n":"of )", name, R"("})");
    }
  }
  for (const auto& [name, key] : keys_) {
    EXPECT_EQ(post("/request-logs/create", bodies[name] + "]", key).status(), 200);
  }
  ASSERT_TRUE(daemon_->wait_for_metric("respand_records_delivered_total", 300));
  for (const auto& [name, key] : keys_) {
    expect_key(cat("of ", name), key);
  }
  EXPECT_LE(sink_->received().size(), 30U);
  ASSERT_NO_FATAL_FAILURE(daemon_->expect_books_balance());
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(KeysTest, TheLedgerTellsRoutesAndKeysApart) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(post("/v1/traces/ingest", R"([{"model":"m","cost":0.25}])", keys_["prod"]).status(), 200);
  EXPECT_EQ(post("/request-logs/create", R"({"model":"m","cost":0.5})", keys_["dev"]).status(), 200);
  EXPECT_EQ(post("/request-logs/create", R"({"model":"m","cost":1})", "").status(), 200);
  std::string said;
  EXPECT_TRUE(eventually([&] {
    said = run({"costs", "--by", "route,key", "--csv"});
    return said.find("v1/traces/ingest,prod,1,") != std::string::npos &&
           said.find("request-logs/create,dev,1,") != std::string::npos &&
           said.find("request-logs/create,,1,") != std::string::npos;
  })) << said;
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// The issue's own: a wrong key among three stops only its own; a new one in its file counts without a restart.
TEST_F(KeysTest, AWrongKeyStopsOnlyItsOwn) {
  ASSERT_NO_FATAL_FAILURE(start({}, {.refuse_key = keys_["stage"]}));
  for (int n = 0; n < 20; ++n) {
    for (const std::string name : {"prod", "stage", "dev"}) {
      EXPECT_EQ(post("/request-logs/create", cat(R"({"n":")", name, "-", n, R"("})"), keys_[name]).status(), 200);
    }
  }
  ASSERT_TRUE(daemon_->wait_for_metric("respand_route_circuit_open", 1, {{"key", "stage"}}));
  ASSERT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 20));
  for (const std::string name : {"prod", "dev"}) {
    for (int n = 0; n < 20; ++n) {
      expect_key(cat(name, "-", n, "\""), keys_[name]);
    }
    EXPECT_EQ(daemon_->metric("respand_route_circuit_open", {{"key", name}}), 0);
  }
  EXPECT_EQ(daemon_->metric("respand_circuit_open"), 0);
  EXPECT_EQ(daemon_->metric("respand_records_dead_lettered_total"), 0);
  const std::string page = daemon_->page("/status").body;
  EXPECT_THAT(page, HasSubstr("nothing is delivered to request-logs/create with the key stage"));
  EXPECT_THAT(page, Not(HasSubstr(keys_["stage"])));
  write_file(key_file("stage"), "secret-stage-new\n");
  ASSERT_TRUE(daemon_->wait_for_metric("respand_backlog_records", 0)) << daemon_->process().err();
  for (int n = 0; n < 20; ++n) {
    expect_key(cat("stage-", n, "\""), "secret-stage-new");
  }
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(KeysTest, ARemovedKeyPausesItsOwnBacklogAndIsNamed) {
  ASSERT_NO_FATAL_FAILURE(start({}, {.refuse_key = keys_["dev"]}));
  EXPECT_EQ(post("/request-logs/create", R"({"n":"waits"})", keys_["dev"]).status(), 200);
  ASSERT_TRUE(daemon_->wait_for_metric("respand_route_circuit_open", 1, {{"key", "dev"}}));
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
  const std::string config = read_file(daemon_->config_path());
  const std::size_t at = config.find(", dev: {");
  const std::size_t first = at == std::string::npos ? config.find("dev: {") : at;
  std::string without = config;
  const std::size_t end = config.find('}', first) + 1;
  without.erase(first, (at == std::string::npos && config[end] == ',' ? end + 2 : end) - first);
  write_file(daemon_->config_path(), without);
  sink_->set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  EXPECT_TRUE(eventually([&] {
    return daemon_->page("/status").body.find("what waits for request-logs/create with the key dev is not delivered") !=
           std::string::npos;
  })) << daemon_->page("/status").body;
  EXPECT_EQ(post("/request-logs/create", R"({"n":"of prod"})", keys_["prod"]).status(), 200);
  expect_key("of prod", keys_["prod"]);
  EXPECT_TRUE(keys_of("waits").empty());
  write_file(daemon_->config_path(), config);
  ASSERT_NO_FATAL_FAILURE(reload());
  expect_key("waits", keys_["dev"]);
  EXPECT_TRUE(eventually([&] { return daemon_->page("/status").body.find("the key dev") == std::string::npos; }));
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(KeysTest, RecordsOfSocketAndSpoolGetTheirKeyByRules) {
  socket_ = ", key: stage";
  ASSERT_NO_FATAL_FAILURE(
      start("records: {route: [{match: {environment: production}, key: prod}, "
            "{match: {/metadata/team: b, n: seven}, key: dev}]}"));
  daemon_->send_acknowledged(R"({"n":"one","environment":"production"})"
                             "\n"
                             R"({"n":"two","environment":"test"})"
                             "\n"
                             R"({"n":"seven","metadata":{"team":"b"}})"
                             "\n");
  expect_key("\"one\"", keys_["prod"]);
  expect_key("\"two\"", keys_["stage"]);
  expect_key("\"seven\"", keys_["dev"]);
  write_file(daemon_->spool_path() + "/.a.json", R"({"n":"spooled"})");
  std::filesystem::rename(daemon_->spool_path() + "/.a.json", daemon_->spool_path() + "/a.json");
  expect_key("spooled", "test-key");
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(KeysTest, AnUnknownKeyIsRefusedWhereTheOperatorSaysSo) {
  write_file(folder_ / "token", "letmein-token");
  ASSERT_NO_FATAL_FAILURE(start(cat("http: {token_file: ", folder_ / "token", "}")));
  const HttpMessage refused = post("/request-logs/create", R"({"n":"no"})", "unknown");
  EXPECT_EQ(refused.status(), 401);
  EXPECT_THAT(refused.body, HasSubstr("the key is none that this respand knows"));
  EXPECT_EQ(post("/request-logs/create", R"({"n":"token"})", "letmein-token").status(), 200);
  EXPECT_EQ(post("/request-logs/create", R"({"n":"known"})", keys_["dev"]).status(), 200);
  EXPECT_EQ(post("/request-logs/create", R"({"n":"own"})", "test-key").status(), 200);
  EXPECT_EQ(post("/request-logs/create", R"({"n":"local"})", "").status(), 200) << "the file mode let it in";
  expect_key("token", "test-key");
  expect_key("\"known\"", keys_["dev"]);
  expect_key("\"own\"", "test-key");
  EXPECT_EQ(daemon_->metric("respand_http_refused_total", {{"status", "401"}}), 1);
  ASSERT_NO_FATAL_FAILURE(daemon_->expect_books_balance());
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// Only names are written down; and what is written over a kill goes out with the same key.
TEST_F(KeysTest, TheJournalHoldsNamesAndNoSecret) {
  ASSERT_NO_FATAL_FAILURE(start({}, {.fail = {{.status = 503, .probability = 1}}}));
  for (int n = 0; n < 30; ++n) {
    const std::string name = n % 3 == 0 ? "prod" : n % 3 == 1 ? "stage" : "dev";
    EXPECT_EQ(post("/request-logs/create", cat(R"({"n":")", name, "-", n, R"("})"), keys_[name]).status(), 200);
  }
  daemon_->kill();
  bool named = false;
  for (const auto& entry : std::filesystem::directory_iterator(daemon_->journal_path())) {
    const std::string bytes = read_file(entry.path());
    EXPECT_THAT(bytes, Not(HasSubstr("secret-"))) << entry.path();
    named = named || bytes.find("stage") != std::string::npos;
  }
  EXPECT_TRUE(named);
  EXPECT_THAT(run({"journal", "export"}), HasSubstr(R"("key":"stage")"));
  sink_->set_rules({});
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  for (int n = 0; n < 30; ++n) {
    const std::string name = n % 3 == 0 ? "prod" : n % 3 == 1 ? "stage" : "dev";
    expect_key(cat(name, "-", n, "\""), keys_[name]);
  }
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(KeysTest, ADeadLetterKnowsItsKeyAndGoesBackToIt) {
  ASSERT_NO_FATAL_FAILURE(start({}, {.refuse = "culprit"}));
  EXPECT_EQ(post("/request-logs/create", R"({"n":"culprit"})", keys_["dev"]).status(), 200);
  EXPECT_EQ(post("/v2/traces", R"({"resourceSpans":[],"n":"otlp culprit"})", keys_["prod"]).status(), 200);
  EXPECT_EQ(post("/v1/traces/ingest", R"([{"n":"span culprit"}])", "").status(), 200);
  ASSERT_TRUE(daemon_->wait_for_metric("respand_records_dead_lettered_total", 3));
  EXPECT_THAT(run({"dead-letters", "export", "--full"}), HasSubstr(R"("key":"dev")"));
  sink_->set_rules({});
  EXPECT_THAT(run({"dead-letters", "replay", "--all"}), HasSubstr("3"));
  expect_key("\"culprit\"", keys_["dev"]);
  expect_key("otlp culprit", keys_["prod"]);
  expect_key("span culprit", "test-key");
  std::set<std::string> targets;
  for (const SinkServer::Received& one : sink_->received()) {
    if (one.verdict.takes_record()) {
      targets.insert(one.target);
    }
  }
  EXPECT_EQ(targets, (std::set<std::string>{"/api/request-logs/create/", "/api/v2/traces", "/api/v1/traces/ingest"}));
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

}  // namespace
}  // namespace respand::test
