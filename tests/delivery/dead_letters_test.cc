#include "delivery/dead_letters.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "respand/base/text.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::delivery {
namespace {

using fs::Fault;
using fs::FaultFileSystem;

constexpr const char* kFile = "/var/dead/2026-09-21.ndjson";  // the day on which a ManualClock begins

std::vector<DeadLetter> letters(std::vector<std::uint64_t> sequences) {
  std::vector<DeadLetter> all;
  for (const std::uint64_t n : sequences) {
    all.push_back({Sequence{n}, DeadLetterCause::kRefused, 400, "{\"detail\":\"no\"}", 1, cat("{\"n\":", n, "}")});
  }
  return all;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) {
    ++n;
  }
  return n;
}

class DeadLettersTest : public ::testing::Test {
 protected:
  DeadLetters make(Bytes max = mebibytes(1)) { return DeadLetters({"/var/dead", max}, disk, clock); }
  Status append(DeadLetters& dead, std::vector<std::uint64_t> sequences) {
    auto some = letters(std::move(sequences));
    return dead.append(some);
  }
  FaultFileSystem disk;
  ManualClock clock;
};

TEST_F(DeadLettersTest, WritesALineARecord) {
  DeadLetters dead = make();
  std::vector<DeadLetter> some{{Sequence{17}, DeadLetterCause::kRefused, 422, "{\"detail\":\"Validation \\ error\"}\n",
                                3, "{\n \"a\":\r\n 0.10}"}};
  ASSERT_TRUE(dead.append(some));
  EXPECT_EQ(disk.content(kFile),
            cat(R"({"time":")", iso8601(clock.wall()),
                R"(","sequence":17,"reason":"422","status":422,"answer":"{\"detail\":\"Validation \\ error\"} ",)",
                R"("attempts":3,"record":{  "a":   0.10}})", "\n"));
}

TEST_F(DeadLettersTest, TellsThemApartByReason) {
  DeadLetters dead = make();
  EXPECT_TRUE(dead.state().reasons.empty());
  for (const std::uint64_t number : {1U, 2U, 3U}) {
    std::vector<DeadLetter> some = letters({number});
    some[0].cause = number == 1 ? DeadLetterCause::kExpired : DeadLetterCause::kRefused;
    some[0].status = 422;
    some[0].message = number == 1 ? "" : cat("wrong\n", number);
    ASSERT_TRUE(dead.append(some));
  }
  const auto reasons = dead.state().reasons;
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0].reason, "422");
  EXPECT_EQ(reasons[0].letters, 2U);
  EXPECT_EQ(reasons[0].message, "wrong?3");
  EXPECT_EQ(reasons[0].last, clock.wall());
  EXPECT_EQ(reasons[1].reason, "expired");
  for (std::uint64_t number = 0; number < 100; ++number) {
    std::vector<DeadLetter> some = letters({number});
    some[0].status = static_cast<int>(number);
    ASSERT_TRUE(dead.append(some));
  }
  std::uint64_t all = 0;
  for (const DeadLetters::Reason& one : dead.state().reasons) {
    all += one.letters;
  }
  EXPECT_EQ(all, 103U);
  EXPECT_EQ(dead.state().reasons.size(), DeadLetters::kMostReasons);
  EXPECT_EQ(dead.state().reasons[0].reason, "other");
}

TEST_F(DeadLettersTest, BoundsAndCleansTheAnswer) {
  DeadLetters dead = make();
  for (const std::size_t size :
       {DeadLetters::kMaxAnswer - 1, DeadLetters::kMaxAnswer, DeadLetters::kMaxAnswer + 1, std::size_t{65536}}) {
    std::vector<DeadLetter> some{{Sequence{1}, DeadLetterCause::kRefused, 400, std::string(size, 'x'), 1, "{}"}};
    ASSERT_TRUE(dead.append(some));
    const std::string line = disk.content(kFile);
    EXPECT_EQ(count(line, "x"), std::min(size, DeadLetters::kMaxAnswer));
    disk.set_content(kFile, "");
  }
  std::vector<DeadLetter> hostile{{Sequence{1}, DeadLetterCause::kRefused, 400,
                                   std::string("\"\\\x01\xff\xc3\x28\xf0\x9f\x98\0\x1b", 11), 1, "{}"}};
  ASSERT_TRUE(dead.append(hostile));
  EXPECT_NE(disk.content(kFile).find(R"("answer":"\"\\???(?????")"), std::string::npos) << disk.content(kFile);
}

TEST_F(DeadLettersTest, SeveralInOneSync) {
  DeadLetters dead = make();
  ASSERT_TRUE(append(dead, {1, 2, 3, 4, 5}));
  EXPECT_EQ(disk.operations(fs::calls::kSyncData), 1U);
  EXPECT_EQ(count(disk.content(kFile), "\n"), 5U);
}

TEST_F(DeadLettersTest, ANewDayIsANewFile) {
  DeadLetters dead = make();
  ASSERT_TRUE(append(dead, {1}));
  clock.advance(std::chrono::hours{24});
  ASSERT_TRUE(append(dead, {2}));
  EXPECT_EQ(count(disk.content(kFile), "\n"), 1U);
  EXPECT_EQ(count(disk.content("/var/dead/2026-09-22.ndjson"), "\n"), 1U);
}

TEST_F(DeadLettersTest, SurvivesAPowerCutOnceItSaidSo) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    FaultFileSystem fs(seed);
    SeededRandom random(seed);
    DeadLetters dead({"/var/dead", mebibytes(1)}, fs, clock);
    auto some = letters({1, 2});
    ASSERT_TRUE(dead.append(some));
    fs.crash(random);
    EXPECT_EQ(count(fs.content(kFile), "\n"), 2U);
    DeadLetters again({"/var/dead", mebibytes(1)}, fs, clock);
    auto more = letters({3});
    ASSERT_TRUE(again.append(more));
    fs.crash(random);
    EXPECT_EQ(count(fs.content(kFile), "\"record\":{\"n\":"), 3U);
  }
}

