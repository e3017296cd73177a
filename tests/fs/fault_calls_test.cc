// Injected faults of FaultFileSystem: which call fails, what it leaves behind, and the disk's limit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <thread>

#include "respand/fs/identity.h"
#include "tests/fs/fixtures.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fs {
namespace {

struct Step {
  Calls kind;
  std::function<bool(FaultFileSystem&, File&)> run;
};

// One call of each kind; `file` is /j/f, open for writing.
std::vector<Step> one_of_each() {
  return {
      {calls::kOpen, [](FaultFileSystem& fs, File&) { return fs.open("/j/g", OpenMode::kCreate).has_value(); }},
      {calls::kRead, [](FaultFileSystem&, File& file) { return read(file) != "<error>"; }},
      {calls::kWrite, [](FaultFileSystem&, File& file) { return write(file, 0, "x").has_value(); }},
      {calls::kSyncData, [](FaultFileSystem&, File& file) { return file.sync_data().has_value(); }},
      {calls::kTruncate, [](FaultFileSystem&, File& file) { return file.truncate(3).has_value(); }},
      {calls::kSize, [](FaultFileSystem&, File& file) { return file.size().has_value(); }},
      {calls::kRename, [](FaultFileSystem& fs, File&) { return fs.rename("/j/f", "/j/h").has_value(); }},
      {calls::kRemove, [](FaultFileSystem& fs, File&) { return fs.remove("/j/h").has_value(); }},
      {calls::kSyncDirectory, [](FaultFileSystem& fs, File&) { return fs.sync_directory("/j").has_value(); }},
      {calls::kList, [](FaultFileSystem& fs, File&) { return fs.list("/j").has_value(); }},
      {calls::kMakeDirectories, [](FaultFileSystem& fs, File&) { return fs.make_directories("/j/k").has_value(); }},
      {calls::kLock, [](FaultFileSystem& fs, File&) { return fs.lock("/j/lock").has_value(); }},
      {calls::kFreeSpace, [](FaultFileSystem& fs, File&) { return fs.free_space("/j").has_value(); }},
      {calls::kIdentity, [](FaultFileSystem&, File& file) { return identity_of(file).has_value(); }},
      {calls::kLook, [](FaultFileSystem& fs, File&) { return fs.look("/j", Directories::Links::kSee).has_value(); }},
      {calls::kWriters,
       [](FaultFileSystem&, File& file) { return dynamic_cast<DirectoryFile&>(file).writers() == Writers::kSome; }},
  };
}

TEST(FaultCalls, EveryKindIsCountedOnceAndFailsAloneWhenAsked) {
  const auto steps = one_of_each();
  Calls all = 0;
  for (const Step& step : steps) {
    all |= step.kind;
  }
  ASSERT_EQ(all, calls::kAll);
  for (std::size_t chosen = 0; chosen < steps.size(); ++chosen) {
    FaultFileSystem fs;
    fs.set_content("/j/f", "content");
    fs.set_content("/j/h", "content");
    auto file = open(fs, "/j/f");
    const std::uint64_t before = fs.operations();
    fs.fail_at(1, {.os_error = EIO, .calls = steps[chosen].kind});
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const bool worked = steps[i].run(fs, *file);
      EXPECT_EQ(worked, i != chosen) << "fault " << chosen << ", call " << i;
    }
    EXPECT_EQ(fs.operations() - before, steps.size());
    EXPECT_EQ(fs.operations(steps[chosen].kind), chosen == 0 ? 2U : 1U);
    EXPECT_EQ(fs.faults_hit(), 1U);
  }
}

TEST(FaultCalls, TheNthCallFailsOnceOrForGood) {
  for (const bool for_good : {false, true}) {
    for (std::uint64_t n = 1; n <= 5; ++n) {
      FaultFileSystem fs;
      auto file = open(fs, "/f");
      fs.fail_at(n, {.os_error = ENOSPC, .for_good = for_good, .calls = calls::kWrite | calls::kSyncData});
      for (std::uint64_t i = 1; i <= 6; ++i) {
        EXPECT_TRUE(file->size());  // not counted for this fault
        const auto status = i % 2 == 1 ? write(*file, 0, "x") : file->sync_data();
        ASSERT_EQ(status.has_value(), for_good ? i < n : i != n) << n << " " << i;
        if (!status) {
          EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
        }
      }
      fs.clear_faults();
      EXPECT_TRUE(write(*file, 0, "x"));
    }
  }
}

