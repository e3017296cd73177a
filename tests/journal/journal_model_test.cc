// The journal and a model of it, side by side: after every operation of a random script, including power cuts, kills
// and clean restarts, everything that can be seen of the journal is as the model says. A script is a word with a letter
// and a digit for each operation; one that fails is made as short as possible and printed.
//
//   a  a batch of one to three records       o  two batches before the journal looks
//   B  a batch that fills a segment, 9: larger than one
//   t  take and read     s  acknowledge one that was taken     S  acknowledge all of them      d  acknowledge one again
//   k  time passes       r  clean restart    x  kill -9      c  power cut
//   h  hold for the spool    f  let go        v  look back at what was held

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/journal/journal_in_step.h"
#include "tests/support/sanitized.h"

namespace respand::journal {
namespace {

struct Setting {
  Sync sync;
  WhenFull when_full;
  std::size_t files;
  bool fresh = false;  // dispatch from two places
};

Settings settings_of(const Setting& setting) {
  Settings settings;
  settings.directory = "/journal";
  settings.segment_size = Bytes{kModelSegment};
  settings.max_size = Bytes{setting.files * kModelSegment};
  settings.sync = setting.sync;
  settings.when_full = setting.when_full;
  return settings;
}

std::string name_of(const testing::TestParamInfo<Setting>& info) {
  static constexpr std::string_view kSyncs[] = {"Always", "Interval", "Never"};
  static constexpr std::string_view kPolicies[] = {"Block", "Reject", "DropOldest"};
  return cat(kSyncs[static_cast<std::size_t>(info.param.sync)],
             kPolicies[static_cast<std::size_t>(info.param.when_full)], info.param.files,
             info.param.fresh ? "Fresh" : "");
}

// Runs the word. Returns an empty text, or what went wrong and where.
std::string run_word(const Settings& settings, bool fresh, std::string_view word) {
  JournalInStep pair(settings, fresh);
  for (std::size_t at = 0; at + 1 < word.size(); at += 2) {
    const std::string wrong = pair.act(word[at], static_cast<std::uint64_t>(word[at + 1] - '0'));
    if (!wrong.empty()) {
      return cat("operation ", at / 2 + 1, ", ", word.substr(at, 2), ": ", wrong);
    }
  }
  return {};
}

// The word without the operations that are not needed for its failure.
std::string shortened(const Settings& settings, bool fresh, std::string word) {
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::size_t at = word.size(); at >= 2; at -= 2) {
      std::string without = word;
      without.erase(at - 2, 2);
      if (!run_word(settings, fresh, without).empty()) {
        word = std::move(without);
        shorter = true;
      }
    }
  }
  return word;
}

std::string random_word(std::uint64_t seed, std::size_t operations) {
  static constexpr std::string_view kLetters = "aaaaaaooBBBttttttsssssSSSdkkkrxcchfv";
  SeededRandom random(seed);
  std::string word;
  for (std::size_t i = 0; i < operations; ++i) {
    word.push_back(kLetters[random.below(kLetters.size())]);
    word.push_back(static_cast<char>('0' + random.below(10)));
  }
  return word;
}

// RESPAND_SCRIPTS=N: so many scripts a setting.
std::uint64_t scripts() {
  const char* wanted = std::getenv("RESPAND_SCRIPTS");
  const std::uint64_t usual = test::kSanitized ? 10 : 100;
  return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}

class InStep : public testing::TestWithParam<Setting> {};

TEST_P(InStep, WithTheModelAfterEveryOperation) {
  constexpr std::size_t kOperations = 120;
  const Settings settings = settings_of(GetParam());
  const bool fresh = GetParam().fresh;
  for (std::uint64_t seed = 1; seed <= scripts(); ++seed) {
    const std::string word = random_word(seed, kOperations);
    const std::string wrong = run_word(settings, fresh, word);
    if (!wrong.empty()) {
      const std::string shorter = shortened(settings, fresh, word);
      FAIL() << "seed " << seed << ", " << wrong << "\nshorter: " << shorter << ": "
             << run_word(settings, fresh, shorter);
    }
  }
  std::printf("%llu scripts of %zu operations\n", static_cast<unsigned long long>(scripts()), kOperations);
}

// Words that failed once. The test's name says what each has shown.
TEST(InStepOnce, AMergedSegmentCameBackWithoutTheOneBehindIt) {
  const Settings settings = settings_of({Sync::kAlways, WhenFull::kDropOldest, 3});
  EXPECT_EQ(run_word(settings, false, "o5a5o8a1a2a3B1B8B3o9a2o3B4a8B0B4B6a9c8a7a0B1a8r1t7S9a6B0o0c3a6t3s9o4c2"), "");
}

INSTANTIATE_TEST_SUITE_P(
    JournalModel, InStep,
    testing::Values(Setting{Sync::kAlways, WhenFull::kBlock, 3}, Setting{Sync::kAlways, WhenFull::kReject, 4},
                    Setting{Sync::kAlways, WhenFull::kDropOldest, 3}, Setting{Sync::kInterval, WhenFull::kBlock, 2},
                    Setting{Sync::kInterval, WhenFull::kDropOldest, 2}, Setting{Sync::kNever, WhenFull::kReject, 2},
                    Setting{Sync::kAlways, WhenFull::kBlock, 6, true},
                    Setting{Sync::kInterval, WhenFull::kDropOldest, 4, true}),
    name_of);

}  // namespace
}  // namespace respand::journal
