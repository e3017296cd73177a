// The ledger with the real binary: `respand costs` counts each record that was taken in once, through kill -9 and
// through recycled segments, whether the daemon runs or not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <map>
#include <thread>

#include "respand/base/random.h"
#include "tests/integration/daemon.h"
#include "tests/support/json.h"
#include "tests/support/sanitized.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

constexpr int kKills = kSanitized ? 2 : 12;

RunResult costs(const Daemon& daemon, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"costs", "--config", daemon.config_path()});
  return run_respand(arguments);
}

std::string total(const Daemon& daemon, std::string_view what) {
  const std::string json = costs(daemon, {"--since", "30d", "--json"}).out;
  const std::size_t at = json.rfind("\"total\":");
  return at == std::string::npos ? "" : member(json.substr(at + 8, json.find('}', at) + 1 - at - 8), what);
}

// Millionths of a dollar that record number `n` costs.
std::uint64_t cost_of(std::uint64_t n) { return 1 + n * 7919 % 1000; }

std::string line_of(std::uint64_t n) {
  return cat(R"({"model":"m)", n % 3, R"(","custom_identifier":"c-)", n,
             R"(","prompt_messages":[{"role":"user","content":")", std::string(800, 'x'),
             R"("}],"customer_identifier":"u)", n % 20, R"(","cost":)",
             cat("0.", std::to_string(1'000'000 + cost_of(n)).substr(1)), "}\n");
}

// Hands records over, with acknowledgements, until it is told to stop; goes on where the daemon comes back.
void write(const Daemon& daemon, std::atomic<std::uint64_t>& next, std::atomic<std::uint64_t>& acknowledged,
           const std::atomic<bool>& stop) {
  while (!stop) {
    Client client = daemon.connect();
    if (!client.connected() || !client.send("!ack\n")) {
      continue;
    }
    std::uint64_t sent = 0;
    std::uint64_t durable = 0;
    for (bool alive = true; alive && !stop;) {
      std::string lines;
      for (int i = 0; i < 50; ++i) {
        lines += line_of(next++);
        ++sent;
      }
      alive = client.send(lines);
      while (alive && durable < sent) {
        const auto answer = client.read_line();
        alive = answer.has_value();
        if (alive) {
          const std::uint64_t upto = std::stoull(member(*answer, "durable"));
          acknowledged += upto - durable;
          durable = upto;
        }
      }
    }
  }
}

// Spans of tracing clients are counted too: those of model calls, and not the spans around them.
TEST(Costs, SpansAndExportRequestsAreCounted) {
  SinkServer sink;
  Daemon daemon(sink.url());
  daemon.start();
  const auto post = [&](std::string_view path, std::string_view body) {
    Client client = daemon.connect();
    const auto answer = client.request("POST", path, body, {{"Content-Type", "application/json"}});
    return answer ? answer->status() : 0;
  };
  EXPECT_EQ(post("/v1/traces/ingest",
                 R"([{"span_unique_id":"a","log_type":"workflow","model":"m","cost":9,"prompt_tokens":7},)"
                 R"({"span_unique_id":"b","log_type":"generation","model":"m","cost":0.25,"prompt_tokens":3},)"
                 R"({"span_unique_id":"c","span_name":"no call"}])"),
            200);
  const auto span = [](std::string_view id, std::string_view parent) {
    return cat(R"({"spanId":")", id, R"(","parentSpanId":")", parent,
               R"(","attributes":[{"key":"gen_ai.request.model","value":{"stringValue":"m"}},)"
               R"({"key":"gen_ai.usage.input_tokens","value":{"intValue":"100"}},)"
               R"({"key":"gen_ai.usage.cost","value":{"doubleValue":0.5}}]})");
  };
  EXPECT_EQ(post("/v2/traces", cat(R"({"resourceSpans":[{"scopeSpans":[{"spans":[)", span("1", ""), ",", span("2", "1"),
                                   ",", span("3", "1"), "]}]}]}")),
            200);
  EXPECT_TRUE(eventually([&] { return total(daemon, "records") == "3"; })) << costs(daemon, {}).out;
  EXPECT_EQ(total(daemon, "cost"), "1.25");
  EXPECT_EQ(total(daemon, "prompt_tokens"), "203");
  // As many as exporters send at once.
  std::string spans;
  for (int i = 0; i < 512; ++i) {
    spans += cat(i == 0 ? "" : ",", span(cat("call-", i), "above"));
  }
  EXPECT_EQ(post("/v1/traces", cat(R"({"resourceSpans":[{"scopeSpans":[{"spans":[)", spans, "]}]}]}")), 200);
  EXPECT_TRUE(eventually([&] { return total(daemon, "records") == "515"; })) << costs(daemon, {}).out;
  daemon.stop();
}

