#include "ledger/budgets.h"

#include <gtest/gtest.h>

#include "ledger/spend_tracker.h"
#include "respand/base/text.h"
#include "tests/ledger/store_bench.h"
#include "tests/ledger/world.h"

namespace respand::ledger {
namespace {

using std::chrono::hours;

Budget acme_a_day(std::int64_t dollars) {
  return {.match = {{std::nullopt, std::nullopt, "acme", std::nullopt}}, .per = Per::kDay, .limit = {dollars, 0}};
}

class BudgetsTest : public testing::Test {
 protected:
  void spend(std::uint64_t cents, std::string_view customer = "acme") {
    world_.put({.model = "m", .customer = customer, .cost = record::Decimal{cents, 2}});
    world_.advance(std::chrono::seconds{1});
    world_.step();
  }
  int level() { return world_.ledger->state().budgets.at(0).level; }
  double crossings(const std::string& percent) {
    return world_.life->registry
        .counter("respand_budget_crossings_total", "Times that a budget's 80 or 100 percent was crossed",
                 {{"budget", world_.ledger->state().budgets.at(0).name}, {"percent", percent}})
        .value();
  }
  World world_;
};

TEST_F(BudgetsTest, LevelsAreCrossedExactlyAndOnce) {
  world_.settings.budgets = {acme_a_day(50)};
  world_.live();
  spend(3999);
  EXPECT_EQ(level(), 0);
  spend(5000, "somebody else");
  EXPECT_EQ(level(), 0);
  spend(1);
  EXPECT_EQ(level(), 80);
  EXPECT_EQ(crossings("80"), 1);
  spend(999);
  EXPECT_EQ(level(), 80);
  EXPECT_EQ(crossings("100"), 0);
  spend(1);
  EXPECT_EQ(level(), 100);
  EXPECT_EQ(crossings("100"), 1);
  EXPECT_EQ(crossings("80"), 1);
  EXPECT_EQ(world_.ledger->state().budgets.at(0).spent.exact(), "50");
}

TEST_F(BudgetsTest, ALogLineEachAndNotAgainAfterARestart) {
  world_.settings.budgets = {acme_a_day(1)};
  const auto warnings = [&](const std::function<void()>& run) {
    testing::internal::CaptureStderr();
    run();
    const std::string log = testing::internal::GetCapturedStderr();
    int count = 0;
    for (std::size_t at = log.find("WARNING a budget"); at != std::string::npos;
         at = log.find("WARNING a budget", at + 1)) {
      ++count;
    }
    return count;
  };
  EXPECT_EQ(warnings([&] {
              world_.live();
              spend(85);
              spend(1);
            }),
            1);
  EXPECT_EQ(warnings([&] {
              world_.live();
              world_.step();
            }),
            0);
  EXPECT_EQ(level(), 80) << "known from the ledger";
  EXPECT_EQ(warnings([&] {
              spend(100);
              spend(100);
            }),
            1);
  EXPECT_EQ(warnings([&] {
              world_.advance(hours{24});
              world_.step();
              EXPECT_EQ(level(), 0) << "another day";
              spend(100);
            }),
            1);
}

TEST_F(BudgetsTest, TheNextPeriodBeginsByItself) {
  world_.settings.budgets = {{.match = {}, .per = Per::kHour, .limit = {1, 0}},
                             {.match = {}, .per = Per::kMonth, .limit = {2, 0}}};
  world_.live();
  spend(150);
  EXPECT_EQ(world_.ledger->state().budgets.at(0).level, 100);
  EXPECT_EQ(world_.ledger->state().budgets.at(1).level, 0);
  world_.advance(hours{1});
  world_.step();
  EXPECT_EQ(world_.ledger->state().budgets.at(0).spent, Usd{});
  spend(10);
  EXPECT_EQ(world_.ledger->state().budgets.at(1).level, 80);
}

// What waits to be counted when the day ends: in the last second of it, or over a stop.
class LateTest : public BudgetsTest {
 protected:
  void receive(std::uint64_t cents) {
    world_.put({.model = "m", .customer = "acme", .cost = record::Decimal{cents, 2}});
  }
  std::string logged(const std::function<void()>& run) {
    testing::internal::CaptureStderr();
    run();
    const std::string log = testing::internal::GetCapturedStderr();
    std::string warnings;
    for (std::size_t at = log.find("WARNING a budget"); at != std::string::npos;
         at = log.find("WARNING a budget", at + 1)) {
      warnings += log.substr(at, log.find('\n', at) - at) + "\n";
    }
    return warnings;
  }
  std::string day(int days) {
    const auto today = std::chrono::floor<std::chrono::days>(world_.life->clock.wall());
    return iso8601(today + std::chrono::days{days});
  }
};

TEST_F(LateTest, ACrossingIsSaidWithItsPeriod) {
  world_.settings.budgets = {acme_a_day(1)};
  world_.live();
  spend(79);
  receive(1);
  receive(20);
  world_.advance(hours{24});
  const std::string log = logged([&] { world_.step(); });
  EXPECT_NE(log.find("a budget is spent"), std::string::npos) << log;
  EXPECT_NE(log.find(cat("since=", day(-1), " until=", day(0))), std::string::npos) << log;
  EXPECT_EQ(level(), 0) << "of today";
  EXPECT_EQ(world_.ledger->state().today, Usd{});
  EXPECT_EQ(crossings("80"), 1);
  EXPECT_EQ(crossings("100"), 1);
  EXPECT_EQ(logged([&] { spend(80); }).find("since=" + day(0)) != std::string::npos, true) << "today's is its own";
  EXPECT_EQ(crossings("80"), 2);
}

TEST_F(LateTest, NotAgainForOneThatWasSaid) {
  world_.settings.budgets = {acme_a_day(1)};
  world_.live();
  spend(85);
  receive(5);
  world_.advance(hours{24});
  EXPECT_EQ(logged([&] { world_.step(); }), "");
  EXPECT_EQ(crossings("80"), 1);
}

TEST_F(LateTest, AfterAStopOfDaysEachDayIsSaidOnce) {
  world_.settings.budgets = {acme_a_day(1)};
  world_.live();
  spend(10);
  world_.kill();
  world_.live();
  receive(85);
  world_.advance(hours{24});
  receive(100);
  world_.advance(hours{24});
  receive(80);
  world_.advance(hours{24});
  std::string log = logged([&] { world_.step(); });
  for (const int days : {-3, -2, -1}) {
    const std::size_t at = log.find("since=" + day(days));
    ASSERT_NE(at, std::string::npos) << log;
    log.erase(0, at);
  }
  EXPECT_EQ(log.find("WARNING"), std::string::npos) << log;
  EXPECT_EQ(crossings("80"), 3);
  EXPECT_EQ(crossings("100"), 1);
  EXPECT_EQ(level(), 0);
  world_.live();
  EXPECT_EQ(logged([&] { world_.step(); }), "") << "nor after a restart";
}

// What was said of a day is forgotten once something was said of a later one: then what it came to before tells.
TEST_F(LateTest, OfADayBeforeTheOneThatWasSaidLast) {
  world_.settings.budgets = {acme_a_day(1)};
  world_.live();
  receive(90);
  world_.advance(hours{24});
  spend(90);  // commits both
  world_.live();
  world_.advance(-hours{24});
  receive(5);  // the clock was wrong for a moment
  receive(6);
  world_.advance(hours{24});
  const std::string log = logged([&] { world_.step(); });
  EXPECT_NE(
      log.find(
          cat("a budget is spent; records go on as before budget=\"customer=acme 1 USD a day\" spent_usd=1.0100 since=",
              day(-1))),
      std::string::npos)
      << log;
  EXPECT_EQ(log.find("80 %"), std::string::npos) << log;
}

TEST_F(BudgetsTest, WhatAllSpentTodayIsKnownFromTheLedger) {
  world_.live();
  spend(150);
  spend(25, "another");
  EXPECT_EQ(world_.ledger->state().today.exact(), "1.75");
  world_.live();
  world_.step();
  EXPECT_EQ(world_.ledger->state().today.exact(), "1.75");
  world_.advance(hours{24});
  world_.step();
  EXPECT_EQ(world_.ledger->state().today, Usd{});
}

// What the store can't do for a moment: its table of what was said is away, as after an error of SQLite amid a turn.
class BudgetsWithAFaultTest : public testing::Test {
 protected:
  void rename(const char* from, const char* to) {
    auto database = Database::open(bench_.folder / kFileName, Database::Mode::kReadWrite);
    ASSERT_TRUE(database && database->run(cat("ALTER TABLE ", from, " RENAME TO ", to)));
  }
  [[nodiscard]] Status spend(std::int64_t dollars, std::int64_t hour, std::int64_t now) {
    const Rows rows{{StoreBench::key("m", hour, "acme"), StoreBench::dollars(dollars)}};
    EXPECT_TRUE(bench_.store.commit(rows, bench_.store.place()));
    return tracker_.add(rows, now, bench_.store);
  }
  [[nodiscard]] State state(std::int64_t hour) const {
    State state;
    tracker_.show(hour, state);
    return state;
  }
  double crossings(std::size_t budget, const std::string& percent) {
    return registry_
        .counter("respand_budget_crossings_total", "Times that a budget's 80 or 100 percent was crossed",
                 {{"budget", state(kNoon).budgets.at(budget).name}, {"percent", percent}})
        .value();
  }

