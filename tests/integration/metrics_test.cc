// GET /metrics: what a scraper demands (the rules of `promtool check metrics`), and every metric that is promised.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/integration/daemon.h"
#include "tests/support/promtool.h"

namespace respand::test {
namespace {

// increase() misses the first event of a series that begins with it.
TEST(Metrics, WhatCanBeKnownIsThereFromTheStart) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string text = daemon.page("/metrics").body;
  for (const std::string_view series : {R"(respand_records_dead_lettered_total{reason="422"} 0)",
                                        R"(respand_records_dead_lettered_total{reason="400"} 0)",
                                        R"(respand_records_dead_lettered_total{reason="expired"} 0)",
                                        R"(respand_records_dead_lettered_total{reason="exhausted"} 0)",
                                        R"(respand_records_dead_lettered_total{reason="by_hand"} 0)",
                                        R"(respand_requests_total{code="200"} 0)",
                                        R"(respand_requests_total{code="429"} 0)",
                                        R"(respand_requests_total{code="503"} 0)",
                                        R"(respand_requests_total{code="timeout"} 0)",
                                        R"(respand_retries_total{reason="503"} 0)",
                                        R"(respand_retries_total{reason="connect"} 0)",
                                        R"(respand_records_dropped_total{reason="journal_full"} 0)",
                                        R"(respand_records_dropped_total{reason="damaged"} 0)",
                                        R"(respand_records_dropped_total{reason="sampled_out"} 0)",
                                        "respand_records_delivered_total 0",
                                        R"(respand_records_rejected_total{input="socket",reason="not_json"} 0)",
                                        R"(respand_records_rejected_total{input="spool",reason="too_large"} 0)",
                                        "respand_records_stuck 0",
                                        "respand_surrogates_replaced_total 0",
                                        "respand_ready 1",
                                        "respand_journal_full_in_seconds +Inf",
                                        R"(respand_paused{reason="key"} 0)",
                                        R"(respand_paused{reason="account"} 0)",
                                        R"(respand_paused{reason="proxy"} 0)",
                                        R"(respand_paused{reason="destination"} 0)",
                                        R"(respand_paused{reason="refused"} 0)",
                                        "respand_dead_letters_bytes 0",
                                        "respand_config_last_reload_successful 1",
                                        "respand_next_try_seconds 0"}) {
    EXPECT_NE(text.find(std::string(series) + "\n"), std::string::npos) << series << "\n" << text;
  }
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// A backslash in a help text stands for itself or a line end only where it is written so.
bool is_escaped(std::string_view help) {
  for (std::size_t at = 0; (at = help.find('\\', at)) != std::string_view::npos; at += 2) {
    if (at + 1 == help.size() || (help[at + 1] != '\\' && help[at + 1] != 'n')) {
      return false;
    }
  }
  return true;
}

// What is wrong with a page, a line each.
std::string mistakes_in(const std::string& page) {
  std::string wrong;
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
  std::set<std::string> samples;
  for (const std::string& line : lines_of(page)) {
    const std::string name = line.substr(0, line.find_first_of("{ "));
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
      const std::string rest = line.substr(7);
      const std::string of = rest.substr(0, rest.find(' '));
      const std::string text = rest.substr(std::min(rest.size(), of.size() + 1));
      const bool first = line[2] == 'H' ? helped.insert(of).second : types.emplace(of, text).second;
      wrong += first ? "" : "said twice: " + line + "\n";
      wrong += text.empty() ? "says nothing: " + line + "\n" : "";
      wrong += is_escaped(text) ? "" : "a scraper takes no such escape: " + line + "\n";
      continue;
    }
    if (!samples.insert(line.substr(0, line.rfind(' '))).second) {
      wrong += "the same sample twice: " + line + "\n";
    }
    std::string family = name;
    for (const char* const end : {"_bucket", "_sum", "_count"}) {
      const std::string stem = name.ends_with(end) ? name.substr(0, name.size() - std::string(end).size()) : "";
      family = types.contains(stem) && types[stem] == "histogram" ? stem : family;
    }
    const std::string type = types.contains(family) ? types[family] : "";
    wrong += type.empty() || !helped.contains(family) ? "no HELP or TYPE before: " + line + "\n" : "";
    wrong += type == "counter" && !name.ends_with("_total") ? "a counter must end in _total: " + line + "\n" : "";
    wrong += type != "counter" && name.ends_with("_total") ? "no counter, and ends in _total: " + line + "\n" : "";
    wrong += family.find("milliseconds") != std::string::npos ? "seconds are the base unit: " + line + "\n" : "";
  }
  return wrong;
}

TEST(Metrics, PromtoolFindsNothing) {
  const auto tool = find_promtool();
  if (!tool) {
    GTEST_SKIP() << "promtool is not installed";
  }
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n{]\n");
  ASSERT_TRUE(daemon.wait_for_metric("respand_llm_cost_usd_total", 0.001));
  Process judge(*tool, {"check", "metrics"}, {.input = true});
  EXPECT_TRUE(judge.write_input(daemon.page("/metrics").body));
  judge.close_input();
  const auto exit = judge.wait();
  EXPECT_TRUE(exit && exit->status == 0);
  EXPECT_EQ(judge.out() + judge.err(), "");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Metrics, AreAsAScraperWantsThemAndAllThere) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n{]\n");
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 1));
  ASSERT_TRUE(daemon.wait_for_metric("respand_llm_cost_usd_total", 0.001));
  const std::string page = daemon.page("/metrics").body;
  EXPECT_EQ(mistakes_in(page), "");
  for (const char* const name : {"respand_records_received_total",
                                 "respand_records_rejected_total",
                                 "respand_records_delivered_total",
                                 "respand_records_dropped_total",
                                 "respand_requests_total",
                                 "respand_bytes_received_total",
                                 "respand_llm_cost_usd_total",
                                 "respand_llm_tokens_total",
                                 "respand_backlog_records",
                                 "respand_backlog_bytes",
                                 "respand_backlog_oldest_seconds",
                                 "respand_in_flight",
                                 "respand_concurrency_limit",
                                 "respand_circuit_open",
                                 "respand_connections",
                                 "respand_journal_bytes",
                                 "respand_journal_max_bytes",
                                 "process_cpu_seconds_total",
                                 "process_open_fds",
                                 "process_max_fds",
                                 "process_resident_memory_bytes",
                                 "process_virtual_memory_bytes",
                                 "process_start_time_seconds",
                                 "respand_build_info",
                                 "respand_request_seconds",
                                 "respand_delivery_lag_seconds",
                                 "respand_commit_seconds",
                                 "respand_llm_generation_seconds"}) {
    EXPECT_NE(page.find(cat("# TYPE ", name, " ")), std::string::npos) << name;
  }
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Metrics, OfTheProcessAreWhatTheSystemSays) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string page = daemon.page("/metrics").body;
  const auto value = [&](std::string_view name) { return metric(page, name).value_or(-1); };
  EXPECT_GT(value("process_cpu_seconds_total"), 0);
  EXPECT_GT(value("process_open_fds"), 10);
  EXPECT_GE(value("process_max_fds"), value("process_open_fds"));
  EXPECT_GT(value("process_virtual_memory_bytes"), value("process_resident_memory_bytes"));
  EXPECT_GT(value("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(value("process_start_time_seconds"), 1'700'000'000);
  EXPECT_EQ(value("respand_journal_max_bytes"), 4.0 * (1ULL << 30));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// An API that refuses the key stops delivery; records are taken all the same.
TEST(Metrics, APauseIsNamedAndTheIntakeStaysReady) {
  SinkServer sink({.key = "another-key"});
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(daemon.page("/readyz/intake").status(), 200);
  daemon.send_acknowledged(record(1) + "\n");
  EXPECT_TRUE(daemon.wait_for_metric("respand_paused", 1, {{"reason", "key"}}));
  EXPECT_EQ(daemon.metric("respand_ready"), 0);
  EXPECT_EQ(daemon.page("/readyz").status(), 503);
  EXPECT_EQ(daemon.page("/readyz/intake").status(), 200);
  EXPECT_EQ(daemon.page("/readyz/intake").body, "ready\n");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// DNS rebinding: a web page whose own host name resolves to this host gets nothing to read.
TEST(Metrics, PagesAreGivenOnlyUnderNamesThatAreKnown) {
  SinkServer sink;
  Daemon daemon(sink.url(), "http: {hosts: [prometheus.example]}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto status_for = [&daemon](std::string_view path, std::string_view host) {
    Client client = Client::connect_tcp(daemon.metrics_port());
    EXPECT_TRUE(client.send(cat("GET ", path, " HTTP/1.1\r\nHost: ", host, "\r\n\r\n")));
    const auto answer = client.read_answer();
    return answer ? static_cast<unsigned>(answer->status()) : 0U;
  };
  for (const std::string_view path : {"/", "/metrics", "/readyz", "/readyz/intake", "/healthz"}) {
    for (const std::string_view known : {"localhost", "127.0.0.1:9464", "[::1]", "prometheus.example:80"}) {
      EXPECT_EQ(status_for(path, known), 200U) << path << " of " << known;
    }
    for (const std::string_view foreign : {"evil.example", "127.0.0.1.evil.example", "10.0.0.1"}) {
      EXPECT_EQ(status_for(path, foreign), 421U) << path << " of " << foreign;
    }
  }
  daemon.set_more("http: {hosts: [other.example]}");
  ASSERT_EQ(Client::connect_unix(daemon.control_path()).request("POST", "/reload")->status(), 200U);
  EXPECT_EQ(status_for("/metrics", "other.example"), 200U);
  EXPECT_EQ(status_for("/metrics", "prometheus.example"), 421U);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Metrics, WhatIsWrongWithAPageIsFound) {
  const std::string good = "# HELP a_total x\n# TYPE a_total counter\na_total 1\n";
  EXPECT_EQ(mistakes_in(good), "");
  EXPECT_EQ(mistakes_in("# HELP a_total \\\\u and \\n\n# TYPE a_total counter\na_total 1\n"), "");
  EXPECT_NE(mistakes_in("# HELP a_total \\u\n# TYPE a_total counter\na_total 1\n"), "");
  EXPECT_NE(mistakes_in("a_total 1\n"), "");
  EXPECT_NE(mistakes_in(good + "a_total 2\n"), "");
  EXPECT_NE(mistakes_in(good + "# TYPE a_total counter\n"), "");
  EXPECT_NE(mistakes_in("# HELP b x\n# TYPE b counter\nb 1\n"), "");
  EXPECT_NE(mistakes_in("# HELP b_total x\n# TYPE b_total gauge\nb_total 1\n"), "");
}

TEST(Metrics, TheBooksBalanceAcrossRestarts) {
  SinkServer sink;
  Daemon daemon(sink.url());
  for (std::uint64_t life = 0; life < 3; ++life) {
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    sink.stop();
    daemon.send_acknowledged(record(2 * life) + "\n[1]\n" + record(2 * life + 1) + "\n");
    EXPECT_TRUE(eventually([&] { return daemon.imbalance().empty(); }));
    EXPECT_EQ(daemon.metric("respand_backlog_records"), 2);
    daemon.kill();  // with a backlog
    sink.start();
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
    daemon.expect_books_balance();
    ASSERT_NO_FATAL_FAILURE(daemon.stop());
  }
}

}  // namespace
}  // namespace respand::test
