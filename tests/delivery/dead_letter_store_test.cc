// Reading dead letters and taking them away: each letter is taken away once, even if the power fails in the middle.

#include "delivery/dead_letter_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "delivery/dead_letters.h"
#include "respand/base/text.h"
#include "tests/support/fs/fault_file_system.h"
#include "tests/support/sanitized.h"

namespace respand::delivery {
namespace {

using fs::FaultFileSystem;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kFolder = "/var/dead";
constexpr const char* kSpool = "/var/spool";
constexpr const char* kDay = "/var/dead/2026-09-21.ndjson";

DeadLetter letter(std::uint64_t n, DeadLetterCause cause = DeadLetterCause::kRefused) {
  return {Sequence{n}, cause, 400, "{\"detail\":\"\\ no, \",\"record\":{}\"}", 2, cat("{\"n\":", n, "}")};
}

void write(FaultFileSystem& disk, const Clock& clock, std::vector<DeadLetter> letters) {
  DeadLetters dead({kFolder, mebibytes(1)}, disk, clock);
  ASSERT_TRUE(dead.append(letters));
}

std::vector<std::uint64_t> sequences(FaultFileSystem& disk) {
  std::vector<std::uint64_t> found;
  EXPECT_TRUE(DeadLetterStore::each(disk, kFolder, [&](const std::string&, std::string_view line) {
    if (const auto letter = parse_letter(line)) {
      found.push_back(letter->sequence.value);
    }
  }));
  return found;
}

// The records in spool files that are shown.
std::vector<std::string> spooled(const FaultFileSystem& disk) {
  std::vector<std::string> records;
  for (const std::string& path : disk.files()) {
    if (path.starts_with("/var/spool/r-")) {
      std::string_view text;
      const std::string content = disk.content(path);
      for (text = content; !text.empty(); text.remove_prefix(text.find('\n') + 1)) {
        records.emplace_back(text.substr(0, text.find('\n')));
      }
    }
  }
  return records;
}

bool any(const DeadLetterLine&) { return true; }
bool odd(const DeadLetterLine& letter) { return letter.sequence.value % 2 == 1; }

class LetterFilesTest : public testing::Test {
 protected:
  LetterFilesTest() { EXPECT_TRUE(disk.make_directories(kSpool)); }
  DeadLetterStore open() { return std::move(DeadLetterStore::open(disk, kFolder, kSpool).value()); }
  FaultFileSystem disk;
  ManualClock clock;
  SeededRandom random{1};
};

TEST_F(LetterFilesTest, ALineIsTakenApartAsItWasWritten) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(17, DeadLetterCause::kExpired)}));
  const std::string content = disk.content(kDay);
  const auto parsed = parse_letter(std::string_view(content).substr(0, content.size() - 1));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->time, iso8601(clock.wall()));
  EXPECT_EQ(parsed->sequence, Sequence{17});
  EXPECT_EQ(parsed->reason, "expired");
  EXPECT_EQ(parsed->status, 400);
  EXPECT_EQ(parsed->attempts, 2U);
  EXPECT_EQ(parsed->record, "{\"n\":17}");
  EXPECT_EQ(answer_text(*parsed), letter(17).answer);
}

TEST_F(LetterFilesTest, WhatIsNoWholeLineIsNoLetter) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(1)}));
  const std::string content = disk.content(kDay);
  for (std::size_t size = 0; size + 1 < content.size(); ++size) {
    EXPECT_FALSE(parse_letter(std::string_view(content).substr(0, size))) << size;
  }
}

TEST_F(LetterFilesTest, PurgeTakesTheSelectedOnesAndKeepsWhatItCantRead) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(1), letter(2), letter(3)}));
  disk.set_content(kDay, disk.content(kDay) + "{\"time\":\"torn");
  EXPECT_EQ(open().purge(odd)->letters, 2U);
  EXPECT_THAT(sequences(disk), ElementsAre(2));
  EXPECT_TRUE(disk.content(kDay).ends_with("{\"time\":\"torn\n"));
}

TEST_F(LetterFilesTest, ADayWithoutLettersNeedsNoFileAndComesBackDurably) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(1)}));
  DeadLetters dead({kFolder, mebibytes(1)}, disk, clock);
  std::vector<DeadLetter> more{letter(2)};
  ASSERT_TRUE(dead.append(more));
  EXPECT_EQ(open().purge(any)->letters, 2U);
  EXPECT_FALSE(disk.exists(kDay));
  // The same object, which believes the file's name to be durable.
  ASSERT_TRUE(dead.append(more));
  disk.crash(random);
  EXPECT_THAT(sequences(disk), ElementsAre(2));
}

TEST_F(LetterFilesTest, ReplayMovesTheRecordsIntoTheSpool) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(1), letter(2), letter(3)}));
  const auto counts = open().replay(odd, "r-", random);
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->letters, 2U);
  EXPECT_THAT(spooled(disk), ElementsAre("{\"n\":1}", "{\"n\":3}"));
  EXPECT_THAT(sequences(disk), ElementsAre(2));
  EXPECT_EQ(open().replay(odd, "r-", random)->letters, 0U);
  EXPECT_EQ(spooled(disk).size(), 2U);
}

