// The model of FaultFileSystem::crash(): what was synced is always there, and of what was not, every state that the
// model names does turn up over the seeds, and no other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "tests/fs/fixtures.h"
#include "tests/support/fs/fault_choices.h"
#include "tests/support/fs/fault_disk.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fs {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::UnorderedElementsAre;

constexpr std::uint64_t kSeeds = 400;

// How often each outcome turned up when the power was cut after `prepare`, by chance. All choices together lead to the
// same outcomes, but for what several gained sectors hold: that is checked here for every test that asks.
std::map<std::string, int> outcomes(const std::function<void(FaultFileSystem&)>& prepare,
                                    const std::function<std::string(FaultFileSystem&)>& look,
                                    bool gains_sectors = false) {
  FaultFileSystem first;
  first.set_content("/j/f", std::string(kSectorSize, 'a') + std::string(kSectorSize, 'b'));
  prepare(first);
  const auto before = first.snapshot();
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    FaultFileSystem fs(before);
    SeededRandom random(seed);
    fs.crash(random);
    ++seen[look(fs)];
  }
  std::set<std::string> chosen;
  EveryChoice every;
  do {
    FaultFileSystem fs(before);
    fs.crash(every);
    chosen.insert(look(fs));
  } while (every.next());
  for (const auto& [outcome, count] : seen) {
    EXPECT_TRUE(chosen.contains(outcome) || gains_sectors) << "a state that EveryChoice does not reach: " << outcome;
  }
  for (const std::string& outcome : chosen) {
    EXPECT_TRUE(seen.contains(outcome) || gains_sectors) << "a state that chance does not reach: " << outcome;
  }
  return seen;
}

std::set<std::string> keys(const std::map<std::string, int>& map) {
  std::set<std::string> found;
  for (const auto& [key, count] : map) {
    found.insert(key);
  }
  return found;
}

// A file's content, a letter a sector: the byte where all are the same, else '?'. Fewer bytes than a sector: in
// brackets.
std::string sectors(const std::string& content) {
  std::string letters;
  for (std::size_t at = 0; at < content.size(); at += kSectorSize) {
    const std::string sector = content.substr(at, kSectorSize);
    const bool same = sector.find_first_not_of(sector[0]) == std::string::npos;
    letters.push_back(!same || sector[0] == '\xff' ? '?' : sector[0] == '\0' ? '0' : sector[0]);
  }
  return letters;
}
std::string file_of(FaultFileSystem& fs) { return fs.exists("/j/f") ? sectors(fs.content("/j/f")) : "none"; }

TEST(PowerCut, WhatIsSyncedIsThereWithItsSize) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        auto file = open(fs, "/j/f");
        EXPECT_TRUE(write(*file, 2 * kSectorSize, std::string(kSectorSize, 'c')));
        EXPECT_TRUE(file->truncate(5 * kSectorSize));
        EXPECT_TRUE(file->sync_data());
      },
      file_of);
  EXPECT_EQ(keys(seen), std::set<std::string>{"abc00"});
}

TEST(PowerCut, AnOverwriteIsMissingWholeOrTorn) {
  const auto seen =
      outcomes([](FaultFileSystem& fs) { EXPECT_TRUE(write(*open(fs, "/j/f"), 0, std::string(2 * kSectorSize, 'N'))); },
               file_of);
  EXPECT_EQ(keys(seen), (std::set<std::string>{"ab", "NN", "Nb", "aN"}));
  for (const auto& [outcome, count] : seen) {
    EXPECT_GT(count, static_cast<int>(kSeeds) / 50) << outcome;
  }
}

TEST(PowerCut, WritesToDifferentSectorsLandInAnyOrder) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        auto file = open(fs, "/j/f");
        EXPECT_TRUE(write(*file, 0, std::string(kSectorSize, '1')));
        EXPECT_TRUE(write(*file, kSectorSize, std::string(kSectorSize, '2')));
      },
      file_of);
  EXPECT_EQ(keys(seen), (std::set<std::string>{"ab", "1b", "a2", "12"}));
}

TEST(PowerCut, WritesToOneSectorLandInTheirOrder) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        auto file = open(fs, "/j/f");
        EXPECT_TRUE(write(*file, 10, "first"));
        EXPECT_TRUE(write(*file, 20, "second"));
      },
      [](FaultFileSystem& fs) { return fs.content("/j/f").substr(10, 5) + fs.content("/j/f").substr(20, 6); });
  EXPECT_EQ(keys(seen), (std::set<std::string>{"aaaaaaaaaaa", "firstaaaaaa", "firstsecond"}));
}

TEST(PowerCut, SyncedBytesBesideAnUnsyncedWriteAreNeverHurt) {
  const auto seen =
      outcomes([](FaultFileSystem& fs) { EXPECT_TRUE(write(*open(fs, "/j/f"), 100, std::string(700, 'N'))); },
               [](FaultFileSystem& fs) {
                 const std::string content = fs.content("/j/f");
                 return content.substr(0, 100) + content.substr(800);
               });
  EXPECT_EQ(keys(seen), std::set<std::string>{std::string(100, 'a') + std::string(224, 'b')});
}

