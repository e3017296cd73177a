// Each record is counted once, and the sums are exact; whatever happens to the process and to the file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "respand/base/random.h"
#include "respand/base/text.h"
#include "tests/ledger/world.h"

namespace respand::ledger {
namespace {

using testing::HasSubstr;

using Row = std::vector<std::string>;

const record::UsageSummary kUsual{.model = "gpt-4o",
                                  .provider = "openai",
                                  .customer = "acme",
                                  .environment = "prod",
                                  .tokens = {.prompt = 100, .completion = 20, .cached_prompt = 60, .reasoning = 5},
                                  .cost = micro(1500),
                                  .generation_time = std::chrono::milliseconds{1200}};

TEST(Ledger, AddsUpByHourAndNames) {
  World world;
  world.live();
  world.put(kUsual, 3);
  record::UsageSummary failed = kUsual;
  failed.error = true;
  failed.cost.reset();
  failed.generation_time.reset();
  world.put(failed);
  record::UsageSummary other = kUsual;
  other.model = "nextbit256/cydonia-2b";
  world.put(other);
  world.step();
  const Report report = world.report({By::kModel, By::kCustomer});
  ASSERT_EQ(report.rows.size(), 2U);
  const UsageTotals& row = report.rows.at(Row{"gpt-4o", "acme"});
  EXPECT_EQ(row.records.value, 4);
  EXPECT_EQ(row.errors.value, 1);
  EXPECT_EQ(row.tokens[0].value, 400);
  EXPECT_EQ(row.tokens[1].value, 80);
  EXPECT_EQ(row.tokens[2].value, 240);
  EXPECT_EQ(row.tokens[4].value, 20);
  EXPECT_EQ(row.cost.exact(), "0.0045");
  EXPECT_EQ(row.times.count(), 3U);
  EXPECT_EQ(row.generation_us.value, 3'600'000);
  EXPECT_EQ(row.max_us, 1'200'000);
  EXPECT_EQ(report.total.records.value, 5);
  EXPECT_EQ(report.total.cost.exact(), "0.006");
}

// With records that come one by one, each would be a transaction of its own.
TEST(Ledger, AfterACommitItLooksAgainWhenTheNextOneIsDue) {
  World world;
  world.live();
  world.put(kUsual);
  world.step();
  EXPECT_EQ(world.ledger->step(), world.life->clock.mono() + Ledger::kInterval);
  world.put(kUsual);
  world.advance(Ledger::kInterval);
  EXPECT_EQ(world.ledger->step(), world.life->clock.mono() + Ledger::kInterval) << "the second one is counted now";
  EXPECT_EQ(world.report().total.records.value, 2);
  world.advance(Ledger::kInterval);
  EXPECT_GT(world.ledger->step(), world.life->clock.mono() + Ledger::kInterval) << "from now on a record wakes it";
}

TEST(Ledger, TheHourIsTheReceiptsAndRowsOfOneHourMeet) {
  World world;
  world.live();
  world.put(kUsual);
  world.step();
  world.advance(std::chrono::hours{1});
  world.put(kUsual);
  world.step();
  world.advance(std::chrono::seconds{2});
  world.put(kUsual);
  world.step();
  const Report by_hour = world.report({By::kHour});  // the clock starts at 2026-09-21T13:33:20Z
  ASSERT_EQ(by_hour.rows.size(), 2U);
  EXPECT_EQ(by_hour.rows.at(Row{"2026-09-21T14:00:00Z"}).records.value, 1);
  EXPECT_EQ(by_hour.rows.at(Row{"2026-09-21T15:00:00Z"}).records.value, 2);
  EXPECT_EQ(world.report({By::kDay}).rows.at(Row{"2026-09-21"}).records.value, 3);
}

TEST(Ledger, WhatHasNoAccountIsPassedOver) {
  World world;
  world.live();
  ASSERT_TRUE(world.life->put({"replayed"}));
  ASSERT_TRUE(world.life->put({"strange"}, std::string("\x02\x03\x00zzz", 6)));
  world.put(kUsual);
  world.step();
  EXPECT_EQ(world.report().total.records.value, 1);
  EXPECT_EQ(world.ledger->state().missed, 0U);
}

// The sum of 100,000 random costs against a sum in one large integer of 10^-18 dollars, which shares no code with Usd
// or SQL.
TEST(Ledger, TheSumOf100000RandomRecordsIsTheExactRationalSum) {
  World world;
  world.live();
  SeededRandom random(20261124);
  __extension__ using Wide = unsigned __int128;
  Wide exact = 0;
  std::uint64_t tokens = 0;
  constexpr int kRecords = 100'000;
  for (int i = 0; i < kRecords;) {
    // A batch has one account here: few batches of many records, and many of one.
    const std::size_t times = 1 + random.below(40);
    const int scale = static_cast<int>(random.below(19));
    Wide digits = random.below(scale > 9 ? 10'000'000'000'000'000'000U : 1'000'000'000U);
    if (random.below(10) == 0) {
      digits = digits * 1'000 + random.below(1'000);
    }
    Wide power = 1;
    for (int p = scale; p < 18; ++p) {
      power *= 10;
    }
    record::UsageSummary summary = kUsual;
    const std::string customer = cat("customer ", random.below(50));
    summary.customer = customer;
    summary.cost = record::Decimal{digits, scale};
    summary.tokens.prompt = random.below(100'000);
    const std::size_t now = std::min<std::size_t>(times, static_cast<std::size_t>(kRecords - i));
    world.put(summary, now);
    exact += digits * power * now;
    tokens += summary.tokens.prompt * now;
    i += static_cast<int>(now);
    if (random.below(200) == 0) {
      world.deliver();
      world.advance(std::chrono::minutes{static_cast<int>(random.below(60))});
      world.step();
    }
  }
  world.step();
  const Report report = world.report({By::kCustomer, By::kHour});
  Usd sum;
  for (const auto& [key, totals] : report.rows) {
    sum.add(totals.cost);
  }
  EXPECT_EQ(report.total.records.value, kRecords);
  EXPECT_EQ(static_cast<std::uint64_t>(report.total.tokens[0].value), tokens);
  EXPECT_EQ(sum, report.total.cost);
  EXPECT_TRUE(static_cast<Wide>(sum.dollars) * static_cast<Wide>(Usd::kUnits) + static_cast<Wide>(sum.units) == exact);
}

TEST(Ledger, EachRecordOnceWhateverIsKilledWhen) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    World world;
    world.journal_settings.segment_size = Bytes{journal::kSmallSegment};
    world.journal_settings.max_size = Bytes{256 * journal::kSmallSegment};
    SeededRandom random(seed);
    world.live();
    std::int64_t put = 0;
    for (int i = 0; i < 100; ++i) {
      switch (random.below(6)) {
        case 0:
        case 1: {
          const std::size_t times = 1 + random.below(10);
          world.put(kUsual, times);
          put += static_cast<std::int64_t>(times);
          break;
        }
        case 2:
          world.deliver();
          break;
        case 3:
          static_cast<void>(world.ledger->step());
          break;
        case 4:
          world.advance(std::chrono::seconds{1});
          break;
        case 5:
          world.live();
          break;
      }
    }
    world.live();
    world.step();
    ASSERT_EQ(world.report().total.records.value, put);
    ASSERT_EQ(world.ledger->state().missed, 0U);
  }
}

TEST(Ledger, ItLetsTheJournalGoOnAndSaysWhatItMissed) {
  World world;
  world.journal_settings.segment_size = Bytes{journal::kSmallSegment};
  world.journal_settings.max_size = Bytes{4 * journal::kSmallSegment};
  world.live();
  world.step();
  for (int i = 0; i < 200; ++i) {
    world.put(kUsual);  // it must not be held up
    world.deliver();
  }
  world.step();
  const auto counted = static_cast<std::uint64_t>(world.report().total.records.value);
  EXPECT_GT(counted, 0U);
  EXPECT_EQ(counted + world.ledger->state().missed, 200U);
  EXPECT_EQ(world.report().missed, world.ledger->state().missed);
}

TEST(Ledger, ABrokenFileIsSetAsideAndMadeAnewFromWhatTheJournalHas) {
  const std::vector<std::pair<std::string, std::function<void(const std::string&)>>> ways{
      {"garbage", [](const std::string& file) { test::write_file(file, std::string(9000, 'g')); }},
      {"cut", [](const std::string& file) { std::filesystem::resize_file(file, 5000); }},
      {"newer",
       [](const std::string& file) {
         auto database = Database::open(file, Database::Mode::kReadWrite);
         ASSERT_TRUE(database && database->run(cat("PRAGMA user_version=", kSchemaVersion + 1)));
       }},
      {"another's",
       [](const std::string& file) {
         auto database = Database::open(file, Database::Mode::kReadWrite);
         ASSERT_TRUE(database && database->run("PRAGMA application_id=7"));
       }},
      {"without its tables", [](const std::string& file) {
         auto database = Database::open(file, Database::Mode::kReadWrite);
         ASSERT_TRUE(database && database->run("DROP TABLE hours"));
       }}};
  for (const auto& [name, damage] : ways) {
    SCOPED_TRACE(name);
    World world;
    world.live();
    world.put(kUsual, 5);
    world.step();
    world.kill();
    damage(world.database());
    for (const std::string suffix : {"-wal", "-shm"}) {
      std::filesystem::remove(world.database() + suffix);
    }
    world.live();
    world.put(kUsual, 2);
    world.step_on();
    EXPECT_EQ(world.report().total.records.value, 7);
    EXPECT_EQ(world.set_aside(), 1U);
    EXPECT_EQ(world.ledger->state().issue, "");
  }
}

TEST(Ledger, FewBrokenFilesAreKept) {
  World world;
  for (std::size_t i = 0; i < LedgerFile::kMostSetAside + 2; ++i) {
    world.live();
    world.step_on();
    world.kill();
    test::write_file(world.database(), std::string(9000, 'g'));
  }
  world.live();
  world.step_on();
  EXPECT_EQ(world.set_aside(), LedgerFile::kMostSetAside);
}

TEST(Ledger, AFileThatIsRemovedWhileItRunsIsMadeAnew) {
  World world;
  world.live();
  world.put(kUsual, 3);
  world.step();
  std::filesystem::remove_all(world.settings.directory);
  world.put(kUsual, 1);
  world.step_on();
  EXPECT_EQ(world.report().total.records.value, 4);
}

// journal.sync: never, and then a power cut: sequences that were counted are given again.
TEST(Ledger, AJournalThatLostItsEndIsFollowedFromThere) {
  World world;
  world.live();
  world.put(kUsual, 5);
  world.step();
  world.kill();
  world.fs.restore(fs::FaultFileSystem().snapshot());
  world.live();
  world.put(kUsual, 2);
  world.step();
  EXPECT_EQ(world.report().total.records.value, 7);
}

TEST(Ledger, AnotherJournalsPlaceMeansNothing) {
  World world;
  world.live();
  world.put(kUsual, 5);
  world.kill();
  {
    std::filesystem::create_directories(world.settings.directory);
    auto store = Store::open(world.database());
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->commit({}, Place{.journal = 1, .next = Sequence{4}}));
  }
  world.live();
  world.step();
  EXPECT_EQ(world.report().total.records.value, 5);
}