TEST(Costs, AreExactOverKill9) {
  SinkServer sink;
  Daemon daemon(sink.url(),
                Daemon::Setup{.socket = ", max_record: 900KiB", .journal = ", segment_size: 1MiB, max_size: 256MiB"});
  std::atomic<std::uint64_t> next = 0;
  std::atomic<std::uint64_t> acknowledged = 0;
  std::atomic<bool> stop = false;
  SeededRandom random(20261124);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  {
    const std::jthread writer([&] { write(daemon, next, acknowledged, stop); });
    for (int kill = 0; kill < kKills && !testing::Test::HasFailure(); ++kill) {
      EXPECT_TRUE(sink.wait_for_records(sink.records() + 200 + random.below(3000)));
      daemon.kill();
      [&] { ASSERT_NO_FATAL_FAILURE(daemon.start()); }();
    }
    stop = true;
  }
  ASSERT_FALSE(testing::Test::HasFailure());
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(daemon.metric("respand_ledger_missed_records_total"), 0);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());

  // What became durable arrived; what arrived twice was sent twice and taken in once.
  std::map<std::string, std::uint64_t> arrived;
  for (const std::string& body : sink.bodies()) {
    const std::string identifier = member(body, "custom_identifier");
    arrived[identifier] = std::stoull(identifier.substr(2));
  }
  std::uint64_t spent = 0;
  for (const auto& [identifier, n] : arrived) {
    spent += cost_of(n);
  }
  EXPECT_GE(arrived.size(), acknowledged);
  EXPECT_EQ(total(daemon, "records"), std::to_string(arrived.size()));
  EXPECT_EQ(std::stod(total(daemon, "cost")), static_cast<double>(spent) / 1e6);
  const std::size_t segments = names_in(daemon.journal_path()).size();
  std::printf("kills %d, acknowledged %llu, taken in %zu, in the ledger %s for %s USD; files of the journal %zu\n",
              kKills, static_cast<unsigned long long>(acknowledged), arrived.size(), total(daemon, "records").c_str(),
              total(daemon, "cost").c_str(), segments);
  EXPECT_GT(arrived.size() * 800, 3U << 20) << "segments were written over";
}

TEST(Costs, BesideTheDaemonAndWithoutIt) {
  SinkServer sink;
  Daemon daemon(sink.url());
  const RunResult before = costs(daemon, {});
  EXPECT_EQ(before.status, 1);
  EXPECT_THAT(before.err, HasSubstr("there is no ledger in"));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(line_of(1) + line_of(2) + line_of(4));
  EXPECT_TRUE(eventually([&] { return total(daemon, "records") == "3"; }));
  const RunResult table = costs(daemon, {"--by", "model,customer"});
  EXPECT_EQ(table.status, 0);
  EXPECT_THAT(table.out, HasSubstr("CUSTOMER"));
  EXPECT_THAT(table.out, HasSubstr("u4"));
  EXPECT_EQ(daemon.metric("respand_llm_cost_usd_total", {{"model", "m1"}}),
            static_cast<double>(cost_of(1) + cost_of(4)) / 1e6);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  const RunResult csv = costs(daemon, {"--by", "day", "--csv"});
  EXPECT_EQ(csv.status, 0);
  EXPECT_THAT(csv.out, HasSubstr("day,records,errors"));
  EXPECT_EQ(total(daemon, "records"), "3");
  EXPECT_THAT(costs(daemon, {"--since", "2020-01-01", "--until", "2020-01-02"}).out, HasSubstr("no records from"));
}

TEST(Costs, BadCommandLinesAre64) {
  SinkServer sink;
  const Daemon daemon(sink.url());
  EXPECT_EQ(costs(daemon, {"--by", "week"}).status, 64);
  EXPECT_EQ(costs(daemon, {"--since", "yesterday"}).status, 64);
  EXPECT_EQ(costs(daemon, {"--since", "1h", "--until", "2h"}).status, 64);
  EXPECT_THAT(costs(daemon, {"--until", "2020-01-01"}).err, HasSubstr("--until lies before --since (24h ago)"));
  EXPECT_THAT(costs(daemon, {"--by", "team"}).err, HasSubstr("costs.dimensions"));
  EXPECT_EQ(costs(daemon, {"--tz", "Mars/Olympus"}).status, 64);
  EXPECT_EQ(costs(daemon, {"--json", "--csv"}).status, 64);
  EXPECT_EQ(costs(daemon, {"--top", "x"}).status, 64);
}

TEST(Costs, ABrokenLedgerIsSaidWithWhatToDo) {
  SinkServer sink;
  const Daemon daemon(sink.url());
  std::filesystem::create_directories(daemon.folder() / "costs");
  write_file(daemon.folder() / "costs/ledger.db", std::string(4096, 'x'));
  const RunResult ran = costs(daemon, {});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.err, HasSubstr("file is not a database"));
  EXPECT_THAT(ran.err, HasSubstr("sets a broken ledger aside"));
}

TEST(Costs, ABudgetIsSaidAndNothingIsDropped) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.costs = ", budgets: [{match: {model: m1}, per: month, usd: 0.0001}]"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(line_of(1) + line_of(4));
  ASSERT_TRUE(daemon.process().wait_for_line("a budget is spent"));
  EXPECT_TRUE(eventually([&] {
    return daemon.page("/status").body.find(
               "budget       model=m1 0.0001 USD a month: 0.0016 of 0.0001 USD (1597 %)") != std::string::npos;
  })) << daemon.page("/status").body;
  EXPECT_GT(daemon.metric("respand_budget_spent_ratio"), 1);
  Process status(RESPAND_BINARY, {"status", "--json", "--config", daemon.config_path()});
  ASSERT_TRUE(status.wait());
  EXPECT_THAT(
      status.out(),
      HasSubstr(
          R"("spend":{"today_usd":0.001597,"today_unpriced":0,"budgets":[{"budget":"model=m1 0.0001 USD a month","spent_usd":0.001597,)"
          R"("limit_usd":0.0001,"crossed_percent":100,"unpriced":0}],"ledger":{"trouble":"","missed":0})"));
  EXPECT_THAT(daemon.page("/status").body, HasSubstr("spend        0.0016 USD today (UTC)\n"));
  EXPECT_TRUE(sink.wait_for_records(2));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// A ledger that can't be written is said, and records are delivered all the same.
TEST(Costs, ALedgerThatCantBeWrittenHoldsUpNothing) {
  SinkServer sink;
  Daemon daemon(sink.url());
  write_file(daemon.folder() / "costs", "not a folder");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(line_of(1));
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_TRUE(daemon.process().wait_for_line("the ledger can't be written or read"));
  EXPECT_THAT(daemon.page("/status").body, HasSubstr("costs are not counted ("));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