// Each call fails once; then come a retry and a power cut. Each letter that was promised is there, whole, on a line of
// its own.
TEST_F(DeadLettersTest, EveryCallMayFail) {
  std::uint64_t calls = 100;
  for (std::uint64_t n = 1; n <= calls; ++n) {
    FaultFileSystem fs(n);
    SeededRandom random(n);
    DeadLetters dead({"/var/dead", mebibytes(1)}, fs, clock);
    auto first = letters({1});
    ASSERT_TRUE(dead.append(first));
    const std::uint64_t before = fs.operations();
    fs.fail_at(n);
    auto second = letters({2, 3});
    if (!dead.append(second)) {
      EXPECT_FALSE(dead.state().issue.empty());
      EXPECT_EQ(dead.state().condition, DeadLetters::Condition::kFailed);
      auto again = letters({2, 3});
      ASSERT_TRUE(dead.append(again));
    }
    EXPECT_TRUE(dead.state().issue.empty());
    if (fs.faults_hit() == 0) {
      calls = std::min(calls, fs.operations() - before);
    }
    fs.crash(random);
    const std::string text = fs.content(kFile);
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
      EXPECT_GE(count(text, cat("\"sequence\":", sequence, ",\"reason\":\"400\",\"status\":400,")), 1U) << n;
      EXPECT_NE(text.find(cat("\"record\":{\"n\":", sequence, "}}\n")), std::string::npos) << n;
    }
  }
  EXPECT_LT(calls, 100U) << "the loop has covered all calls";
}

// Each kind of call fails at each of its turns, once and for good, with each error; the truncation after a failure is
// one of them. When the fault is over, and after a power cut, each letter is whole and on a line of its own.
TEST_F(DeadLettersTest, EachKindOfCallMayFailAtEachTurn) {
  const auto whole_lines = [](const std::string& text, std::uint64_t n) {
    std::size_t found = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = std::string_view(text).substr(at, end - at);
      found += line.starts_with("{\"time\":") && line.ends_with(cat("\"record\":{\"n\":", n, "}}")) ? 1U : 0U;
      at = end + 1;
    }
    return found;
  };
  std::uint64_t faults = 0;
  const auto fail_at = [&](fs::Calls kinds, std::uint64_t turn, int code, bool for_good) {
    FaultFileSystem fs(turn);
    SeededRandom random(turn);
    DeadLetters dead({"/var/dead", mebibytes(1)}, fs, clock);
    fs.fail_at(turn, {.os_error = code, .for_good = for_good, .calls = kinds});
    std::vector<std::uint64_t> promised;
    for (std::uint64_t n = 1; n <= 4; ++n) {
      auto some = letters({n});
      const bool written = dead.append(some).has_value();
      EXPECT_EQ(dead.state().issue.empty(), written);
      if (written) {
        promised.push_back(n);
      }
    }
    const bool hit = fs.faults_hit() > 0;
    fs.clear_faults();
    auto last = letters({5});
    EXPECT_TRUE(dead.append(last)) << "it does not go on";
    promised.push_back(5);
    fs.crash(random);
    for (const std::uint64_t n : promised) {
      EXPECT_GE(whole_lines(fs.content(kFile), n), 1U) << n << ": kinds " << kinds << ", turn " << turn;
    }
    faults += hit ? 1U : 0U;
    return hit;
  };
  using namespace fs::calls;
  for (const fs::Calls kinds :
       {kOpen, kRead, kWrite, kSyncData, kTruncate, kSize, kRename, kRemove, kSyncDirectory, kList, kMakeDirectories,
        kLock, kFreeSpace, kSyncData | kTruncate, kWrite | kTruncate, kSyncDirectory | kTruncate, kAll}) {
    for (const int code : {EIO, ENOSPC, EINTR}) {
      for (const bool for_good : {false, true}) {
        for (std::uint64_t turn = 1; fail_at(kinds, turn, code, for_good); ++turn) {
          ASSERT_FALSE(HasFailure());
        }
      }
    }
  }
  EXPECT_GT(faults, 300U);
}

