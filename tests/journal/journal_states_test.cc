// Every state of the disk, for every short word of operations. The power is cut after each file-system call, the disk
// gets each state that the model in tests/support/fs/fault_file_system.h allows, and the journal that is opened on it
// must hold everything that was promised, nothing that was never offered, nothing twice, and correct counts. The same
// must hold when it is opened once more, when the recovery itself is cut, and after another run. The test prints how
// many states it has seen.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <unordered_set>
#include <vector>

#include "journal/format.h"
#include "tests/journal/crash_court.h"
#include "tests/journal/story.h"
#include "tests/support/fs/fault_choices.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

// Letters of the words, and where they begin: an empty folder; a backlog; acknowledged and recycled segments; a
// full journal.
constexpr std::string_view kLetters = "apBsSkrx";
constexpr std::string_view kBeginnings[] = {"", "ap", "BsaSk", "BBsssaB", "BBB"};

struct Setting {
  Sync sync;
  WhenFull when_full;
  bool fresh = false;    // few references at hand, and dispatch from two places
  bool gathers = false;  // nobody waits for a batch: what is in the file is not synced until time passes
};

Settings settings_of(const Setting& setting) {
  Settings settings = Story::settings(setting.sync, setting.when_full);
  settings.references = setting.fresh ? 2 : Story::kReferences;
  settings.sync_delay = setting.gathers ? std::chrono::milliseconds{10} : Duration{0};
  return settings;
}

// RESPAND_STATES=N: every state of every setting, for words of N letters. Without it every state of words of one letter
// under the usual settings; some of those of longer words, under other settings, and under sanitizers.
const char* wanted() { return std::getenv("RESPAND_STATES"); }
std::size_t letters(const Setting& setting) {
  return wanted() != nullptr ? std::strtoull(wanted(), nullptr, 10)
         : setting.sync == Sync::kAlways && setting.when_full == WhenFull::kBlock && !setting.fresh &&
                 !setting.gathers && !test::kSanitized
             ? 2
             : 1;
}
bool every_state(const Setting& setting, std::size_t length) {
  return wanted() != nullptr || (!test::kSanitized && length == 1 && !setting.gathers &&
                                 setting.sync == Sync::kAlways && setting.when_full == WhenFull::kBlock);
}
constexpr std::uint64_t kSomeStates = test::kSanitized ? 1 : 4;
// RESPAND_WORDS=N: so many long words a setting.
std::uint64_t long_words() {
  const char* const number = std::getenv("RESPAND_WORDS");
  return number != nullptr ? std::strtoull(number, nullptr, 10) : test::kSanitized ? 2 : 100;
}

std::string name_of(const Setting& setting) {
  static constexpr std::string_view kSyncs[] = {"Always", "Interval", "Never"};
  static constexpr std::string_view kPolicies[] = {"Block", "Reject", "DropOldest"};
  return cat(kSyncs[static_cast<std::size_t>(setting.sync)], kPolicies[static_cast<std::size_t>(setting.when_full)],
             setting.fresh ? "Fresh" : "", setting.gathers ? "Gathering" : "");
}

// Runs the word's last letter up to each of its calls, and judges every state that may be left. Returns how many cuts
// it made.
std::uint64_t cut_last_letter(const Setting& setting, const std::string& word, bool every,
                              std::unordered_set<std::uint64_t>& seen) {
  const Settings settings = settings_of(setting);
  for (std::uint64_t call = 1;; ++call) {
    fs::FaultFileSystem fs(7);
    fs.set_content("/journal/lock", cat(::getpid(), "\n"));  // one thing less that may or may not be there
    Story story(fs, settings);
    story.tell(std::string_view(word).substr(0, word.size() - 1));
    fs.power_off_at(call);
    story.tell(std::string_view(word).substr(word.size() - 1));
    CrashCourt court(settings, seen, cat(name_of(setting), ", word ", word, ", call ", call));
    court.judge_kill(fs.snapshot(), story);
    if (every) {
      court.judge_all(fs.snapshot(), story);
    } else {
      court.judge_some(fs.snapshot(), story, kSomeStates);
    }
    if (fs.faults_hit() == 0 || testing::Test::HasFailure()) {
      return call;
    }
  }
}

class JournalStates : public testing::TestWithParam<Setting> {};