TEST(FaultCalls, SeveralFaultsEachCountForThemselves) {
  FaultFileSystem fs;
  auto file = open(fs, "/f");
  fs.fail_at(2, {.os_error = EIO, .calls = calls::kWrite});
  fs.fail_at(2, {.os_error = ENOSPC, .calls = calls::kWrite | calls::kTruncate});
  EXPECT_TRUE(write(*file, 0, "x"));
  EXPECT_EQ(file->truncate(0).error().os_error, ENOSPC);
  EXPECT_EQ(write(*file, 0, "x").error().os_error, EIO);
  EXPECT_TRUE(write(*file, 0, "x"));
}

TEST(FaultCalls, AFailedWriteMayHaveWrittenAnyPrefix) {
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    FaultFileSystem fs(seed);
    fs.set_content("/f", "oooooooo");
    auto file = open(fs, "/f");
    fs.fail_at(1, {.os_error = EIO, .calls = calls::kWrite});
    EXPECT_FALSE(write(*file, 0, "nnnnnnnn"));
    const std::string content = fs.content("/f");
    const std::size_t length = content.find_first_not_of('n');
    lengths.insert(std::min(length, content.size()));
    EXPECT_EQ(content.find('n', std::min(length, content.size())), std::string::npos);
  }
  EXPECT_EQ(lengths.size(), 9U);
}

// What is on the disk after a sync that failed, one that succeeded, and a crash: '-' nothing, 'w' the write, 'p' a
// part.
TEST(FaultCalls, AFailedSyncMayForgetAndTheNextOneSaysNothing) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    FaultFileSystem fs(seed);
    fs.set_content("/f", std::string(1024, '-'));
    auto file = open(fs, "/f");
    EXPECT_TRUE(write(*file, 0, std::string(1024, 'w')));
    fs.fail_at(1, {.os_error = EIO, .calls = calls::kSyncData});
    EXPECT_FALSE(file->sync_data());
    EXPECT_EQ(read(*file), std::string(1024, 'w')) << "reads still see it";
    EXPECT_TRUE(file->sync_data());
    SeededRandom random(seed);
    fs.crash(random);
    const std::string content = fs.content("/f");
    seen.insert({content.front(), content.back()});
  }
  EXPECT_EQ(seen, (std::set<std::string>{"--", "ww", "-w", "w-"}));
}

TEST(FaultCalls, WritesAfterAFailedSyncCanBeSynced) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FaultFileSystem fs(seed);
    fs.set_content("/f", "");
    auto file = open(fs, "/f");
    EXPECT_TRUE(write(*file, 0, std::string(1024, 'w')));
    fs.fail_at(1, {.os_error = EIO, .calls = calls::kSyncData});
    EXPECT_FALSE(file->sync_data());
    EXPECT_TRUE(write(*file, 1024, "new"));
    EXPECT_TRUE(file->sync_data());
    SeededRandom random(seed);
    fs.crash(random);
    ASSERT_EQ(fs.content("/f").size(), 1027U);
    EXPECT_EQ(fs.content("/f").substr(1024), "new");
  }
}

TEST(FaultCalls, AFailedFolderHasAnyOfItsParents) {
  std::set<std::size_t> made;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    FaultFileSystem fs(seed);
    fs.fail_at(1, {.calls = calls::kMakeDirectories});
    EXPECT_FALSE(fs.make_directories("/a/b"));
    made.insert((fs.list("/a") ? 1U : 0U) + (fs.list("/a/b") ? 1U : 0U));
  }
  EXPECT_EQ(made, (std::set<std::size_t>{0, 1, 2}));
}

TEST(FaultCalls, PowerOffStopsTheWorldUntilTheCrash) {
  FaultFileSystem fs;
  fs.set_content("/j/f", "old");
  auto file = open(fs, "/j/f");
  fs.power_off_at(2);
  EXPECT_TRUE(write(*file, 0, "new"));
  for (const Step& step : one_of_each()) {
    EXPECT_FALSE(step.run(fs, *file));
  }
  EXPECT_EQ(fs.content("/j/f"), "new");
  EXPECT_EQ(fs.files(), (std::vector<std::string>{"/j/f"}));
  SeededRandom random(3);
  fs.crash(random);
  EXPECT_TRUE(fs.open("/j/f", OpenMode::kRead));
}

