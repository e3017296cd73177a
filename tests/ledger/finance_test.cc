// What finance asks of a ledger: what is not known, who said what it costs, dimensions, repeats, months, and that the
// ledger of an older respand goes on.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/ledger/world.h"

namespace respand::ledger {
namespace {

record::UsageSummary unpriced(std::string_view model) {
  return {.model = model, .tokens = {.prompt = 5}, .unpriced = true};
}

TEST(Finance, WhatHasNoPriceIsCounted) {
  World world;
  world.live();
  world.put({.model = "a", .cost = micro(5)}, 3);
  world.put(unpriced("a"), 2);
  world.put(unpriced("b"));
  world.step();
  const Report report = world.report({By::kModel});
  EXPECT_EQ(report.total.records.value, 6);
  EXPECT_EQ(report.total.unpriced.value, 3);
  EXPECT_EQ(report.rows.at({"a"}).unpriced.value, 2);
  EXPECT_EQ(report.unpriced_models, (std::map<std::string, std::int64_t>{{"a", 2}, {"b", 1}}));
  EXPECT_EQ(world.ledger->state().today_unpriced, 3);
}

TEST(Finance, WhoSaysWhatItCostsIsToldApart) {
  World world;
  world.live();
  world.put({.model = "m", .cost = micro(1)});
  world.put({.model = "m", .cost = micro(20), .cost_source = record::CostSource::kReported});
  world.put({.model = "m", .cost = micro(300), .cost_source = record::CostSource::kComputed});
  world.step();
  const UsageTotals total = world.report().total;
  EXPECT_EQ(total.cost.exact(), "0.000321");
  EXPECT_EQ(total.reported.exact(), "0.00002");
  EXPECT_EQ(total.computed.exact(), "0.0003");
}

TEST(Finance, DimensionsKeepTheNameUnderWhichTheyWereCounted) {
  World world;
  world.settings.dimensions = {"team", "feature"};
  world.live();
  world.put({.model = "m", .cost = micro(1), .dimensions = {"blue", "chat"}});
  world.put({.model = "m", .cost = micro(2), .dimensions = {"red", ""}});
  world.step();
  world.settings.dimensions = {"feature"};
  world.live();
  world.put({.model = "m", .cost = micro(4), .dimensions = {"search"}});
  world.step();
  const Report teams = world.report({Axis("team")});
  EXPECT_EQ(teams.rows.at({"blue"}).cost.exact(), "0.000001");
  EXPECT_EQ(teams.rows.at({"red"}).cost.exact(), "0.000002");
  EXPECT_EQ(teams.rows.at({""}).cost.exact(), "0.000004");
  const Report features = world.report({Axis("feature")});
  EXPECT_EQ(features.rows.at({"chat"}).cost.exact(), "0.000001");
  EXPECT_EQ(features.rows.at({"search"}).cost.exact(), "0.000004");
}

TEST(Finance, ADimensionHasSoManyValuesADay) {
  World world;
  world.settings.dimensions = {"team"};
  world.live();
  for (int i = 0; i < 1'100; ++i) {
    const std::string team = std::to_string(i);
    world.put({.model = "m", .dimensions = {team}});
  }
  world.step();
  const Report report = world.report({Axis("team")});
  EXPECT_EQ(report.rows.size(), 1'001U);
  EXPECT_EQ(report.rows.at({kOther}).records.value, 100);
}

TEST(Finance, ARepeatIsNoSpend) {
  World world;
  world.settings.deduplicate = std::chrono::hours{24};
  world.live();
  const record::UsageSummary once{.model = "m", .tokens = {.prompt = 7}, .cost = micro(5), .identity = 77};
  world.put(once, 3);
  world.put({.model = "m", .cost = micro(1)}, 2);  // without an identity
  world.step();
  EXPECT_EQ(world.report().total.records.value, 3);
  EXPECT_EQ(world.report().total.repeats.value, 2);
  EXPECT_EQ(world.report().total.cost.exact(), "0.000007");
  world.live();  // as kill -9 leaves it
  world.put(once);
  world.advance(std::chrono::hours{23});
  world.step();
  world.put(once);
  world.advance(std::chrono::seconds{1});
  world.step();
  EXPECT_EQ(world.report().total.cost.exact(), "0.000007");
  EXPECT_EQ(world.report().total.repeats.value, 4);
  world.advance(std::chrono::hours{26});
  world.put(once);
  world.step();
  EXPECT_EQ(world.report().total.cost.exact(), "0.000012") << "after so long it is another call";
}

TEST(Finance, WithoutTheKeyNothingIsARepeat) {
  World world;
  world.live();
  world.put({.model = "m", .cost = micro(5), .identity = 77}, 3);
  world.step();
  EXPECT_EQ(world.report().total.cost.exact(), "0.000015");
  EXPECT_EQ(world.report().total.repeats.value, 0);
}

TEST(Finance, MonthsAndFilters) {
  World world;
  world.live();
  world.put({.model = "m", .customer = "acme", .cost = micro(5)});
  world.put({.model = "n", .customer = "acme", .cost = micro(7)});
  world.put({.model = "n", .customer = "other corp", .cost = micro(9)});
  world.step();
  const auto ask = [&](Question question) {
    question.from = -1'000'000;
    question.to = 10'000'000;
    auto report = read_report(world.settings.directory, question);
    EXPECT_TRUE(report);
    return report ? *report : Report{};
  };
  const std::string month = utc_calendar(hour_of(world.life->clock.wall())).substr(0, 7);
  EXPECT_EQ(ask({.by = {By::kMonth}}).rows.at({month}).records.value, 3);
  Question question{.by = {By::kModel}};
  question.match[static_cast<std::size_t>(Name::kCustomer)] = "acme";
  EXPECT_EQ(ask(question).total.cost.exact(), "0.000012");
  question.match[static_cast<std::size_t>(Name::kModel)] = "n";
  EXPECT_EQ(ask(question).total.cost.exact(), "0.000007");
}

// A record as a relay has it: this one's account, and where it came from.
std::string relayed_attributes(const record::UsageSummary& summary, std::string_view host) {
  std::string origin(journal::kStreamOriginHead, '\x07');
  origin += host;
  const auto size = static_cast<std::uint16_t>(origin.size());
  std::string attributes(1, static_cast<char>(journal::Tag::kStreamOrigin));
  attributes.append(reinterpret_cast<const char*>(&size), sizeof size);
  return attributes + origin + attributes_of(summary);
}

TEST(Finance, HostsAreToldApartWhereTheOperatorWantsIt) {
  World world;
  const record::UsageSummary summary{.model = "m", .cost = micro(1)};
  const auto relay = [&](std::string_view host) {
    ASSERT_TRUE(world.life->put({"{}"}, relayed_attributes(summary, host)));
  };
  world.settings.host = {.name = "relay-1", .tells_apart = false};
  world.live();
  world.put(summary);
  relay("web-1");
  world.step();
  EXPECT_EQ(world.report({Axis(kHostDimension)}).rows.size(), 1U);
  EXPECT_EQ(world.report().relayed, (std::map<std::string, std::int64_t>{{"", 1}}));
  world.settings.host.tells_apart = true;
  world.live();
  world.put(summary, 2);
  relay("web-1");
  relay("web-1");
  relay("web-2\x1f\x1eno\n\xff");
  relay("");
  world.step();
  const Report report = world.report({Axis(kHostDimension)});
  EXPECT_EQ(report.provenance.host, "relay-1");
  EXPECT_EQ(report.rows.at({"relay-1"}).records.value, 2);
  EXPECT_EQ(report.rows.at({"web-1"}).records.value, 2);
  EXPECT_EQ(report.rows.at({""}).records.value, 3) << "the rows from before, and one whose host has no name";
  ASSERT_EQ(report.rows.size(), 4U) << "a strange name is cleaned";
  for (const auto& [values, totals] : report.rows) {
    EXPECT_EQ(printable(values.at(0), 200), values.at(0));
  }
  EXPECT_EQ(report.relayed.at("web-1"), 2);
  EXPECT_FALSE(report.relayed.contains("relay-1"));
  EXPECT_TRUE(report.dimensions.contains("host"));
}

TEST(Finance, ADayHasAThousandHosts) {
  World world;
  world.settings.host = {.name = "relay-1", .tells_apart = true};
  world.live();
  const record::UsageSummary summary{.model = "m", .cost = micro(1)};
  for (int host = 0; host < 1'003; ++host) {
    ASSERT_TRUE(world.life->put({"{}"}, relayed_attributes(summary, cat("web-", host))));
  }
  world.step();
  world.live();
  ASSERT_TRUE(world.life->put({"{}"}, relayed_attributes(summary, "web-2000")));
  ASSERT_TRUE(world.life->put({"{}"}, relayed_attributes(summary, "web-7")));
  world.step();
  const Report report = world.report({Axis(kHostDimension)});
  EXPECT_EQ(report.rows.size(), 1'001U);
  EXPECT_EQ(report.rows.at({kOther}).records.value, 4) << "also after a restart";
  EXPECT_EQ(report.rows.at({"web-7"}).records.value, 2);
}

// The table of whose ledger it is came later: a file without it gets it, and a number that stays.
TEST(Finance, AFileGetsANumberOnce) {
  World world;
  world.settings.host = {.name = "web-1", .tells_apart = true};
  world.live();
  world.put({.model = "m", .cost = micro(5)});
  world.step();
  const Provenance first = world.report().provenance;
  EXPECT_EQ(first.host, "web-1");
  world.kill();
  auto database = Database::open(world.database(), Database::Mode::kReadWrite);
  ASSERT_TRUE(database && database->run("DROP TABLE provenance"));
  EXPECT_EQ(world.report().provenance, Provenance{}) << "a reader takes it as it is";
  EXPECT_EQ(world.report().total.records.value, 1);
  world.settings.host.name = "web-2";
  world.live();
  world.step();
  const Provenance second = world.report().provenance;
  EXPECT_NE(second.ledger, 0U);
  EXPECT_NE(second.ledger, first.ledger);
  EXPECT_EQ(second.host, "web-2");
  EXPECT_EQ(world.report({Axis(kHostDimension)}).rows.at({"web-1"}).records.value, 1) << "rows keep their host";
  world.live();
  world.step();
  EXPECT_EQ(world.report().provenance, second);
  EXPECT_EQ(world.set_aside(), 0U);
}

// The tables of respand 0.1, with two rows: one of a model without prices.
void make_first_version(const World& world) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(world.database().c_str(), &database), SQLITE_OK);
  const char* const tables =
      "PRAGMA journal_mode=WAL;"
      "CREATE TABLE hours(hour INTEGER NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, customer TEXT NOT NULL,"
      " environment TEXT NOT NULL, records INTEGER NOT NULL, errors INTEGER NOT NULL, prompt INTEGER NOT NULL,"
      " completion INTEGER NOT NULL, cached_prompt INTEGER NOT NULL, cache_write INTEGER NOT NULL,"
      " reasoning INTEGER NOT NULL, dollars INTEGER NOT NULL, units INTEGER NOT NULL, generation_us INTEGER NOT NULL,"
      " max_us INTEGER NOT NULL, times BLOB NOT NULL, PRIMARY KEY(hour, model, provider, customer, environment))"
      " STRICT, WITHOUT ROWID;"
      "CREATE TABLE place(id INTEGER PRIMARY KEY CHECK(id = 0), journal INTEGER NOT NULL, next INTEGER NOT NULL,"
      " missed INTEGER NOT NULL) STRICT;"
      "INSERT INTO place VALUES(0, 0, 0, 3);"
      "CREATE TABLE said(budget TEXT PRIMARY KEY, period INTEGER NOT NULL, level INTEGER NOT NULL) STRICT;"
      "INSERT INTO hours VALUES(490000,'m','p','c','e',4,1,100,50,10,5,2,1,500000000000000000,2000000,1500000,x''),"
      "(490000,'no price','p','c','e',6,0,100,50,0,0,0,0,0,0,0,x'');"
      "PRAGMA application_id=1920168036; PRAGMA user_version=1;";
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(database, tables, nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_close(database);
}

void expect_rows_of_the_first_version(const Report& report) {
  const UsageTotals& totals = report.rows.at({"m"});
  EXPECT_EQ(totals.records.value, 4);
  EXPECT_EQ(totals.errors.value, 1);
  EXPECT_EQ(totals.cost.exact(), "1.5");
  EXPECT_EQ(totals.tokens[4].value, 2);
  EXPECT_EQ(totals.max_us, 1'500'000);
  EXPECT_EQ(totals.unpriced.value, 0);
  EXPECT_EQ(report.rows.at({"no price"}).unpriced.value, 6);
}

TEST(Finance, TheLedgerOfAnOlderRespandGoesOn) {
  World world;
  ASSERT_TRUE(fs::posix().make_directories(world.settings.directory));
  make_first_version(world);
  expect_rows_of_the_first_version(world.report({By::kModel}));  // before a daemon has opened it
  world.live();
  world.put({.model = "m", .provider = "p", .customer = "c", .environment = "e", .cost = micro(5)});
  world.step();
  EXPECT_EQ(world.set_aside(), 0U);
  const Report report = world.report({By::kModel});
  EXPECT_NE(report.provenance.ledger, 0U);
  EXPECT_EQ(report.total.records.value, 11);
  EXPECT_EQ(report.total.cost.exact(), "1.500005");
  EXPECT_EQ(report.missed, 3U);
  world.kill();
  auto old_rows = read_report(world.settings.directory, {.from = 490'000, .to = 490'001, .by = {By::kModel}});
  ASSERT_TRUE(old_rows);
  expect_rows_of_the_first_version(*old_rows);
}

TEST(Finance, ABudgetOfUnknownMoneyIsAtLeast) {
  World world;
  world.settings.budgets = {
      {.match = {{std::nullopt, std::nullopt, "acme", std::nullopt}}, .per = Per::kDay, .limit = {1, 0}}};
  world.live();
  world.put({.model = "m", .customer = "acme", .cost = micro(5)});
  world.put({.model = "x", .customer = "acme", .unpriced = true}, 2);
  world.put({.model = "x", .customer = "other", .unpriced = true}, 4);
  world.step();
  const State state = world.ledger->state();
  ASSERT_EQ(state.budgets.size(), 1U);
  EXPECT_EQ(state.budgets[0].unpriced, 2);
  EXPECT_EQ(state.budgets[0].spent.exact(), "0.000005");
  EXPECT_EQ(state.today_unpriced, 6);
  const std::string page = world.life->registry.expose();
  const std::string labels =
      R"({budget="customer=acme 1 USD a day",customer="acme",environment="",model="",per="day",provider=""} )";
  EXPECT_NE(page.find("respand_budget_unpriced_records" + labels + "2\n"), std::string::npos) << page;
  EXPECT_NE(page.find("respand_budget_limit_usd" + labels + "1\n"), std::string::npos) << page;
  EXPECT_NE(page.find(R"(respand_llm_unpriced_records_total{model="x"} 6)"), std::string::npos) << page;
  world.live();
  world.step();
  EXPECT_EQ(world.ledger->state().budgets[0].unpriced, 2) << "read from the ledger";
}

}  // namespace
}  // namespace respand::ledger