// The power fails at every call: nothing that was promised before is lost, and the next letter begins a new line.
TEST_F(DeadLettersTest, PowerMayGoAtEveryCall) {
  for (std::uint64_t n = 1; n <= 15; ++n) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      FaultFileSystem fs(seed);
      SeededRandom random(seed * 100 + n);
      bool promised = false;
      {
        DeadLetters dead({"/var/dead", mebibytes(1)}, fs, clock);
        auto first = letters({1});
        ASSERT_TRUE(dead.append(first));
        fs.power_off_at(n);
        auto second = letters({2});
        promised = dead.append(second).has_value();
      }
      fs.crash(random);
      DeadLetters dead({"/var/dead", mebibytes(1)}, fs, clock);
      auto third = letters({3});
      ASSERT_TRUE(dead.append(third));
      const std::string text = fs.content(kFile);
      EXPECT_NE(text.find("\"record\":{\"n\":1}}\n"), std::string::npos);
      EXPECT_EQ(text.ends_with("\"record\":{\"n\":3}}\n"), true);
      EXPECT_NE(text.find("\n{\"time\":\"2026-09-21T14:13:20.000000Z\",\"sequence\":3,"), std::string::npos) << text;
      if (promised) {
        EXPECT_NE(text.find("\"record\":{\"n\":2}}\n"), std::string::npos);
      }
    }
  }
}

TEST_F(DeadLettersTest, ATornLastLineIsEnded) {
  disk.set_content(kFile, "{\"time\":\"2026");
  DeadLetters dead = make();
  ASSERT_TRUE(append(dead, {1}));
  EXPECT_TRUE(disk.content(kFile).starts_with("{\"time\":\"2026\n{\"time\":"));
}

TEST_F(DeadLettersTest, AFullDiskLeavesNoTrace) {
  DeadLetters dead = make();
  ASSERT_TRUE(append(dead, {1}));
  const std::string before = disk.content(kFile);
  disk.set_capacity(Bytes{disk.used().value + 50});
  const Status full = append(dead, {2});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(dead.state().condition, DeadLetters::Condition::kDiskFull);
  EXPECT_EQ(disk.content(kFile), before);
  disk.set_capacity(mebibytes(1));
  EXPECT_TRUE(append(dead, {2}));
}

TEST_F(DeadLettersTest, StopsAtItsLimitUntilSomebodyPurges) {
  DeadLetters probe = make();
  ASSERT_TRUE(append(probe, {1}));
  const std::uint64_t line = disk.content(kFile).size();
  DeadLetters dead = make(Bytes{3 * line + 1});
  EXPECT_TRUE(append(dead, {2}));
  EXPECT_TRUE(append(dead, {3}));
  const Status full = append(dead, {4});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kNoSpace);
  EXPECT_NE(dead.state().issue.find("max_size"), std::string::npos);
  EXPECT_EQ(dead.state().condition, DeadLetters::Condition::kFull);
  ASSERT_TRUE(disk.remove(kFile));
  EXPECT_TRUE(append(dead, {4}));
  EXPECT_EQ(dead.state().issue, "");
  EXPECT_EQ(dead.state().condition, DeadLetters::Condition::kNone);
}

TEST_F(DeadLettersTest, WhoPurgesKeepsItOut) {
  DeadLetters dead = make();
  ASSERT_TRUE(dead.prepare());
  {
    const auto purging = disk.lock(cat("/var/dead/", DeadLetters::kLockFile));
    ASSERT_TRUE(purging);
    EXPECT_FALSE(append(dead, {1}));
  }
  EXPECT_TRUE(append(dead, {1}));
}

TEST_F(DeadLettersTest, AFolderThatAppearsLaterWillDo) {
  disk.fail_at(1, Fault{.os_error = EACCES, .for_good = true, .calls = fs::calls::kMakeDirectories});
  DeadLetters dead = make();
  EXPECT_FALSE(dead.prepare());
  EXPECT_FALSE(append(dead, {1}));
  disk.clear_faults();
  EXPECT_TRUE(append(dead, {1}));
}

}  // namespace
}  // namespace respand::delivery
