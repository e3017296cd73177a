// package/monitoring against the real binary: dashboards and rules ask only for metrics and labels that its page has,
// each alert leads to a runbook, and promtool runs the tests of the rules.

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

#include "tests/http/raw_server.h"
#include "tests/integration/daemon.h"
#include "tests/integration/openapi.h"
#include "tests/integration/promql.h"
#include "tests/support/promtool.h"

namespace respand::test {
namespace {

using rapidjson::Value;

const std::string kFolder = RESPAND_SOURCE "/package/monitoring";
constexpr std::array kDashboards = {"host", "fleet", "nats", "spend"};

rapidjson::Document dashboard(std::string_view name) {
  rapidjson::Document document;
  document.Parse((read_file(cat(kFolder, "/grafana/", name, ".json")) + std::string(32, '\0')).c_str());
  EXPECT_TRUE(document.IsObject()) << name;
  return document;
}

std::vector<const Value*> panels_of(const Value& dashboard) {
  std::vector<const Value*> all;
  for (const Value& panel : dashboard["panels"].GetArray()) {
    if (panel["type"] != "row") {
      all.push_back(&panel);
    }
  }
  return all;
}

std::vector<const Value*> alerts_of(const Value& rules) {
  std::vector<const Value*> all;
  for (const Value& group : rules["groups"].GetArray()) {
    for (const Value& rule : group["rules"].GetArray()) {
      all.push_back(&rule);
    }
  }
  return all;
}

// The labels of each metric on a page, of all its series together.
PageLabels labels_on(const std::string& page) {
  // What Prometheus adds to each, and what it has of its own.
  PageLabels labels = {{"up", {}}, {"ALERTS", {"alertname", "alertstate", "severity"}}};
  static const std::regex kLabel(R"re(([a-z_]+)="(?:[^"\\]|\\.)*")re");
  for (const std::string& line : lines_of(page)) {
    if (line.starts_with('#')) {
      continue;
    }
    std::set<std::string>& of = labels[line.substr(0, line.find_first_of("{ "))];
    for (std::sregex_iterator label(line.begin(), line.end(), kLabel), end; label != end; ++label) {
      of.insert((*label)[1].str());
    }
  }
  for (auto& [name, of] : labels) {
    of.insert({"job", "instance"});
  }
  return labels;
}

// A daemon to which everything has happened that makes a series appear.
PageLabels labels_of_a_busy_daemon() {
  SinkServer sink(sink::Rules{.refuse = "refuse-me"});
  Daemon daemon(sink.url(), Daemon::Setup{.more = "records: {redact_text: [email]}",
                                          .costs = ", budgets: [{match: {customer: acme}, per: day, usd: 5}]"});
  daemon.start();
  daemon.send_acknowledged(record(1) + "\n{]\n" +
                           R"({"model":"refuse-me","usage":{"prompt_tokens":5,"completion_tokens":1}})" + "\n");
  Client client = daemon.connect();
  EXPECT_EQ(client.request("POST", "/v2/traces", R"({"resourceSpans":[]})").value_or(HttpMessage{}).status(), 200);
  EXPECT_EQ(client.request("POST", "/api/nothing", "{}").value_or(HttpMessage{}).status(), 404);
  EXPECT_TRUE(daemon.wait_for_metric("respand_llm_unpriced_records_total", 1));
  EXPECT_TRUE(daemon.wait_for_metric("respand_route_delivered_total", 1));
  EXPECT_TRUE(daemon.wait_for_metric("respand_llm_cost_usd_total", 0.001));
  PageLabels labels = labels_on(daemon.page("/metrics").body);
  daemon.stop();
  return labels;
}

// An edge and a relay, whose metrics are there before any server is. Series of edges come with their messages, which
// need a cluster: FleetTest looks at them.
void add_labels_of_a_fleet(PageLabels& labels) {
  for (const std::string_view role : {"destination: nats\n", "source: nats\n"}) {
    Daemon daemon("http://127.0.0.1:1",
                  Daemon::Setup{.more = cat(role, "nats: {servers: [nats://127.0.0.1:1], stream: S, subject: s.h}\n")});
    daemon.start();
    for (const auto& [name, of] : labels_on(daemon.page("/metrics").body)) {
      labels[name].insert(of.begin(), of.end());
    }
    daemon.stop();
  }
  for (const std::string_view name : {"respand_nats_edge_lag_seconds", "respand_nats_edge_last_seconds"}) {
    labels[std::string(name)] = {"edge", "job", "instance"};
  }
}

const PageLabels& page_labels() {
  static const PageLabels kLabels = [] {
    PageLabels labels = labels_of_a_busy_daemon();
    add_labels_of_a_fleet(labels);
    return labels;
  }();
  return kLabels;
}

TEST(Monitoring, AlertsAskForWhatThePageHas) {
  const rapidjson::Document rules = read_yaml(kFolder + "/prometheus/respand.rules.yaml");
  const auto alerts = alerts_of(rules);
  EXPECT_GE(alerts.size(), 20U);
  for (const Value* const alert : alerts) {
    EXPECT_EQ(objections((*alert)["expr"].GetString(), page_labels()), "") << (*alert)["alert"].GetString();
  }
}

TEST(Monitoring, DashboardsAskForWhatThePageHas) {
  for (const std::string_view name : kDashboards) {
    const rapidjson::Document document = dashboard(name);
    std::size_t asked = 0;
    for (const Value* const panel : panels_of(document)) {
      for (const Value& target : (*panel)["targets"].GetArray()) {
        const std::string expression = target["expr"].GetString();
        EXPECT_EQ(objections(expression, page_labels()), "") << name << ": " << (*panel)["title"].GetString();
        EXPECT_EQ(legend_objections(target["legendFormat"].GetString(), expression, page_labels()), "") << expression;
        ++asked;
      }
    }
    EXPECT_GE(asked, 15U) << name;
    for (const Value& variable : document["templating"]["list"].GetArray()) {
      if (variable["type"] == "query") {
        EXPECT_EQ(variable_objections(variable["definition"].GetString(), page_labels()), "") << name;
        EXPECT_EQ(variable["definition"], variable["query"]["query"]) << name;
      }
    }
  }
}

// Every metric is on a dashboard: a metric that nobody looks at helps nobody.
TEST(Monitoring, EveryMetricIsOnADashboard) {
  std::string all;
  for (const std::string_view name : kDashboards) {
    all += read_file(cat(kFolder, "/grafana/", name, ".json"));
  }
  const std::set<std::string> left_out = {"respand_config_last_reload_success_timestamp_seconds",
                                          "respand_surrogates_replaced_total", "process_virtual_memory_bytes",
                                          "respand_backlog_bytes"};
  for (const auto& [series, labels] : page_labels()) {
    const std::string name = std::regex_replace(series, std::regex("_(bucket|sum|count)$"), "");
    EXPECT_TRUE(all.find(name) != std::string::npos || left_out.contains(name)) << name;
  }
}

TEST(Monitoring, DashboardsAreWhole) {
  std::set<std::string> uids;
  for (const std::string_view name : kDashboards) {
    const rapidjson::Document document = dashboard(name);
    EXPECT_TRUE(uids.insert(document["uid"].GetString()).second) << name;
    EXPECT_EQ(document["schemaVersion"].GetInt(), 38) << "Grafana 10 reads it, and 11 migrates it";
    EXPECT_EQ(document["templating"]["list"][0]["name"], "datasource");
    EXPECT_EQ(document["templating"]["list"][0]["type"], "datasource");
    std::set<int> ids;
    std::set<std::pair<int, int>> taken;
    for (const Value& panel : document["panels"].GetArray()) {
      const std::string title = panel["title"].GetString();
      EXPECT_FALSE(title.empty());
      EXPECT_TRUE(ids.insert(panel["id"].GetInt()).second) << title;
      const Value& at = panel["gridPos"];
      EXPECT_LE(at["x"].GetInt() + at["w"].GetInt(), 24) << title;
      for (int x = at["x"].GetInt(); x < at["x"].GetInt() + at["w"].GetInt(); ++x) {
        for (int y = at["y"].GetInt(); y < at["y"].GetInt() + at["h"].GetInt(); ++y) {
          EXPECT_TRUE(taken.emplace(x, y).second) << name << ": " << title << " lies over another panel";
        }
      }
    }
    for (const Value* const panel : panels_of(document)) {
      const std::string title = (*panel)["title"].GetString();
      EXPECT_EQ((*panel)["datasource"]["uid"], "${datasource}") << title;
      EXPECT_GT((*panel)["fieldConfig"]["defaults"]["unit"].GetStringLength(), 0U) << title;
      for (const Value& target : (*panel)["targets"].GetArray()) {
        EXPECT_EQ(target["datasource"]["uid"], "${datasource}") << title;
        EXPECT_NE(std::string_view(target["expr"].GetString()).find("instance=~\"$instance\""), std::string_view::npos)
            << title;
      }
    }
  }
  EXPECT_STREQ(dashboard("host")["panels"][0]["title"].GetString(), "What is wrong");
}

TEST(Monitoring, EachAlertHasWordsAndARunbook) {
  const std::string runbooks = read_file(RESPAND_SOURCE "/docs/runbooks.md");
  const std::string list = read_file(RESPAND_SOURCE "/docs/monitoring.md");
  const rapidjson::Document rules = read_yaml(kFolder + "/prometheus/respand.rules.yaml");
  std::set<std::string> sections;
  for (const std::string& line : lines_of(runbooks)) {
    if (line.starts_with("## Respand")) {
      sections.insert(line.substr(3));
    }
  }
  for (const Value* const alert : alerts_of(rules)) {
    const std::string name = (*alert)["alert"].GetString();
    const Value& words = (*alert)["annotations"];
    for (const char* const word : {"summary", "description"}) {
      EXPECT_NE(std::string_view(words[word].GetString()).find("{{ $labels.instance }}"), std::string_view::npos)
          << name << ": " << word;
    }
    std::string anchor = name;
    std::transform(anchor.begin(), anchor.end(), anchor.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_TRUE(std::string(words["runbook_url"].GetString()).ends_with(cat("/runbooks.md#", anchor))) << name;
    EXPECT_EQ(sections.erase(name), 1U) << "docs/runbooks.md has no section for " << name;
    EXPECT_NE(list.find(name), std::string::npos) << "docs/monitoring.md does not name " << name;
    const std::string severity = (*alert)["labels"]["severity"].GetString();
    EXPECT_TRUE(severity == "critical" || severity == "warning") << name;
  }
  EXPECT_TRUE(sections.empty()) << "a runbook without an alert: " << *sections.begin();
}

// The minute before it fires, and the one in which it does.
TEST(Monitoring, EachAlertIsTestedAtItsEdge) {
  const rapidjson::Document rules = read_yaml(kFolder + "/prometheus/respand.rules.yaml");
  const rapidjson::Document tests = read_yaml(kFolder + "/prometheus/respand.rules_test.yaml");
  std::map<std::string, std::pair<std::set<int>, std::set<int>>> times;  // silent, firing; in minutes
  for (const Value& test : tests["tests"].GetArray()) {
    EXPECT_GE(test["input_series"].Size(), 2U) << "another series stays silent";
    for (const Value& one : test["alert_rule_test"].GetArray()) {
      auto& [silent, firing] = times[one["alertname"].GetString()];
      (one["exp_alerts"].Empty() ? silent : firing).insert(std::stoi(one["eval_time"].GetString()));
    }
  }
  for (const Value* const alert : alerts_of(rules)) {
    const std::string name = (*alert)["alert"].GetString();
    const auto& [silent, firing] = times[name];
    ASSERT_FALSE(silent.empty() || firing.empty()) << name;
    EXPECT_EQ(*silent.rbegin() + 1, *firing.begin()) << name;
  }
}

TEST(Monitoring, PromtoolFindsTheRulesGoodAndTheirTestsTrue) {
  const auto tool = find_promtool();
  if (!tool) {
    GTEST_SKIP() << "promtool is not installed";
  }
  for (const std::vector<std::string>& words : {std::vector<std::string>{"check", "rules", "respand.rules.yaml"},
                                                {"test", "rules", "respand.rules_test.yaml"}}) {
    Process judge(*tool, words, {.directory = kFolder + "/prometheus"});
    const auto exit = judge.wait();
    EXPECT_TRUE(exit && exit->status == 0) << judge.out() << judge.err();
  }
}

TEST(Monitoring, WhatIsWrongWithAnExpressionIsFound) {
  const PageLabels page = {{"a_total", {"reason", "job", "instance"}}, {"b_bucket", {"le", "job", "instance"}}};
  EXPECT_EQ(objections(R"(sum by (reason) (rate(a_total{job=~"$job", reason!="x, {y}"}[5m])) > 0.5 or a_total)", page),
            "");
  EXPECT_EQ(objections("histogram_quantile(0.9, sum by (le) (rate(b_bucket[$__rate_interval])))", page), "");
  EXPECT_NE(objections("rate(c_total[5m])", page), "");
  EXPECT_NE(objections(R"(a_total{input="x"})", page), "");
  EXPECT_NE(objections("sum by (input) (a_total)", page), "");
  EXPECT_NE(objections("1 > 0", page), "") << "it asks for nothing";
  EXPECT_EQ(legend_objections("{{reason}} of {{instance}}", "a_total", page), "");
  EXPECT_NE(legend_objections("{{reason}}", "sum(a_total)", page), "");
  EXPECT_NE(legend_objections("{{reason}}", "sum by (job) (a_total)", page), "");
  EXPECT_EQ(variable_objections("label_values(a_total{job=~\"$job\"}, reason)", page), "");
  EXPECT_NE(variable_objections("label_values(a_total, input)", page), "");
}

// The API's clock is read from its answers.
TEST(Monitoring, AClockThatIsOffIsTold) {
  http::RawServer api([](http::Peer& peer) {
    while (peer.request()) {
      peer.send("HTTP/1.1 200 OK\r\nDate: Tue, 15 Nov 1994 08:12:31 GMT\r\nContent-Length: 2\r\n\r\n{}");
    }
  });
  Daemon daemon(api.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(daemon.metric("respand_clock_offset_seconds"), 0);
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 1));
  EXPECT_GT(daemon.metric("respand_clock_offset_seconds"), 900'000'000);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Monitoring, RoomOnTheDisksIsTold) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const double free = daemon.metric("respand_journal_filesystem_free_bytes");
  EXPECT_GT(free, 0);
  EXPECT_LT(free, 1e18);
  EXPECT_EQ(daemon.metric("respand_dead_letters_max_bytes"), 1 << 30);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
