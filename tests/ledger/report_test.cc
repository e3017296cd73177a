// Reading a ledger beside the daemon, without one, and without the right to write.

#include "ledger/report.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/ledger/world.h"

namespace respand::ledger {
namespace {

// Another user for the rest of a scope, where the test is root, who may everything.
class AsNobody {
 public:
  AsNobody() : root_(::geteuid() == 0) {
    if (root_) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  ~AsNobody() {
    if (root_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  const bool root_;
};

void let_read(const World& world, bool others) {
  const mode_t more = others ? 0055 : 0;
  EXPECT_EQ(::chmod(world.folder.path().c_str(), 0700 | more), 0);
  EXPECT_EQ(::chmod(world.settings.directory.c_str(), 0500 | more), 0);
  for (const std::string& name : test::names_in(world.settings.directory)) {
    EXPECT_EQ(::chmod((world.settings.directory + "/" + name).c_str(), 0400 | (more & 0044)), 0);
  }
}

TEST(Report, BesideTheWriterAndAfterIt) {
  World world;
  world.live();
  world.put({.model = "m", .cost = micro(5)});
  world.step();
  EXPECT_EQ(world.report().total.cost.exact(), "0.000005");
  world.put({.model = "m", .cost = micro(5)});
  world.advance(std::chrono::seconds{1});
  world.step();
  EXPECT_EQ(world.report().total.cost.exact(), "0.00001");
  world.kill();
  EXPECT_EQ(world.report().total.cost.exact(), "0.00001");
}

TEST(Report, WithoutTheRightToWrite) {
  for (const bool running : {true, false}) {
    SCOPED_TRACE(running);
    World world;
    world.live();
    world.put({.model = "m"}, 3);
    world.step();
    if (!running) {
      world.kill();
    }
    let_read(world, true);
    {
      const AsNobody nobody;
      EXPECT_EQ(world.report().total.records.value, 3);
    }
    ::chmod(world.settings.directory.c_str(), 0700);
  }
}

TEST(Report, WhatThereIsNotIsSaid) {
  World world;
  const auto missing = read_report(world.folder / "none", {.from = 0, .to = 1});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("there is no ledger in"), std::string::npos) << missing.error().message;

  std::filesystem::create_directories(world.settings.directory);
  test::write_file(world.database(), "");
  const auto empty = read_report(world.settings.directory, {.from = 0, .to = 1});
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::kNotFound) << empty.error().message;

  test::write_file(world.database(), std::string(5000, 'x'));
  const auto garbage = read_report(world.settings.directory, {.from = 0, .to = 1});
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().code, ErrorCode::kCorrupt) << garbage.error().message;
}

TEST(Report, HoursFromAndTo) {
  World world;
  world.live();
  const std::int64_t first = hour_of(world.life->clock.wall());
  for (int i = 0; i < 3; ++i) {
    world.put({.model = "m"});
    world.step();
    world.advance(std::chrono::hours{1});
  }
  const auto count = [&](std::int64_t from, std::int64_t to) {
    return read_report(world.settings.directory, {.from = from, .to = to}).value().total.records.value;
  };
  EXPECT_EQ(count(first, first + 3), 3);
  EXPECT_EQ(count(first + 1, first + 3), 2);
  EXPECT_EQ(count(first, first + 2), 2);
  EXPECT_EQ(count(first + 3, first + 9), 0);
}

}  // namespace
}  // namespace respand::ledger