TEST(PowerCut, AnAppendMayLeaveSizeWithoutDataAndDataWithoutSize) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        EXPECT_TRUE(write(*open(fs, "/j/f"), 2 * kSectorSize, std::string(kSectorSize, 'N')));
      },
      file_of);
  // Not there; there; the size only, over zeros, random bytes, or another file's old sector: here its own first ones.
  EXPECT_THAT(keys(seen), ::testing::IsSupersetOf({"ab", "abN", "ab0", "ab?"}));
  EXPECT_THAT(keys(seen), ::testing::IsSubsetOf({"ab", "abN", "ab0", "ab?", "aba", "abb"}));
}

TEST(PowerCut, OldBlocksOfAnotherFileTurnUpInASizeWithoutData) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        fs.set_content("/j/other", std::string(8 * kSectorSize, 'O'));
        EXPECT_TRUE(write(*open(fs, "/j/f"), 2 * kSectorSize, std::string(2 * kSectorSize, 'N')));
      },
      file_of, true);
  EXPECT_THAT(keys(seen), ::testing::IsSupersetOf({"abOO", "abN0", "ab0N", "ab00"}));
}

TEST(PowerCut, ManyAppendsLeaveAnySizeInBetween) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        auto file = open(fs, "/j/f");
        for (std::uint64_t i = 2; i < 6; ++i) {
          EXPECT_TRUE(write(*file, i * kSectorSize, std::string(kSectorSize, 'N')));
        }
      },
      [](FaultFileSystem& fs) { return std::to_string(fs.content("/j/f").size() / kSectorSize); });
  EXPECT_EQ(keys(seen), (std::set<std::string>{"2", "3", "4", "5", "6"}));
}

TEST(PowerCut, ATruncationIsThereOrNotAndWhatWasCutStaysAwayIfItIs) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        auto file = open(fs, "/j/f");
        EXPECT_TRUE(file->truncate(kSectorSize));
        EXPECT_TRUE(file->truncate(2 * kSectorSize));
      },
      file_of);
  EXPECT_EQ(keys(seen), (std::set<std::string>{"ab", "a", "a0"}));
}

TEST(PowerCut, AHoleReadsAsZeros) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        EXPECT_TRUE(write(*open(fs, "/j/f"), 4 * kSectorSize, std::string(kSectorSize, 'N')));
      },
      [](FaultFileSystem& fs) { return file_of(fs).substr(0, 4); });
  EXPECT_EQ(keys(seen), (std::set<std::string>{"ab", "ab00"}));
}

std::string names_in(FaultFileSystem& fs) {
  std::string joined;
  for (const std::string& path : fs.files()) {
    joined.append(path).append(" ");
  }
  return joined;
}

TEST(PowerCut, ANameMayBeMissingThoughTheContentIsSynced) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        auto file = open(fs, "/j/new");
        EXPECT_TRUE(write(*file, 0, "x"));
        EXPECT_TRUE(file->sync_data());
      },
      names_in);
  EXPECT_EQ(keys(seen), (std::set<std::string>{"/j/f ", "/j/f /j/new "}));
}

TEST(PowerCut, ANameMayBeThereThoughTheContentIsNot) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        EXPECT_TRUE(write(*open(fs, "/j/new"), 0, "x"));
        EXPECT_TRUE(fs.sync_directory("/j"));
      },
      [](FaultFileSystem& fs) { return std::to_string(fs.content("/j/new").size()); });
  EXPECT_EQ(keys(seen), (std::set<std::string>{"0", "1"}));
}

TEST(PowerCut, RenameOverAFileShowsTheOldOrTheNewAlsoAnEmptyNew) {
  const auto replace = [](FaultFileSystem& fs, bool sync) {
    auto file = open(fs, "/j/f.tmp");
    EXPECT_TRUE(write(*file, 0, std::string(kSectorSize, 'N')));
    EXPECT_TRUE(!sync || file->sync_data());
    EXPECT_TRUE(fs.rename("/j/f.tmp", "/j/f"));
  };
  EXPECT_EQ(keys(outcomes([&](FaultFileSystem& fs) { replace(fs, true); }, file_of)),
            (std::set<std::string>{"ab", "N"}));
  EXPECT_THAT(keys(outcomes([&](FaultFileSystem& fs) { replace(fs, false); }, file_of)),
              ::testing::IsSupersetOf({"ab", "N", "0", ""}));
  const auto synced = outcomes(
      [&](FaultFileSystem& fs) {
        replace(fs, true);
        EXPECT_TRUE(fs.sync_directory("/j"));
      },
      [](FaultFileSystem& fs) { return names_in(fs) + file_of(fs); });
  EXPECT_EQ(keys(synced), std::set<std::string>{"/j/f N"});
}

TEST(PowerCut, NameChangesAreIndependentButForThoseThatShareAName) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        static_cast<void>(open(fs, "/j/a"));
        EXPECT_TRUE(fs.rename("/j/a", "/j/b"));
        EXPECT_TRUE(fs.remove("/j/f"));
      },
      names_in);
  EXPECT_EQ(keys(seen), (std::set<std::string>{"", "/j/a ", "/j/b ", "/j/f ", "/j/a /j/f ", "/j/b /j/f "}));
}

