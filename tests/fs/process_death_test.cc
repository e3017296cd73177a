// What the death of a process, or of the machine, does to what it held open: FaultFileSystem as tests of recovery need
// it.

#include <gtest/gtest.h>

#include <set>

#include "respand/base/random.h"
#include "tests/fs/fixtures.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fs {
namespace {

TEST(ProcessDeath, KeepsAllButLeavesItUnsynced) {
  FaultFileSystem fs;
  EXPECT_TRUE(fs.make_directories("/j"));
  auto file = open(fs, "/j/new");
  EXPECT_TRUE(write(*file, 0, "written"));
  fs.crash_keeping_all();
  EXPECT_EQ(read(*file), "<error>");
  EXPECT_EQ(fs.content("/j/new"), "written");
  std::set<bool> there;
  const auto before = fs.snapshot();
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    fs.restore(before);
    SeededRandom random(seed);
    fs.crash(random);
    there.insert(fs.exists("/j/new"));
  }
  EXPECT_EQ(there, (std::set<bool>{false, true}));
}

TEST(ProcessDeath, KillsFilesAndFreesLocks) {
  for (const bool power : {false, true}) {
    FaultFileSystem fs;
    fs.set_content("/j/f", "x");
    auto file = open(fs, "/j/f");
    const auto lock = fs.lock("/j/lock");
    ASSERT_FALSE(fs.lock("/j/lock"));
    SeededRandom random(1);
    power ? fs.crash(random) : fs.crash_keeping_all();
    EXPECT_EQ(write(*file, 0, "y").error().code, ErrorCode::kIo);
    EXPECT_EQ(file->sync_data().error().code, ErrorCode::kIo);
    EXPECT_EQ(file->truncate(0).error().code, ErrorCode::kIo);
    EXPECT_EQ(file->size().error().code, ErrorCode::kIo);
    const auto again = fs.lock("/j/lock");
    EXPECT_TRUE(again);
    file.reset();
    EXPECT_FALSE(fs.lock("/j/lock")) << "the dead lock's end must not free the new one";
    EXPECT_EQ(fs.content("/j/f"), "x");
  }
}

TEST(ProcessDeath, AFileOutlivesItsFileSystem) {
  auto fs = std::make_unique<FaultFileSystem>();
  auto file = open(*fs, "/f");
  const auto lock = fs->lock("/lock");
  fs.reset();
  EXPECT_TRUE(write(*file, 0, "x"));
  EXPECT_EQ(read(*file), "x");
}

}  // namespace
}  // namespace respand::fs
