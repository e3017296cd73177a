// What is kept of what was refused: bounded, whatever a file unpacks to; and large files that hold up nobody.

#include <gmock/gmock.h>

#include <cerrno>

#include "respand/base/random.h"
#include "tests/spool/support.h"

namespace respand::spool {
namespace {

using Strings = std::vector<std::string>;
using testing::HasSubstr;

class SpoolRejectedTest : public SpoolTest {
 protected:
  [[nodiscard]] std::uint64_t used() const {
    std::uint64_t all = 0;
    for (const std::string& name : directory_.files("rejected")) {
      const auto info = fs::posix_directories().look(directory_ / ("rejected/" + name), fs::Directories::Links::kSee);
      EXPECT_TRUE(info);
      all += info ? info->room : 0;
    }
    return all;
  }
  double removed() { return registry_.counter("respand_spool_rejects_removed_total", "").value(); }
};

TEST_F(SpoolRejectedTest, OfABombTheFileItselfIsKept) {
  const std::string bomb = zstandard(std::string(16U << 20, '\n').replace(0, 5, "good\n") + std::string(1000, 'x'));
  std::string lines;
  while (lines.size() < 1U << 20) {
    lines += "[\n";
  }
  for (const auto& [name, content] : {std::pair<std::string, std::string>("blank.ndjson.zst", bomb),
                                      {"lines.ndjson.zst", zstandard(lines)},
                                      {"one.json.gz", gzipped(std::string(16U << 20, 'x'))}}) {
    SCOPED_TRACE(name);
    start();
    const double before = rejected(record::Reason::kNotJson);
    directory_.write(name, content);
    run_until_idle();
    EXPECT_EQ(directory_.files(), Strings{});
    EXPECT_EQ(directory_.files("rejected"), (Strings{name, name + ".errors"}));
    EXPECT_EQ(directory_.read("rejected/" + name), content);
    const std::string errors = directory_.read("rejected/" + name + ".errors");
    EXPECT_LE(errors.size(), SpoolRejects::kMaxErrors + 64);
    if (name == "lines.ndjson.zst") {
      EXPECT_THAT(errors, testing::ContainsRegex("\nand [0-9]+ more\n"));
      EXPECT_EQ(rejected(record::Reason::kNotJson) - before, static_cast<double>(lines.size() / 2))
          << "each is counted";
    }
    spool_.reset();
    std::filesystem::remove_all(directory_ / "rejected");
  }
}

// Nothing can be renamed to another file system, nor over a bind mount.
TEST_F(SpoolRejectedTest, ItsFolderMayBeOnAnotherFileSystem) {
  hooks_.rename = [](const fs::RenameCall& call, const auto& make) {
    return call.to_other_folder ? Status(os_error(EXDEV, "rename")) : make();
  };
  start();
  const std::string packed = gzipped(numbered(1) + "\nbad\n" + std::string(1U << 20, 'x') + "\n");
  directory_.write("a.ndjson.gz", packed);
  directory_.write("b.ndjson", numbered(2) + "\nbad\n");
  run_until_idle();
  EXPECT_EQ(directory_.files(), Strings{});
  EXPECT_EQ(directory_.files("rejected"),
            (Strings{"a.ndjson.gz", "a.ndjson.gz.errors", "b.ndjson", "b.ndjson.errors"}));
  EXPECT_EQ(directory_.read("rejected/a.ndjson.gz"), packed);
  EXPECT_EQ(directory_.read("rejected/b.ndjson"), "bad\n");
  EXPECT_EQ(journal_.payloads().size(), 2U);
}

TEST_F(SpoolRejectedTest, OfThePackedFilesOfOneNameEachIsKept) {
  start();
  for (std::uint64_t i = 0; i < 40; ++i) {
    directory_.write("a.ndjson.gz", gzipped("bad\n" + numbered(i)));
    run_until_idle();
  }
  EXPECT_EQ(directory_.files("rejected").size(), 80U);
  EXPECT_EQ(journal_.payloads().size(), 40U);
  EXPECT_EQ(directory_.files(), Strings{});
}

TEST_F(SpoolRejectedTest, TheOldestGoesWhereTheFolderIsFull) {
  settings_.rejected_max_size = kibibytes(256);
  start();
  constexpr int kFiles = 100;
  for (int i = 0; i < kFiles; ++i) {
    directory_.write(cat("f", 1000 + i, ".ndjson"),
                     cat("bad ", i, std::string(6000, 'x'), "\n", numbered(static_cast<std::uint64_t>(i))));
    run_until_idle();
    ASSERT_LE(used(), settings_.rejected_max_size.value) << i;
  }
  EXPECT_EQ(journal_.payloads().size(), static_cast<std::size_t>(kFiles)) << "the good ones";
  EXPECT_EQ(directory_.files(), Strings{});
  EXPECT_TRUE(directory_.has(cat("rejected/f", 1000 + kFiles - 1, ".ndjson"))) << "the newest is there";
  EXPECT_TRUE(directory_.has(cat("rejected/f", 1000 + kFiles - 1, ".ndjson.errors")));
  EXPECT_FALSE(directory_.has("rejected/f1000.ndjson"));
  EXPECT_FALSE(directory_.has("rejected/f1000.ndjson.errors"));
  EXPECT_GT(removed(), 100);
  EXPECT_EQ(static_cast<double>(spool_->state().rejects_removed), removed());
  EXPECT_EQ(removed() + static_cast<double>(directory_.files("rejected").size()), 2 * kFiles)
      << "all are accounted for";
  EXPECT_GT(used(), settings_.rejected_max_size.value / 2) << "no more than needed";
}

TEST_F(SpoolRejectedTest, AFileThatIsLargerThanTheWholeFolderStaysWhereItIs) {
  settings_.rejected_max_size = kibibytes(64);
  directory_.write("big.ndjson", numbered(1) + "\n" + std::string(100'000, 'x') + "\n" + numbered(2));
  SeededRandom random(1);
  std::string noise;
  while (noise.size() < 400'000) {
    noise += std::to_string(random.next()) + "\n[\n";
  }
  directory_.write("big.ndjson.gz", gzipped(noise + numbered(3)));
  directory_.write("small.ndjson", "bad\n" + numbered(4));
  start();
  pass(settings_.quiet_period);
  pass(kScanInterval);
  EXPECT_EQ(directory_.files().size(), 2U);
  EXPECT_EQ(journal_.payloads().size(), 4U) << "the good ones, once";
  EXPECT_TRUE(directory_.has("rejected/small.ndjson"));
  EXPECT_LE(used(), settings_.rejected_max_size.value);
  EXPECT_EQ(spool_->state().waiting[SpoolWait::kRejected].files, 2U);
  crash();
  settings_.rejected_max_size = mebibytes(1);
  start();
  pass(kScanInterval);
  pass(kScanInterval);
  EXPECT_EQ(directory_.files(), Strings{});
  EXPECT_EQ(journal_.payloads().size(), 4U);
}

TEST_F(SpoolRejectedTest, WhatIsNoPackedFileIsCalledThat) {
  directory_.write("a.json.gz", numbered(1));
  directory_.write("b.ndjson.zst", numbered(1));
  start();
  pass(settings_.quiet_period);
  EXPECT_EQ(directory_.read("rejected/a.json.gz.errors"), "not a gzip file, though its name says .gz\n");
  EXPECT_EQ(directory_.read("rejected/b.ndjson.zst.errors"), "not a zstd file, though its name says .zst\n");
  EXPECT_EQ(directory_.read("rejected/a.json.gz"), numbered(1));
}

TEST_F(SpoolRejectedTest, KilledWhileThePackedFileIsMoved) {
  bool killed = true;
  struct KilledMidMove {};
  for (int kill = 0; killed; ++kill) {
    SCOPED_TRACE(cat("killed before call ", kill));
    journal_.renew();
    std::filesystem::remove_all(directory_ / "rejected");
    int left = kill;
    const auto count_down = [&] {
      if (left-- <= 0) {
        throw KilledMidMove{};
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
    const std::string packed = zstandard(numbered_lines(0, 100) + "bad\n" + numbered_lines(100, 200));
    directory_.write("a.ndjson.zst", packed);
    killed = false;
    start();
    try {
      pass(settings_.quiet_period);
      pass(settings_.quiet_period);
    } catch (const KilledMidMove&) {
      killed = true;
    }
    crash();
    hooks_ = {};
    start();
    pass(kScanInterval);
    pass(kScanInterval);
    EXPECT_EQ(directory_.files(), Strings{});
    EXPECT_EQ(directory_.files("rejected"), (Strings{"a.ndjson.zst", "a.ndjson.zst.errors"}));
    EXPECT_EQ(directory_.read("rejected/a.ndjson.zst"), packed);
    EXPECT_EQ(tally(journal_).size(), 200U);
    EXPECT_EQ(journal_.payloads().size(), 200U);
    spool_.reset();
    ASSERT_LT(kill, 100);
  }
}

TEST_F(SpoolRejectedTest, SmallFilesGoFirstWhileLargeOnesAreRead) {
  const std::string line = "{\"s\":\"" + std::string(10'000, 's') + "\"}\n";
  std::string large;
  while (large.size() < 24 * kTurn) {
    large += line;
  }
  start();
  run_until_idle();
  const std::size_t files = kMaxLarge + 3;  // more than are read at once
  for (std::size_t i = 0; i < files; ++i) {
    directory_.write(cat("large", i, i % 2 == 0 ? ".ndjson" : ".ndjson.zst"), i % 2 == 0 ? large : zstandard(large));
  }
  for (int i = 0; i < 6; ++i) {
    (void)step();
    journal_.commit_all();
  }
  for (std::uint64_t i = 0; i < 8; ++i) {
    directory_.write(cat("small", i, ".json"), numbered(i));
    for (int steps = 0; steps < 12; ++steps) {
      (void)step();
      journal_.commit_all();
    }
    EXPECT_FALSE(directory_.has(cat("small", i, ".json"))) << "it waits for the large ones";
  }
  std::size_t left = 0;
  for (const std::string& name : directory_.files()) {
    left += name.find("large") != std::string::npos ? 1U : 0U;
  }
  EXPECT_GT(left, 0U) << "large ones are still being read";
  run_until_idle();
  pass(kIssueInterval);
  EXPECT_EQ(directory_.files(), Strings{});
  EXPECT_EQ(journal_.payloads().size(), 8 + files * (large.size() / line.size())) << "each once";
}

}  // namespace
}  // namespace respand::spool
