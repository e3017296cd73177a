// Exactly once: power cuts at every batch and at random moments.

#include <set>

#include "respand/base/random.h"
#include "tests/spool/crash_support.h"
#include "tests/support/sanitized.h"

namespace respand::spool {
namespace {

TEST_F(SpoolCrashTest, KilledAtEveryBatch) {
  constexpr std::uint64_t kRecords = 1000;
  const std::string text = lines(0, kRecords);
  std::string bad;
  for (std::uint64_t i = 7; i < kRecords; i += 100) {
    bad += cat("bad line ", i, "\n");
  }
  bool finished = false;
  for (std::size_t kill = 0; !finished; ++kill) {
    for (const bool told : {false, true}) {
      SCOPED_TRACE(cat("killed after ", kill, " batches, told of the last: ", told));
      journal_.renew();
      std::filesystem::remove_all(directory_ / "rejected");
      start();
      directory_.write("a.ndjson", text);
      std::size_t committed = 0;
      for (int i = 0; i < 100 && committed < kill; ++i) {
        (void)step();
        while (committed < kill && journal_.commit_one()) {
          ++committed;
        }
      }
      if (told) {
        (void)step();
      }
      finished = !directory_.has("a.ndjson");
      crash(told ? 0 : 1);
      start();
      finish_all();
      expect_each_once(kRecords);
      EXPECT_EQ(directory_.read("rejected/a.ndjson"), bad);
      EXPECT_EQ(directory_.files("rejected"), (Strings{"a.ndjson", "a.ndjson.errors"}));
      spool_.reset();
    }
  }
}

TEST_F(SpoolCrashTest, KilledAtRandom) {
  for (std::uint64_t seed = 1; seed <= (test::kSanitized ? 1U : 6U); ++seed) {
    SCOPED_TRACE(cat("seed ", seed));
    SeededRandom random(seed);
    journal_.renew();
    std::filesystem::remove_all(directory_ / "rejected");
    directory_.write("a.ndjson", lines(0, 300));
    directory_.write("b.json", array(300, 500));
    directory_.write("c.jsonl.gz", gzipped(lines(500, 600, false)) + gzipped(lines(600, 800, false)));
    directory_.write("d.ndjson.zst", zstandard(lines(800, 1000)));
    for (std::uint64_t i = 1000; i < 1100; ++i) {
      directory_.write(cat("s", i, ".json"), record(i));
    }
    start();
    clock_.advance(settings_.quiet_period * 2);
    for (int kills = 0; kills < 12;) {
      switch (random.below(8)) {
        case 0:
          crash(random.below(4));
          ++kills;
          start();
          clock_.advance(settings_.quiet_period * 2);
          break;
        case 1:
          journal_.commit_one(journal::CommitResult::kFull);
          clock_.advance(kRetryInterval);
          break;
        case 2:
        case 3:
        case 4:
          journal_.commit_one();
          break;
        default:
          (void)step();
          break;
      }
    }
    finish_all();
    expect_each_once(1100);
    EXPECT_EQ(directory_.files("rejected"),
              (Strings{"a.ndjson", "a.ndjson.errors", "d.ndjson.zst", "d.ndjson.zst.errors"}));
    EXPECT_EQ(directory_.read("rejected/a.ndjson"), "bad line 7\nbad line 107\nbad line 207\n");
    spool_.reset();
  }
}

TEST_F(SpoolCrashTest, CountsOnlyWhatItTook) {
  start();
  directory_.write("a.ndjson", lines(0, 400));
  (void)step();
  ASSERT_GE(journal_.waiting(), 2U);
  journal_.commit_one();
  const auto durable = static_cast<double>(journal_.disk().size());
  crash();
  start();
  finish_all();
  EXPECT_EQ(received(), 404 - durable) << "what was durable before is not counted again (404: four bad lines)";
  EXPECT_EQ(rejected(record::Reason::kNotJson), 4);
}

TEST_F(SpoolCrashTest, KilledBetweenKeepingTheRejectsAndTheRemoval) {
  for (const bool errors_too : {false, true}) {
    std::filesystem::remove_all(directory_ / "rejected");
    start();
    directory_.write("a.ndjson", numbered(1) + "\nbad\n");
    (void)step();
    crash(1);
    // Published by the killed process; the file itself is still there.
    std::filesystem::create_directory(directory_ / "rejected");
    directory_.write("rejected/.respand-left-behind", "ba");
    directory_.write("rejected/a.ndjson", "bad\n");
    start();
    if (errors_too) {
      finish_all();
      const std::string errors = directory_.read("rejected/a.ndjson.errors");
      EXPECT_FALSE(errors.empty());
    } else {
      finish_all();
    }
    EXPECT_EQ(directory_.files("rejected"), (Strings{"a.ndjson", "a.ndjson.errors"}));
    EXPECT_TRUE(directory_.files().empty());
    spool_.reset();
    EXPECT_EQ(tally(journal_).at(numbered(1)), 1);
    journal_.renew();
  }
}

// Thrown by a call that is never made: the process was killed before it.
struct Killed {};

TEST_F(SpoolCrashTest, KilledBetweenAnyTwoStepsOfARemoval) {
  const std::string bad = "bad line 7\nbad line 107\n";
  bool killed = true;
  for (int kill = 0; killed; ++kill) {
    SCOPED_TRACE(cat("killed before call ", kill));
    journal_.renew();
    std::filesystem::remove_all(directory_ / "rejected");
    int left = kill;
    const auto count_down = [&] {
      if (left-- <= 0) {
        throw Killed{};
      }
    };
    hooks_.rename = [&](const fs::RenameCall&, const auto& make) {
      count_down();
      return make();
    };
    hooks_.sync = [&](const auto& make) {
      count_down();
      return make();
    };
    hooks_.remove = [&](const std::string& name, const auto& make) {
      if (name.starts_with(kTakingPrefix)) {  // not what a destructor tidies away
        count_down();
      }
      return make();
    };
    directory_.write("a.ndjson", lines(0, 200));
    directory_.write("b.json", array(200, 250));
    directory_.write(std::string(248, 'n') + ".ndjson", lines(250, 260, false));  // no room for what goes in front
    killed = false;
    start();
    try {
      finish_all();
    } catch (const Killed&) {
      killed = true;
    }
    crash();
    hooks_ = {};
    start();
    finish_all();
    expect_each_once(260);
    EXPECT_EQ(directory_.files("rejected"), (Strings{"a.ndjson", "a.ndjson.errors"}));
    EXPECT_EQ(directory_.read("rejected/a.ndjson"), bad);
    spool_.reset();
    ASSERT_LT(kill, 100);
  }
}

TEST_F(SpoolCrashTest, AFileThatWasTakenWholeIsOnlyRemoved) {
  start();
  directory_.write("a.ndjson", lines(0, 300, false));
  while (journal_.waiting() < 3) {
    (void)step();
  }
  crash(100);
  start();
  finish_all();
  expect_each_once(300);
}

}  // namespace
}  // namespace respand::spool