  static constexpr std::int64_t kNoon = 24 * 20'000 + 12;
  StoreBench bench_;
  metrics::Registry registry_;
  SpendTracker tracker_{{acme_a_day(10), {.match = {}, .per = Per::kDay, .limit = {100, 0}}}, registry_};
};

TEST_F(BudgetsWithAFaultTest, NoBudgetMissesTheCommit) {
  ASSERT_TRUE(spend(1, kNoon, kNoon));
  ASSERT_NO_FATAL_FAILURE(rename("said", "away"));
  EXPECT_FALSE(spend(8, kNoon, kNoon)) << "the first budget has crossed 80 %, which the store is to remember";
  EXPECT_EQ(state(kNoon).budgets.at(0).spent, (Usd{9, 0}));
  EXPECT_EQ(state(kNoon).budgets.at(1).spent, (Usd{9, 0})) << "behind the one that failed";
  EXPECT_EQ(state(kNoon).today, (Usd{9, 0}));
  ASSERT_NO_FATAL_FAILURE(rename("away", "said"));
  EXPECT_TRUE(tracker_.is_new(kNoon)) << "it catches up without another record";
  ASSERT_TRUE(tracker_.begin_hour(kNoon, bench_.store));
  EXPECT_EQ(bench_.store.said(state(kNoon).budgets.at(0).name)->level, 80);
  ASSERT_TRUE(spend(1, kNoon, kNoon));
  EXPECT_EQ(state(kNoon).budgets.at(0).spent, (Usd{10, 0})) << "and counts nothing twice";
  EXPECT_EQ(state(kNoon).budgets.at(1).spent, (Usd{10, 0}));
  EXPECT_EQ(crossings(0, "80"), 1);
  EXPECT_EQ(crossings(0, "100"), 1);
}

// A period that can't be begun, and records of one that is over: both are counted once the store can be read.
TEST_F(BudgetsWithAFaultTest, WhatStayedBehindIsCountedLater) {
  ASSERT_TRUE(spend(5, kNoon, kNoon));
  const std::int64_t tomorrow = kNoon + 24;
  ASSERT_NO_FATAL_FAILURE(rename("said", "away"));
  testing::internal::CaptureStderr();
  EXPECT_FALSE(spend(4, kNoon, tomorrow)) << "late: it came in before midnight";
  EXPECT_FALSE(spend(2, tomorrow, tomorrow));
  ASSERT_NO_FATAL_FAILURE(rename("away", "said"));
  ASSERT_TRUE(tracker_.begin_hour(tomorrow, bench_.store));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(cat("a budget is 80 % spent budget=\"customer=acme 10 USD a day\" spent_usd=9.0000 since=",
                         iso8601(time_of(kNoon - 12)))),
            std::string::npos)
      << log;
  EXPECT_EQ(state(tomorrow).budgets.at(0).spent, (Usd{2, 0}));
  EXPECT_EQ(state(tomorrow).budgets.at(1).spent, (Usd{2, 0}));
  EXPECT_EQ(state(tomorrow).today, (Usd{2, 0}));
  EXPECT_EQ(crossings(0, "80"), 1);
}

TEST(Budgets, Periods) {
  const auto hour = [](int year, unsigned month, unsigned day, int h) -> std::int64_t {
    return std::chrono::sys_time<hours>(
               std::chrono::sys_days(std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}) +
               hours{h})
        .time_since_epoch()
        .count();
  };
  const auto expect = [](Period period, std::int64_t from, std::int64_t to) {
    EXPECT_EQ(period.from, from);
    EXPECT_EQ(period.to, to);
  };
  expect(period_of(Per::kHour, hour(2026, 12, 31, 23)), hour(2026, 12, 31, 23), hour(2027, 1, 1, 0));
  expect(period_of(Per::kDay, hour(2026, 12, 31, 23)), hour(2026, 12, 31, 0), hour(2027, 1, 1, 0));
  expect(period_of(Per::kMonth, hour(2026, 12, 31, 23)), hour(2026, 12, 1, 0), hour(2027, 1, 1, 0));
  expect(period_of(Per::kMonth, hour(2028, 2, 29, 5)), hour(2028, 2, 1, 0), hour(2028, 3, 1, 0));
  expect(period_of(Per::kDay, hour(1969, 12, 31, 5)), hour(1969, 12, 31, 0), hour(1970, 1, 1, 0));
}

TEST(Budgets, CardinalityLimiter) {
  EXPECT_EQ(name_of(acme_a_day(50)), "customer=acme 50 USD a day");
  EXPECT_EQ(name_of({.match = {{"m", "p", std::nullopt, "e"}}, .per = Per::kMonth, .limit = {0, Usd::kUnits / 2}}),
            "model=m provider=p environment=e 0.5 USD a month");
  EXPECT_EQ(name_of({.match = {}, .per = Per::kHour, .limit = {1, 0}}), "all 1 USD an hour");
}

}  // namespace
}  // namespace respand::ledger
