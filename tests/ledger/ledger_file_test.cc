// The ledger's database as a file: it is made, missed, and set aside.

#include "ledger/ledger_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "respand/base/text.h"
#include "tests/ledger/store_bench.h"

namespace respand::ledger {
namespace {

constexpr WallTime kBroken{std::chrono::hours{480'000}};
const Error kWhy{ErrorCode::kCorrupt, "for a test"};

class LedgerFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> names() const { return test::names_in(folder_ / "costs"); }
  test::TempDir folder_;
  metrics::Registry registry_;
  metrics::Counter set_aside_ = registry_.counter("set_aside_total", "for a test");
  LedgerFile file_{folder_ / "costs", {}, fs::posix(), set_aside_};
};

TEST_F(LedgerFileTest, IsMadeForItsOwnerOnly) {
  EXPECT_FALSE(file_.is_open());
  ASSERT_TRUE(file_.open());
  EXPECT_TRUE(file_.is_open());
  const auto others = std::filesystem::perms::others_all & std::filesystem::status(file_.path()).permissions();
  EXPECT_EQ(others, std::filesystem::perms::none);
}

TEST_F(LedgerFileTest, IsClosedOnceItsNameIsGone) {
  ASSERT_TRUE(file_.open());
  file_.close_if_moved();
  EXPECT_TRUE(file_.is_open()) << "it is where it was";
  std::filesystem::remove(file_.path());
  file_.close_if_moved();
  EXPECT_FALSE(file_.is_open());
  EXPECT_TRUE(file_.open());
}

TEST_F(LedgerFileTest, ABrokenOneIsSetAsideWithItsWalAndAnotherIsMade) {
  ASSERT_TRUE(file_.open());
  file_.close();
  test::write_file(file_.path(), std::string(9000, 'g'));
  const Status opened = file_.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  test::write_file(file_.path() + "-wal", "w");
  file_.set_aside(opened.error(), kBroken);
  const std::string aside = cat(file_.path(), ".broken-", iso8601(kBroken));
  EXPECT_EQ(test::read_file(aside), std::string(9000, 'g'));
  EXPECT_EQ(test::read_file(aside + "-wal"), "w");
  EXPECT_EQ(set_aside_.value(), 1);
  EXPECT_TRUE(file_.open());
}

TEST_F(LedgerFileTest, TheLastFewBrokenOnesAreKept) {
  constexpr std::size_t kMost = LedgerFile::kMostSetAside;
  for (std::size_t i = 0; i <= kMost; ++i) {
    ASSERT_TRUE(file_.open());
    file_.set_aside(kWhy, kBroken + std::chrono::hours{i});
    EXPECT_FALSE(file_.is_open());
  }
  const auto at = [](std::size_t later) {
    return cat(kFileName, ".broken-", iso8601(kBroken + std::chrono::hours{later}));
  };
  const std::vector<std::string> left = names();
  EXPECT_EQ(std::count(left.begin(), left.end(), at(0)), 0) << "the oldest has gone";
  for (std::size_t i = 1; i <= kMost; ++i) {
    EXPECT_EQ(std::count(left.begin(), left.end(), at(i)), 1) << i;
  }
}

TEST_F(LedgerFileTest, OneThatIsGoneAlreadyIsSetAsideToo) {
  ASSERT_TRUE(file_.open());
  std::filesystem::remove_all(folder_ / "costs");
  file_.set_aside(kWhy, kBroken);
  EXPECT_FALSE(file_.is_open());
  EXPECT_TRUE(file_.open());
}

}  // namespace
}  // namespace respand::ledger