TEST(Ledger, OldRowsGoInSmallSteps) {
  World world;
  world.settings.retention = std::chrono::hours{48};
  world.live();
  for (int day = 0; day < 6; ++day) {
    for (int customer = 0; customer < 300; ++customer) {
      record::UsageSummary summary = kUsual;
      const std::string name = cat("c", customer);
      summary.customer = name;
      world.put(summary);
    }
    world.step();
    world.advance(std::chrono::hours{24});
  }
  world.put(kUsual);
  world.step_on();
  const Report report = world.report({By::kDay});
  EXPECT_EQ(report.rows.size(), 3U);
  EXPECT_EQ(report.rows.count(Row{"2026-09-27"}), 1U);
}

TEST(Ledger, NamesOverTheLimitOfADayAreOther) {
  World world;
  world.settings.budgets = {
      Budget{.match = {{std::nullopt, std::nullopt, "late", std::nullopt}}, .per = Per::kDay, .limit = {1, 0}}};
  world.live();
  const auto put = [&](const std::string& provider) {
    record::UsageSummary summary = kUsual;
    summary.provider = provider;
    world.put(summary);
  };
  const std::size_t most = CardinalityLimiter::kMostADay[static_cast<std::size_t>(Name::kProvider)];
  for (std::size_t i = 1; i <= most - 1; ++i) {
    put(cat("p", i));
  }
  world.step();
  world.live();  // what the day has seen is in the file
  put("p1");
  put("last");
  put("too many");
  put("late");
  put("hostile\n\x1b[31m");
  world.step();
  const Report report = world.report({By::kProvider});
  EXPECT_EQ(report.rows.size(), most + 2);
  EXPECT_EQ(report.rows.at(Row{"p1"}).records.value, 2);
  EXPECT_EQ(report.rows.at(Row{"last"}).records.value, 1);
  EXPECT_EQ(report.rows.at(Row{"late"}).records.value, 1) << "a budget is for it";
  EXPECT_EQ(report.rows.at(Row{kOther}).records.value, 2);
  world.advance(std::chrono::hours{24});
  put("too many");
  world.step();
  EXPECT_EQ(world.report({By::kProvider}).rows.at(Row{"too many"}).records.value, 1) << "another day";
}

TEST(Ledger, CountsThatAreTooLargeStopAtTheLargest) {
  World world;
  world.live();
  record::UsageSummary summary = kUsual;
  summary.tokens.prompt = UINT64_MAX;
  world.put(summary, 3);
  world.step();
  world.advance(std::chrono::seconds{1});
  world.put(summary, 3);
  world.step();
  EXPECT_EQ(world.report().total.tokens[0].value, INT64_MAX);
  EXPECT_EQ(world.report().total.records.value, 6);
  EXPECT_EQ(world.set_aside(), 0U);
}

TEST(Ledger, TheThreadCountsByItselfAndRestsWhereThereIsNothing) {
  World world;
  world.live();
  world.ledger->start();
  world.put(kUsual, 3);
  world.ledger->stop();
  EXPECT_EQ(world.report().total.records.value, 3);
}

}  // namespace
}  // namespace respand::ledger
