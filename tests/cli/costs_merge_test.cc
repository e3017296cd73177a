// `respand costs merge`: ledgers and reports of many hosts added up, and what is refused or warned of rather than
// counted twice.

#include "cli/costs_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/program.h"
#include "ledger/store.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "tests/support/files.h"
#include "tests/support/json.h"

namespace respand::cli {
namespace {

using ledger::By;
using testing::HasSubstr;
using testing::Not;

struct Said {
  int status = 0;
  std::string out;
  std::string err;
};

Said run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"respand", "costs"});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) {
    pointers.push_back(argument.data());
  }
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.status = run_program(static_cast<int>(pointers.size()), pointers.data());
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

Said merge(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "merge");
  return run(std::move(arguments));
}

std::string total(const Said& said, std::string_view what) {
  const std::size_t at = said.out.rfind("\"total\":");
  return at == std::string::npos ? ""
                                 : test::member(said.out.substr(at + 8, said.out.find('}', at) + 1 - at - 8), what);
}

// What a row is to say: its cost in millionths of a dollar, none where it has no price.
struct Call {
  std::string model;
  std::optional<std::uint64_t> cost;
  std::string host{};
  bool relayed = false;
  std::int64_t hours_ago = 1;
};

class CostsMerge : public testing::Test {
 protected:
  // A ledger in a folder of its own, written on `host`. It stays open, as that of a daemon that runs.
  std::string make_ledger(const std::string& host, const std::vector<Call>& calls) {
    const std::string folder = folder_ / cat("ledger-", stores_.size());
    std::filesystem::create_directory(folder);
    auto store = ledger::Store::open(cat(folder, "/", ledger::kFileName));
    EXPECT_TRUE(store && store->set_host(host));
    ledger::Rows rows;
    for (const Call& call : calls) {
      ledger::Key key{ledger::hour_of(system_clock().wall()) - call.hours_ago, {call.model, "p", "acme", ""}, {}};
      ledger::put_dimension(key.dimensions, ledger::kHostDimension, call.host);
      ledger::put_dimension(key.dimensions, ledger::kRelayedDimension, call.relayed ? ledger::kRelayed : "");
      record::UsageSummary summary{.tokens = {.prompt = 10}, .unpriced = !call.cost};
      if (call.cost) {
        summary.cost = record::Decimal{*call.cost, 6};
        summary.cost_source = record::CostSource::kComputed;
        summary.generation_time = std::chrono::milliseconds{100};
      }
      rows[key].add(summary);
    }
    EXPECT_TRUE(store->commit(rows, store->place()));
    stores_.push_back(std::move(*store));
    return folder;
  }
  // What `respand costs --json` says of the ledger in that folder.
  std::string report_of(const std::string& ledger, const std::vector<std::string>& more = {}) {
    write_config(ledger);
    std::vector<std::string> arguments{"--config", folder_ / "respand.yaml", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Said said = run(arguments);
    EXPECT_EQ(said.status, 0) << said.err;
    const std::string file = folder_ / cat("report-", reports_++, ".json");
    test::write_file(file, said.out);
    return file;
  }
  void write_config(const std::string& ledger) {
    test::write_file(folder_ / "respand.yaml",
                     cat("api: {api_key: k}\ncosts: {directory: ", ledger, ", dimensions: [host]}\n"));
  }
  static std::string file_in(const std::string& ledger) { return cat(ledger, "/", ledger::kFileName); }

  test::TempDir folder_;
  std::vector<ledger::Store> stores_;
  int reports_ = 0;
};

TEST_F(CostsMerge, LedgersOfHostsThatRunAreAddedUp) {
  const std::string one = make_ledger("web-1", {{"a", 1'500'000, "web-1"}, {"b", std::nullopt, "web-1"}});
  const std::string two = make_ledger("web-2", {{"a", 250'000, "web-2"}, {"a", 1, "web-2", false, 30}});
  const Said json = merge({one, file_in(two), "--json"});
  ASSERT_EQ(json.status, 0) << json.err;
  EXPECT_EQ(json.err, "");
  EXPECT_EQ(total(json, "records"), "3") << "of the last 24 hours";
  EXPECT_EQ(total(json, "cost"), "1.75");
  EXPECT_EQ(total(json, "unpriced"), "1");
  EXPECT_EQ(total(json, "prompt_tokens"), "30");
  EXPECT_THAT(json.out, HasSubstr(R"("by":["model"],"rows":[{"model":"a","records":2,)"));
  EXPECT_THAT(json.out, HasSubstr(R"("host":"web-2")"));
  EXPECT_EQ(total(merge({one, two, "--since", "2d", "--json"}), "cost"), "1.750001");
  const Said table = merge({one, two, "--by", "host,model"});
  EXPECT_THAT(table.out, HasSubstr("HOST"));
  EXPECT_THAT(table.out, HasSubstr("web-2"));
  EXPECT_THAT(table.out, HasSubstr("≥ 1.7500 (1 of 3 records without a price)")) << "never money alone";
  EXPECT_EQ(total(merge({one, two, "--model", "b", "--json"}), "records"), "1");
  EXPECT_THAT(merge({one, two, "--csv", "--by", "day"}).out, HasSubstr("day,records,errors"));
}

TEST_F(CostsMerge, ReportsAndLedgersTogether) {
  const std::string one = make_ledger("web-1", {{"a", 1'500'000, "web-1"}, {"b", std::nullopt, "web-1"}});
  const std::string two = make_ledger("web-2", {{"a", 250'000, "web-2"}});
  const std::string report = report_of(one, {"--by", "host,model", "--since", "3h"});
  Said said = merge({report, two, "--json"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(total(said, "cost"), "1.75");
  EXPECT_THAT(said.out, HasSubstr(R"("by":["host","model"])")) << "as the report";
  said = merge({report, two, "--by", "model", "--json"});
  EXPECT_EQ(total(said, "cost"), "1.75") << said.err;
  EXPECT_THAT(said.out, HasSubstr(R"({"model":"a","records":2,)"));
  // A merged report is a report.
  test::write_file(folder_ / "both.json", said.out);
  const std::string three = make_ledger("web-3", {{"c", 1, "web-3"}});
  said = merge({folder_ / "both.json", three, "--json"});
  EXPECT_EQ(total(said, "cost"), "1.750001") << said.err;
  EXPECT_EQ(said.err, "");
  EXPECT_THAT(merge({folder_ / "both.json", two}).err, HasSubstr("are of the same ledger, for hours that overlap"));
  // What a report can't say is said.
  EXPECT_THAT(merge({report, "--by", "customer"}).err, HasSubstr("its rows do not tell customer"));
  EXPECT_THAT(merge({report, "--model", "a"}).err, HasSubstr("it is a report, whose rows are added up"));
  EXPECT_THAT(merge({report, "--since", "1h"}).err, HasSubstr("more than --since and --until"));
  EXPECT_EQ(merge({report, "--since", "2d"}).status, 0);
}

TEST_F(CostsMerge, WhatWouldBeCountedTwiceIsRefused) {
  const std::string one = make_ledger("web-1", {{"a", 1'500'000, "web-1"}});
  Said said = merge({one, file_in(one), "--json"});
  EXPECT_EQ(said.status, 1);
  EXPECT_EQ(said.out, "") << "no sum that is wrong";
  EXPECT_THAT(said.err, HasSubstr("this file is given twice"));
  // A copy, made as an operator makes it: file and log.
  const std::string copy = folder_ / "copy";
  std::filesystem::copy(one, copy);
  said = merge({one, copy});
  EXPECT_EQ(said.status, 1);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, HasSubstr("it is a copy of the same ledger as"));
  const std::string report = report_of(one);
  said = merge({report, report});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.err, HasSubstr("to the last byte"));
  EXPECT_THAT(said.err, HasSubstr("are of the same ledger"));
  said = merge({report_of(one, {"--since", "5h", "--until", "2h"}), report_of(one, {"--since", "2h"})});
  EXPECT_EQ(said.status, 0);
  const std::string before = report_of(one, {"--since", "2020-01-01", "--until", "2020-02-01"});
  EXPECT_THAT(merge({before, report}).err, Not(HasSubstr("same ledger"))) << "other months of one host add up";
}

TEST_F(CostsMerge, AnEdgeBesideItsRelayIsWarnedOf) {
  const std::string edge = make_ledger("web-1", {{"a", 500'000, "web-1"}});
  const std::string other = make_ledger("web-9", {{"a", 500'000, "web-9"}});
  const std::string relay_1 = make_ledger("relay-1", {{"a", 250'000, "web-1", true}, {"a", 3, "relay-1"}});
  const std::string relay_2 = make_ledger("relay-2", {{"a", 250'000, "web-1", true}, {"a", 1, "web-2", true}});
  Said said = merge({relay_1, relay_2, "--by", "host", "--json"});
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(said.err, "") << "two relays take different records: their sums add";
  EXPECT_THAT(said.out, HasSubstr(R"({"host":"web-1","records":2,)"));
  EXPECT_EQ(total(said, "cost"), "0.500004");
  EXPECT_EQ(merge({relay_1, other}).err, "") << "a host that does not go through the relay";
  said = merge({edge, relay_1, relay_2});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.err, HasSubstr("records of web-1 are counted twice: in"));
  EXPECT_THAT(said.err, HasSubstr("(relay-2), by the relay that they went through"));
  EXPECT_THAT(merge({report_of(edge), report_of(relay_1)}).err, HasSubstr("records of web-1 are counted twice"));
  // Without the dimension it can be told that there was an edge, and not which.
  const std::string blind = make_ledger("relay-3", {{"a", 250'000, "", true}});
  EXPECT_THAT(merge({edge, blind}).err, HasSubstr("counts 1 records that other hosts' respand has sent through it"));
  EXPECT_EQ(merge({relay_2, blind}).err, "");
}

TEST_F(CostsMerge, FilesThatAreNoneAreSaidAndNothingIsShown) {
  const std::string one = make_ledger("web-1", {{"a", 1'500'000, "web-1"}});
  const std::string broken = folder_ / "broken.db";
  stores_.clear();  // the daemon stops: all is in the file
  std::string bytes = test::read_file(file_in(one));
  for (std::size_t at = 4096; at < bytes.size(); ++at) {
    bytes[at] = 'x';
  }
  test::write_file(broken, bytes);
  test::write_file(folder_ / "empty", "");
  test::write_file(folder_ / "text", "hello");
  const std::string later = folder_ / "later";
  std::filesystem::copy(one, later);
  auto database = ledger::Database::open(file_in(later), ledger::Database::Mode::kReadWrite);
  ASSERT_TRUE(database && database->run(cat("PRAGMA user_version=", ledger::kSchemaVersion + 1)));
  const Said said = merge({one, broken, folder_ / "empty", folder_ / "text", folder_ / "none", later, folder_.path()});
  EXPECT_EQ(said.status, 1);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, HasSubstr("empty: it is empty"));
  EXPECT_THAT(said.err, HasSubstr("text: not a report of `respand costs --json`"));
  EXPECT_THAT(said.err, HasSubstr("none: it cannot be read"));
  for (const std::string& file : {broken, later, folder_.path()}) {
    const Said alone = merge({one, file});
    EXPECT_EQ(alone.status, 1) << file;
    EXPECT_EQ(alone.out, "") << file;
    EXPECT_THAT(alone.err, HasSubstr(file)) << file;
  }
  EXPECT_THAT(merge({broken}).err, HasSubstr("malformed"));
  EXPECT_THAT(merge({later}).err, HasSubstr("it has schema version 3, this respand knows 1 to 2"));
  EXPECT_THAT(merge({folder_.path()}).err, HasSubstr("No such file"));
  EXPECT_THAT(merge({one, "--by", "teem"}).err, HasSubstr("no file has counted by that"));
  EXPECT_EQ(merge({one, "--since", "x"}).status, kBadCommandLine);
}

TEST_F(CostsMerge, CostsByHostIsForLedgersThatCountByIt) {
  const std::string one = make_ledger("web-1", {{"a", 1'500'000, "web-1"}, {"a", 1, ""}});
  write_config(one);
  const Said said = run({"--config", folder_ / "respand.yaml", "--by", "host,model", "--csv"});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("web-1,a,1,"));
  EXPECT_THAT(said.out, HasSubstr("\n,a,1,")) << "rows from before have no host";
  test::write_file(folder_ / "respand.yaml", cat("api: {api_key: k}\ncosts: {directory: ", one, "}\n"));
  EXPECT_THAT(run({"--config", folder_ / "respand.yaml", "--by", "host"}).err,
              HasSubstr("records are told apart by host once costs.dimensions names host"));
}

}  // namespace
}  // namespace respand::cli