TEST(PowerCut, SyncingAFolderLeavesTheNamesOfAnotherUnsynced) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        EXPECT_TRUE(fs.make_directories("/k"));
        static_cast<void>(open(fs, "/k/a"));
        EXPECT_TRUE(fs.remove("/j/f"));
        EXPECT_TRUE(fs.sync_directory("/k"));
      },
      names_in);
  EXPECT_EQ(keys(seen), (std::set<std::string>{"/k/a ", "/j/f /k/a "}));
}

TEST(PowerCut, ARenameBetweenFoldersNeedsBothAndLosesNothing) {
  for (const bool both : {false, true}) {
    const auto seen = outcomes(
        [&](FaultFileSystem& fs) {
          EXPECT_TRUE(fs.make_directories("/k"));
          EXPECT_TRUE(fs.rename("/j/f", "/k/f"));
          EXPECT_TRUE(fs.sync_directory("/j"));
          EXPECT_TRUE(!both || fs.sync_directory("/k"));
        },
        names_in);
    EXPECT_EQ(keys(seen), both ? (std::set<std::string>{"/k/f "}) : (std::set<std::string>{"/j/f ", "/k/f "}));
  }
}

TEST(PowerCut, ASyncedChangeTakesEarlierOnesOfItsNamesAlong) {
  const auto seen = outcomes(
      [](FaultFileSystem& fs) {
        EXPECT_TRUE(fs.make_directories("/k"));
        EXPECT_TRUE(fs.rename("/j/f", "/k/f"));  // waits for /j
        EXPECT_TRUE(fs.remove("/k/f"));
        EXPECT_TRUE(fs.sync_directory("/k"));
      },
      names_in);
  EXPECT_EQ(keys(seen), std::set<std::string>{""});
}

TEST(PowerCut, ARemovedFileComesBackWholeOrNotAtAll) {
  const auto seen = outcomes([](FaultFileSystem& fs) { EXPECT_TRUE(fs.remove("/j/f")); }, file_of);
  EXPECT_EQ(keys(seen), (std::set<std::string>{"ab", "none"}));
}

TEST(PowerCut, EveryChoiceVisitsEachStateAndBeginsAnew) {
  FaultFileSystem first;
  first.set_content("/j/f", std::string(3 * kSectorSize, 'o'));
  EXPECT_TRUE(write(*open(first, "/j/f"), 0, std::string(3 * kSectorSize, 'N')));
  EXPECT_TRUE(first.rename("/j/f", "/j/g"));
  const auto before = first.snapshot();
  EveryChoice every;
  for (int round = 0; round < 2; ++round) {
    std::set<std::string> seen;
    std::size_t visits = 0;
    do {
      FaultFileSystem fs(before);
      fs.crash(every);
      seen.insert(names_in(fs) + sectors(fs.content(fs.files().front())));
      ++visits;
    } while (every.next());
    EXPECT_EQ(visits, 16U);  // old or new name, and each sector
    EXPECT_EQ(seen.size(), visits);
  }
}

TEST(PowerCut, SectorsBeyondTheFreeOnesLandTogether) {
  FaultFileSystem first;
  const std::size_t size = (kFreeSectors + 5) * kSectorSize;
  first.set_content("/j/f", std::string(size, 'o'));
  EXPECT_TRUE(write(*open(first, "/j/f"), 0, std::string(size, 'N')));
  const auto before = first.snapshot();
  EveryChoice every;
  std::set<std::string> seen;
  do {
    FaultFileSystem fs(before);
    fs.crash(every);
    seen.insert(sectors(fs.content("/j/f")).substr(kFreeSectors - 1));
  } while (every.next());
  EXPECT_EQ(seen, (std::set<std::string>{"oooooo", "oNNNNN", "Nooooo", "NNNNNN"}));
}

TEST(PowerCut, WhatACrashLeftIsOnTheDisk) {
  FaultFileSystem fs;
  fs.set_content("/j/f", "old");
  EXPECT_TRUE(write(*open(fs, "/j/f"), 0, std::string(5000, 'N')));
  SeededRandom random(7);
  fs.crash(random);
  const std::string left = fs.content("/j/f");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom another(seed);
    fs.crash(another);
    ASSERT_EQ(fs.content("/j/f"), left);
  }
}

TEST(PowerCut, TheSameSeedGivesTheSameDisk) {
  FaultFileSystem first;
  EXPECT_TRUE(first.make_directories("/j"));
  for (char name = 'a'; name < 'z'; ++name) {
    EXPECT_TRUE(write(*open(first, std::string("/j/") + name), 0, std::string(2000, name)));
  }
  const auto before = first.snapshot();
  FaultFileSystem one(before);
  FaultFileSystem two(before);
  SeededRandom random_one(11);
  SeededRandom random_two(11);
  one.crash(random_one);
  two.crash(random_two);
  ASSERT_EQ(one.files(), two.files());
  for (const std::string& path : one.files()) {
    EXPECT_EQ(one.content(path), two.content(path));
  }
}

}  // namespace
}  // namespace respand::fs