TEST(FaultCalls, AWritePastTheDisksLimitIsCutThere) {
  FaultFileSystem fs;
  fs.set_content("/a", std::string(60, 'a'));
  fs.set_content("/b", "");
  fs.set_capacity(Bytes{100});
  EXPECT_EQ(fs.free_space("/")->value, 40U);
  auto file = open(fs, "/b");
  EXPECT_TRUE(write(*file, 0, std::string(39, 'b')));
  EXPECT_TRUE(write(*file, 39, "b"));
  EXPECT_TRUE(write(*file, 0, std::string(40, 'c'))) << "an overwrite needs no room";
  EXPECT_EQ(write(*file, 30, std::string(11, 'd')).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(fs.content("/b"), std::string(30, 'c') + std::string(10, 'd'));
  EXPECT_EQ(write(*file, 41, "x").error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(file->truncate(41).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(fs.used().value, 100U);
  EXPECT_TRUE(file->sync_data());
}

TEST(FaultCalls, RoomComesBackWhenTheLastUserOfAFileIsGone) {
  FaultFileSystem fs;
  fs.set_content("/a", std::string(60, 'a'));
  fs.set_capacity(Bytes{100});
  auto file = open(fs, "/a", OpenMode::kRead);
  EXPECT_TRUE(fs.remove("/a"));
  EXPECT_EQ(fs.used().value, 60U);
  file.reset();
  EXPECT_EQ(fs.used().value, 0U);
  EXPECT_EQ(fs.free_space("/")->value, 100U);
}

TEST(FaultCalls, DamageIsSeenByReadsAndOutlivesACrash) {
  FaultFileSystem fs;
  fs.set_content("/f", "abcdef");
  const auto file = open(fs, "/f");
  const std::uint64_t before = fs.operations();
  fs.flip("/f", 0, 0x20);
  fs.zero("/f", 2, 2);
  fs.cut("/f", 5);
  EXPECT_EQ(fs.operations(), before);
  EXPECT_EQ(read(*file), std::string("Ab\0\0e", 5));
  SeededRandom random(1);
  fs.crash(random);
  EXPECT_EQ(fs.content("/f"), std::string("Ab\0\0e", 5));
}

TEST(FaultCalls, PathsAreTheSameHoweverTheyAreWritten) {
  FaultFileSystem fs;
  fs.set_content("j//./f", "x");
  EXPECT_EQ(fs.files(), (std::vector<std::string>{"/j/f"}));
  EXPECT_TRUE(fs.exists("/j/f"));
  EXPECT_EQ(read(*open(fs, "//j/f")), "x");
  EXPECT_EQ(fs.list("/j/").value(), (std::vector<std::string>{"f"}));
  EXPECT_EQ(fs.list("/").value(), (std::vector<std::string>{"j"}));
}

TEST(FaultCalls, SnapshotsAreIndependent) {
  FaultFileSystem fs;
  fs.set_content("/f", "one");
  const auto snapshot = fs.snapshot();
  auto file = open(fs, "/f");
  EXPECT_TRUE(write(*file, 0, "two"));
  FaultFileSystem other(snapshot);
  EXPECT_EQ(other.content("/f"), "one");
  fs.restore(snapshot);
  EXPECT_EQ(fs.content("/f"), "one");
  EXPECT_FALSE(file->size()) << "open before the restore";
}

TEST(FaultCalls, ManyThreadsMayUseItAtOnce) {
  FaultFileSystem fs;
  constexpr int kWrites = 200;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&fs, i] {
        const std::string path = "/f" + std::to_string(i);
        auto file = open(fs, path);
        for (int n = 0; n < kWrites; ++n) {
          EXPECT_TRUE(write(*file, static_cast<std::uint64_t>(n), "x"));
          EXPECT_TRUE(n % 10 != 0 || file->sync_data());
        }
      });
    }
  }
  EXPECT_EQ(fs.operations(calls::kWrite), 4U * kWrites);
  EXPECT_EQ(fs.used().value, 4U * kWrites);
}

}  // namespace
}  // namespace respand::fs