TEST_P(JournalStates, EveryWordEveryCallEveryState) {
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t cuts = 0;
  std::uint64_t words = 0;
  std::vector<std::string> longer(std::begin(kBeginnings), std::end(kBeginnings));
  for (std::size_t length = 1; length <= letters(GetParam()); ++length) {
    std::vector<std::string> next;
    for (const std::string& word : longer) {
      for (const char letter : kLetters) {
        next.push_back(word + letter);
        cuts += cut_last_letter(GetParam(), next.back(), every_state(GetParam(), length), seen);
        ++words;
        ASSERT_FALSE(HasFailure());
      }
    }
    longer = std::move(next);
  }
  std::printf("%s: %llu words, cut at %llu calls, %zu distinct states checked\n", name_of(GetParam()).c_str(),
              static_cast<unsigned long long>(words), static_cast<unsigned long long>(cuts), seen.size());
  std::fflush(stdout);
}

// A random word, whose letters include holding records for the spool.
std::string long_word(SeededRandom& random) {
  std::string word;
  while (word.size() < 40) {
    word.push_back("aapBBssssSkrxhf"[random.below(15)]);
  }
  return word;
}

// Cuts a long word anywhere, and judges some of the states.
void cut_long_word(const Setting& setting, std::uint64_t seed, std::unordered_set<std::uint64_t>& seen) {
  const Settings settings = settings_of(setting);
  SeededRandom random(seed);
  const std::string word = long_word(random);
  const std::size_t before = random.below(word.size());
  const std::uint64_t call = 1 + random.below(25);
  fs::FaultFileSystem fs(seed);
  Story story(fs, settings);
  story.tell(std::string_view(word).substr(0, before));
  fs.power_off_at(call);
  story.tell(std::string_view(word).substr(before));
  CrashCourt court(settings, seen,
                   cat(name_of(setting), ", seed ", seed, ", word ", word, ", call ", call, " behind letter ", before));
  court.judge_kill(fs.snapshot(), story);
  court.judge_some(fs.snapshot(), story, kSomeStates);
}

TEST_P(JournalStates, LongWordsByChance) {
  std::unordered_set<std::uint64_t> seen;
  for (std::uint64_t seed = 1; seed <= long_words(); ++seed) {
    cut_long_word(GetParam(), seed, seen);
    ASSERT_FALSE(HasFailure());
  }
  std::printf("%s: %llu long words, %zu distinct states checked\n", name_of(GetParam()).c_str(),
              static_cast<unsigned long long>(long_words()), seen.size());
  std::fflush(stdout);
}

// Runs the word letter by letter. Then the end mark on disk may be any of those that the last run wrote, because marks
// are not synced.
void judge_older_marks(const Setting& setting, const std::string& word, std::unordered_set<std::uint64_t>& seen) {
  const Settings settings = settings_of(setting);
  fs::FaultFileSystem fs(7);
  Story story(fs, settings);
  std::set<std::string> marks;
  for (const char letter : word) {
    story.tell({&letter, 1});
    if (letter == 'r') {
      marks.clear();
    } else if (fs.exists("/journal/end")) {
      marks.insert(fs.content("/journal/end"));
    }
  }
  for (const std::string& mark : marks) {
    fs::FaultFileSystem cut(fs.snapshot());
    cut.set_content("/journal/end", mark);
    CrashCourt(settings, seen, cat(name_of(setting), ", an older mark, word ", word)).judge_kill(cut.snapshot(), story);
  }
}

TEST_P(JournalStates, TheMarkOfTheEndMayBeOld) {
  std::unordered_set<std::uint64_t> seen;
  for (std::uint64_t seed = 1; seed <= long_words(); ++seed) {
    SeededRandom random(seed);
    judge_older_marks(GetParam(), long_word(random), seen);
    ASSERT_FALSE(HasFailure());
  }
  ASSERT_GT(seen.size(), long_words());
}

