// Files that records are exported to are nobody else's, also where somebody has made one of that name first.

#include "cli/private_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/files.h"

namespace respand::cli {
namespace {

using respand::test::read_file;
using respand::test::TempDir;
using respand::test::write_file;
using testing::HasSubstr;

::mode_t mode_of(const std::string& path) {
  struct ::stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777U;
}

std::string refusal(const std::string& path) {
  const auto opened = PrivateFile::open(path);
  EXPECT_FALSE(opened);
  return opened ? "" : opened.error().message;
}

TEST(PrivateFile, IsMadeForItsOwnerAlone) {
  const TempDir folder;
  const ::mode_t mask = ::umask(0);
  {
    auto file = PrivateFile::open(folder / "new");
    ASSERT_TRUE(file);
    (*file)->stream() << "records" << '\n' << std::flush;
    EXPECT_EQ(read_file(folder / "new"), "records\n");
  }
  ::umask(mask);
  EXPECT_EQ(mode_of(folder / "new"), 0600U);
}

TEST(PrivateFile, AnOlderOneIsEmptiedAndClosedToOthers) {
  const TempDir folder;
  write_file(folder / "old", "much older text");
  ::chmod((folder / "old").c_str(), 0666);
  auto file = PrivateFile::open(folder / "old");
  ASSERT_TRUE(file);
  EXPECT_EQ(mode_of(folder / "old"), 0600U);
  const std::string much(200'000, 'x');
  (*file)->stream() << much << 'y';
  file->reset();
  EXPECT_EQ(read_file(folder / "old"), much + "y");
}

TEST(PrivateFile, FollowsNoLinkAndWritesToNothingElse) {
  const TempDir folder;
  write_file(folder / "precious", "precious");
  std::filesystem::create_symlink(folder / "precious", folder / "link");
  EXPECT_THAT(refusal(folder / "link"), HasSubstr("is a symbolic link, and is not followed"));
  std::filesystem::create_symlink(folder / "nowhere", folder / "dangling");
  EXPECT_THAT(refusal(folder / "dangling"), HasSubstr("is a symbolic link"));
  EXPECT_FALSE(std::filesystem::exists(folder / "nowhere"));
  std::filesystem::create_hard_link(folder / "precious", folder / "second");
  EXPECT_THAT(refusal(folder / "second"), HasSubstr("has another name besides"));
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_NE(refusal(folder / "fifo"), "");
  EXPECT_THAT(refusal("/dev/null"), HasSubstr("is not a regular file"));
  EXPECT_NE(refusal(folder.path()), "");
  EXPECT_THAT(refusal(folder / "no/such"), HasSubstr("No such file"));
  EXPECT_EQ(read_file(folder / "precious"), "precious");
}

TEST(PrivateFile, OfAnotherUserIsLeftAlone) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  const TempDir folder;
  write_file(folder / "theirs", "theirs");
  ASSERT_EQ(::chown((folder / "theirs").c_str(), 12345, 12345), 0);
  EXPECT_THAT(refusal(folder / "theirs"), HasSubstr("belongs to another user"));
  EXPECT_EQ(read_file(folder / "theirs"), "theirs");
}

}  // namespace
}  // namespace respand::cli
