// Costs as a user sees them, with the real binary: unknown costs, bills, dimensions, repeats after kill -9, null values
// that are filled in, and the merged reports of several hosts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

RunResult costs_of(const Daemon& daemon, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"costs", "--config", daemon.config_path()});
  return run_respand(std::move(arguments));
}

bool has_records(const Daemon& daemon, int records) {
  return eventually([&] {
    return costs_of(daemon, {"--json"}).out.find(cat("\"total\":{\"records\":", records, ",")) != std::string::npos;
  });
}

constexpr const char* kUnpriced = R"({"model":"no-such-model","customer_identifier":"acme","metadata":{"team":"blue"},)"
                                  R"("usage":{"prompt_tokens":10,"completion_tokens":5}})"
                                  "\n";
constexpr const char* kBilled = R"({"model":"no-such-model-either","customer_identifier":"acme","cost":null,)"
                                R"("usage":{"prompt_tokens":10,"completion_tokens":5,"cost":0.25}})"
                                "\n";

TEST(Finance, WhatHasNoPriceIsSaidEverywhere) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.costs = ", dimensions: [/metadata/team]"
                                                   ", budgets: [{match: {customer: acme}, per: month, usd: 100}]"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(cat(kUnpriced, kUnpriced, kBilled));
  ASSERT_TRUE(daemon.process().wait_for_line("calls of a model have no price"));
  ASSERT_TRUE(daemon.process().wait_for_line("a budget is about records without a price"));
  ASSERT_TRUE(has_records(daemon, 3));
  const std::string table = costs_of(daemon, {"--by", "model,team"}).out;
  EXPECT_THAT(table, HasSubstr("n/a"));
  EXPECT_THAT(table, HasSubstr("blue"));
  EXPECT_THAT(table, HasSubstr("0.2500 (2 of 3 records without a price)"));
  EXPECT_THAT(table, HasSubstr("no-such-model (2)"));
  EXPECT_THAT(table, HasSubstr("0.2500 reported in answers"));
  EXPECT_THAT(costs_of(daemon, {"--json", "--customer", "acme", "--by", "month", "--tz", "+02:00"}).out,
              HasSubstr(R"("unpriced":2)"));
  EXPECT_THAT(costs_of(daemon, {"--csv"}).out, HasSubstr(",unpriced,"));
  const RunResult status = run_respand({"status", "--json", "--config", daemon.config_path()});
  EXPECT_THAT(status.out, HasSubstr(R"("today_usd":0.25,"today_unpriced":2)"));
  EXPECT_THAT(status.out, HasSubstr(R"("crossed_percent":0,"unpriced":2)"));
  EXPECT_THAT(daemon.page("/status").body, HasSubstr("at least 0.2500 USD today (UTC), 2 records without a price"));
  EXPECT_EQ(daemon.metric("respand_llm_unpriced_records_total", {{"model", "no-such-model"}}), 2);
  EXPECT_EQ(daemon.metric("respand_figures_missing_total", {{"reason", "model_unknown"}}), 2);
  ASSERT_TRUE(sink.wait_for_records(3));
  bool filled = false;
  for (const std::string& body : sink.bodies()) {
    filled = filled || body.find(R"("customer_identifier":"acme","cost":0.25,"usage")") != std::string::npos;
  }
  EXPECT_TRUE(filled) << "the null gave way to the bill";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Finance, ARepeatIsNoSpendOverKill9) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.costs = ", deduplicate: 24h"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string record = R"({"custom_identifier":"order-1","model":"m","cost":0.5})"
                             "\n";
  daemon.send_acknowledged(record + record);
  ASSERT_TRUE(has_records(daemon, 1));
  daemon.kill();
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record);
  EXPECT_TRUE(eventually([&] { return costs_of(daemon, {"--json"}).out.find(R"("repeats":2)") != std::string::npos; }));
  EXPECT_THAT(costs_of(daemon, {"--json"}).out, HasSubstr(R"("cost":0.5,)"));
  ASSERT_TRUE(sink.wait_for_records(3)) << "repeats are delivered";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Finance, ReportsOfHostsAreAddedUp) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(cat(kUnpriced, kBilled));
  ASSERT_TRUE(has_records(daemon, 2));
  const std::string file = daemon.folder() / "host.json";
  write_file(file, costs_of(daemon, {"--json"}).out);
  const RunResult merged = run_respand({"costs", "merge", file, file});
  EXPECT_EQ(merged.status, 0) << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("0.5000 (2 of 4 records without a price)"));
  write_file(daemon.folder() / "other.json", "{}");
  EXPECT_EQ(run_respand({"costs", "merge", file, daemon.folder() / "other.json"}).status, 1);
  EXPECT_EQ(run_respand({"costs", "merge"}).status, 64);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