// Two old segments with one open record each, and a third: there is room for another segment only after those two are
// compacted. Compaction is cut at each call, and each state of the disk is judged, with and without records held for
// the spool.
TEST_P(JournalStates, EveryCallOfACompactionEveryState) {
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t cuts = 0;
  const std::string old = std::string(13, 'a') + std::string(12, 'S') + std::string(12, 'a') + std::string(11, 'S');
  const bool every = every_state(GetParam(), 1);
  for (const std::string& word : {old + "BB", old + "BSB", "h" + old + "BB", old + "BBk", old + "BBx", old + "BBr"}) {
    cuts += cut_last_letter(GetParam(), word, every, seen);
    ASSERT_FALSE(HasFailure());
  }
  std::printf("%s: compactions cut at %llu calls, %zu distinct states checked\n", name_of(GetParam()).c_str(),
              static_cast<unsigned long long>(cuts), seen.size());
  std::fflush(stdout);
}

// Words and seeds that failed once. The test's name says what each has shown.
class JournalStatesOnce : public testing::Test {
 protected:
  static void cut(const std::string& word) {
    std::unordered_set<std::uint64_t> seen;
    cut_last_letter({Sync::kAlways, WhenFull::kBlock}, word, !test::kSanitized, seen);
  }
  static void cut_long(const Setting& setting, std::uint64_t seed) {
    std::unordered_set<std::uint64_t> seen;
    cut_long_word(setting, seed, seen);
  }
};
TEST_F(JournalStatesOnce, ASegmentWasReusedBeforeTheCursorSaidItIsAcknowledged) { cut("BBsssaBa"); }
TEST_F(JournalStatesOnce, WhatAKilledProcessHadNotSyncedWasBelieved) { cut("a"); }
TEST_F(JournalStatesOnce, TheNewestSyncedSlotOfTheCursorWasWrittenOver) { cut("apskxsk"); }
TEST_F(JournalStatesOnce, ARecycledFilesOldHeaderSaidHowMuchHadBeenWritten) {
  cut_long({Sync::kAlways, WhenFull::kBlock}, 1323);
}
TEST_F(JournalStatesOnce, WhatWasCompactedBehindTheMarkWasMissingInTheBytes) {
  std::unordered_set<std::uint64_t> seen;
  judge_older_marks({Sync::kAlways, WhenFull::kBlock}, "frasshhSBxhsrhsssskSasSasaSBfxfBBpashaBS", seen);
  judge_older_marks({Sync::kAlways, WhenFull::kReject}, "ppfaSBxraBssBakrSsBpsarBBshaxraaffpBhkkS", seen);
}
TEST_F(JournalStatesOnce, AFileWithRecordsUnderItsNewNameGotItsOldOneBack) {
  cut_long({Sync::kNever, WhenFull::kBlock}, 1753);
  cut_long({Sync::kNever, WhenFull::kReject}, 1051);
  cut_long({Sync::kNever, WhenFull::kDropOldest}, 1421);
}

constexpr Setting kSettings[] = {{Sync::kAlways, WhenFull::kBlock},
                                 {Sync::kAlways, WhenFull::kReject},
                                 {Sync::kAlways, WhenFull::kDropOldest},
                                 {Sync::kInterval, WhenFull::kBlock},
                                 {Sync::kInterval, WhenFull::kReject},
                                 {Sync::kInterval, WhenFull::kDropOldest},
                                 {Sync::kNever, WhenFull::kBlock},
                                 {Sync::kNever, WhenFull::kReject},
                                 {Sync::kNever, WhenFull::kDropOldest},
                                 {Sync::kAlways, WhenFull::kBlock, true},
                                 {Sync::kInterval, WhenFull::kDropOldest, true},
                                 {Sync::kAlways, WhenFull::kBlock, false, true},
                                 {Sync::kAlways, WhenFull::kDropOldest, false, true}};

// A sanitizer's build sees each policy, each way of syncing and the fresh lane, once.
constexpr Setting kSomeSettings[] = {{Sync::kAlways, WhenFull::kReject},
                                     {Sync::kNever, WhenFull::kBlock},
                                     {Sync::kInterval, WhenFull::kDropOldest, true},
                                     {Sync::kAlways, WhenFull::kBlock, false, true}};

INSTANTIATE_TEST_SUITE_P(
    All, JournalStates,
    testing::ValuesIn(test::kSanitized ? std::vector<Setting>(std::begin(kSomeSettings), std::end(kSomeSettings))
                                       : std::vector<Setting>(std::begin(kSettings), std::end(kSettings))),
    [](const auto& param_info) { return name_of(param_info.param); });

}  // namespace
}  // namespace respand::journal
