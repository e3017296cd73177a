// Paths, modes and owners of sockets.

#include "respand/net/bind.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "respand/base/text.h"
#include "tests/support/files.h"
#include "tests/support/socket.h"

namespace respand::net {
namespace {

namespace stdfs = std::filesystem;

std::uint32_t mode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

std::size_t entries(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(stdfs::directory_iterator(folder), stdfs::directory_iterator()));
}

// A socket file that nobody listens on, as a killed process leaves it.
void leave_socket(const std::string& path, int type = SOCK_STREAM) {
  const UniqueFd fd = test::bound_unix_socket(path, type);
}

class Bind : public ::testing::Test {
 protected:
  static Result<UnixSocket> bind(const std::string& path, std::uint32_t mode = 0660,
                                 SocketType type = SocketType::kStream, const std::string& group = {}) {
    return UnixSocket::bind(path, type, mode, group);
  }

  const test::TempDir folder;
};

TEST_F(Bind, ModeIsExactWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{0077}, mode_t{0777}}) {
    const mode_t before = ::umask(mask);
    for (const std::uint32_t mode : {0600U, 0660U, 0666U, 0622U}) {
      const auto socket = bind(folder / "s", mode);
      ASSERT_TRUE(socket.has_value()) << socket.error().message;
      EXPECT_EQ(mode_of(folder / "s"), mode);
    }
    ::umask(before);
  }
  EXPECT_EQ(entries(folder.path()), 0U) << "each was removed, and no temporary name is left";
}

TEST_F(Bind, AStaleSocketIsReplaced) {
  leave_socket(folder / "s");
  EXPECT_TRUE(bind(folder / "s").has_value());
  leave_socket(folder / "d", SOCK_DGRAM);
  EXPECT_TRUE(bind(folder / "d", 0660, SocketType::kDatagram).has_value());
}

TEST_F(Bind, ALiveDatagramSocketIsNeverReplaced) {
  const auto first = bind(folder / "d", 0660, SocketType::kDatagram);
  ASSERT_TRUE(first.has_value());
  const auto again = bind(folder / "d", 0660, SocketType::kDatagram);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
}

TEST_F(Bind, WhatIsNoSocketIsLeftAlone) {
  std::ofstream(folder / "file") << "precious";
  stdfs::create_directory(folder / "folder");
  stdfs::create_symlink(folder / "file", folder / "link");
  stdfs::create_symlink(folder / "nowhere", folder / "dangling");
  for (const std::string_view name : {"file", "folder", "link", "dangling"}) {
    const auto socket = bind(folder / name);
    ASSERT_FALSE(socket.has_value()) << name;
    EXPECT_EQ(socket.error().code, ErrorCode::kExists) << name;
  }
  EXPECT_EQ(stdfs::file_size(folder / "file"), 8U);
  EXPECT_EQ(entries(folder.path()), 4U);
}

TEST_F(Bind, OnlyTheLastFolderIsMade) {
  {
    const auto socket = bind(folder / "run/s");
    ASSERT_TRUE(socket.has_value()) << socket.error().message;
    EXPECT_EQ(mode_of(folder / "run") & 0700U, 0700U);
  }
  const auto deep = bind(folder / "a/b/s");
  ASSERT_FALSE(deep.has_value());
  EXPECT_EQ(deep.error().code, ErrorCode::kNotFound);
  EXPECT_NE(deep.error().message.find(folder / "a/b"), std::string::npos) << deep.error().message;
  std::ofstream(folder / "file") << "x";
  EXPECT_FALSE(bind(folder / "file/s").has_value());
}

TEST_F(Bind, PathsUpToTheSystemsLimit) {
  const std::string room(kMaxSocketPath, 'n');
  const auto of_size = [&](std::size_t size) { return (folder / room).substr(0, size); };
  for (const std::size_t size : {kMaxSocketPath - 1, kMaxSocketPath}) {
    const auto socket = bind(of_size(size));
    EXPECT_TRUE(socket.has_value()) << size << socket.error().message;
  }
  const auto longer = bind(of_size(kMaxSocketPath + 1));
  ASSERT_FALSE(longer.has_value());
  EXPECT_EQ(longer.error().code, ErrorCode::kInvalid);
  EXPECT_NE(longer.error().message.find("107"), std::string::npos) << longer.error().message;
  // The temporary name is not longer than the path, also where the name is short and the folder is deep.
  const std::string deep = folder / std::string(kMaxSocketPath - folder.path().size() - 4, 'd');
  stdfs::create_directory(deep);
  EXPECT_TRUE(bind(deep + "/s").has_value());
  EXPECT_FALSE(bind("").has_value());
  EXPECT_FALSE(bind(folder / "x/").has_value());
}

TEST_F(Bind, RemovedOnlyIfItIsStillOurs) {
  {
    const auto socket = bind(folder / "s");
    ASSERT_TRUE(socket.has_value());
    stdfs::remove(folder / "s");
    leave_socket(folder / "s");
  }
  EXPECT_TRUE(stdfs::exists(folder / "s"));
}

TEST_F(Bind, Groups) {
  const auto nobody = bind(folder / "s", 0660, SocketType::kStream, "no-such-group");
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(entries(folder.path()), 0U) << "nothing is left behind";
  const group* const own = ::getgrgid(::getgid());
  ASSERT_NE(own, nullptr);
  const auto socket = bind(folder / "s", 0640, SocketType::kStream, own->gr_name);
  ASSERT_TRUE(socket.has_value()) << socket.error().message;
  EXPECT_EQ(mode_of(folder / "s"), 0640U);
}

}  // namespace
}  // namespace respand::net