TEST_F(LetterFilesTest, ALetterThatACrashRepeatedGoesOutOnce) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(1), letter(2), letter(1)}));
  const auto counts = open().replay(any, "r-", random);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->letters, 3U);
  EXPECT_EQ(counts->repeated, 1U);
  EXPECT_THAT(spooled(disk), ElementsAre("{\"n\":1}", "{\"n\":2}"));
}

TEST_F(LetterFilesTest, WithoutASpoolNothingIsReplayedAndNothingTaken) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(1)}));
  auto files = DeadLetterStore::open(disk, kFolder, "");
  EXPECT_FALSE(files->replay(any, "r-", random));
  EXPECT_THAT(sequences(disk), ElementsAre(1));
}

TEST_F(LetterFilesTest, APlanWhoseSpoolIsGoneWaitsForIt) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(1)}));
  disk.set_content("/var/dead/.plan", "2026-09-21\n/elsewhere\nr-1.ndjson\n");
  disk.set_content("/var/dead/.rest", "");
  EXPECT_FALSE(DeadLetterStore::open(disk, kFolder, kSpool));
  EXPECT_THAT(sequences(disk), ElementsAre(1)) << "the letter may be nowhere else";
}

TEST_F(LetterFilesTest, WhoHoldsTheLockIsLeftInPeace) {
  ASSERT_NO_FATAL_FAILURE(write(disk, clock, {letter(1)}));
  const auto first = open();
  const auto second = DeadLetterStore::open(disk, kFolder, kSpool);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kExists);
}

// The power goes at every call of a replay, and again at a call of the next start. Then each letter is in exactly one
// place: among the letters, or in a spool file that is shown.
TEST_F(LetterFilesTest, APowerCutAtAnyCallLeavesEachLetterInOnePlace) {
  std::uint64_t states = 0;
  for (std::uint64_t cut = 1;; ++cut) {
    bool ended = false;
    for (std::uint64_t seed = 1; seed <= (test::kSanitized ? 3U : 20U); ++seed, ++states) {
      FaultFileSystem torn(seed);
      ASSERT_TRUE(torn.make_directories(kSpool));
      ASSERT_NO_FATAL_FAILURE(write(torn, clock, {letter(1), letter(2), letter(3), letter(4)}));
      torn.power_off_at(cut);
      if (auto files = DeadLetterStore::open(torn, kFolder, kSpool)) {
        static_cast<void>(files->replay(odd, "r-", random));
        static_cast<void>(files->purge([](const DeadLetterLine& l) { return l.sequence.value == 4; }));
      }
      ended = torn.faults_hit() == 0;
      SeededRandom disk_random(seed * 1000 + cut);
      torn.crash(disk_random);
      torn.power_off_at(1 + disk_random.below(12));
      static_cast<void>(DeadLetterStore::open(torn, kFolder, kSpool));
      torn.crash(disk_random);
      // The daemon's next letter finishes what is left half done.
      ASSERT_NO_FATAL_FAILURE(write(torn, clock, {letter(9)}));
      std::map<std::string, int> slots;
      for (const std::uint64_t n : sequences(torn)) {
        ++slots[cat("{\"n\":", n, "}")];
      }
      for (const std::string& record : spooled(torn)) {
        ++slots[record];
      }
      for (const std::uint64_t n : {1U, 2U, 3U, 9U}) {
        ASSERT_EQ(slots[cat("{\"n\":", n, "}")], 1) << n << ", cut " << cut << ", seed " << seed;
      }
      ASSERT_LE(slots["{\"n\":4}"], 1);
      ASSERT_FALSE(torn.exists("/var/dead/.plan"));
    }
    if (ended) {
      break;
    }
  }
  std::printf("power cuts of a replay checked: %llu\n", static_cast<unsigned long long>(states));
}

TEST_F(LetterFilesTest, AFailureAtAnyCallLosesNoLetter) {
  for (const int os_error : {EIO, ENOSPC}) {
    for (std::uint64_t nth = 1;; ++nth) {
      FaultFileSystem failing(nth);
      ASSERT_TRUE(failing.make_directories(kSpool));
      ASSERT_NO_FATAL_FAILURE(write(failing, clock, {letter(1), letter(2)}));
      failing.fail_at(nth, {.os_error = os_error});
      if (auto files = DeadLetterStore::open(failing, kFolder, kSpool)) {
        static_cast<void>(files->replay(odd, "r-", random));
      }
      const bool ended = failing.faults_hit() == 0;
      failing.clear_faults();
      ASSERT_TRUE(DeadLetterStore::open(failing, kFolder, kSpool));
      const auto left = sequences(failing);
      ASSERT_EQ(left.size() + spooled(failing).size(), 2U) << "call " << nth;
      if (ended) {
        break;
      }
    }
  }
}

}  // namespace
}  // namespace respand::delivery
