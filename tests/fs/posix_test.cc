// What only the machine's file system has: modes, links, FIFOs, other processes, limits of the process.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "fs/parts_cursor.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"
#include "tests/fs/fixtures.h"
#include "tests/support/files.h"

namespace respand::fs {
namespace {

using ::testing::HasSubstr;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777U;
}

class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  const mode_t before_;
};

class Posix : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(std::string_view name) const { return cat(folder_.path(), "/", name); }
  test::TempDir folder_;
};

TEST_F(Posix, ModesDoNotDependOnTheUmask) {
  for (const mode_t mask : {0000U, 0022U, 0077U, 0277U, 0777U}) {
    const Umask umask(mask);
    const std::string folder = path(cat("a", mask));
    ASSERT_TRUE(posix().make_directories(folder + "/b")) << mask;
    static_cast<void>(open(posix(), folder + "/file"));
    ASSERT_TRUE(posix().lock(folder + "/lock"));
    EXPECT_EQ(mode_of(folder), 0700U) << mask;
    EXPECT_EQ(mode_of(folder + "/b"), 0700U) << mask;
    EXPECT_EQ(mode_of(folder + "/file"), 0600U) << mask;
    EXPECT_EQ(mode_of(folder + "/lock"), 0600U) << mask;
  }
}

TEST_F(Posix, WhatExistsKeepsItsMode) {
  ASSERT_EQ(::mkdir(path("d").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path("d").c_str(), 0755), 0);
  static_cast<void>(open(posix(), path("f")));
  ASSERT_EQ(::chmod(path("f").c_str(), 0640), 0);
  ASSERT_TRUE(posix().make_directories(path("d")));
  static_cast<void>(open(posix(), path("f")));
  EXPECT_EQ(mode_of(path("d")), 0755U);
  EXPECT_EQ(mode_of(path("f")), 0640U);
}

TEST_F(Posix, SymbolicLinksAreRefusedWhereverTheyLead) {
  static_cast<void>(open(posix(), path("target")));
  ASSERT_EQ(::symlink(path("target").c_str(), path("link").c_str()), 0);
  ASSERT_EQ(::symlink(path("nowhere").c_str(), path("dangling").c_str()), 0);
  for (const char* name : {"link", "dangling"}) {
    for (const OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite, OpenMode::kCreate}) {
      const auto opened = posix().open(path(name), mode);
      ASSERT_FALSE(opened) << name;
      EXPECT_EQ(opened.error().code, ErrorCode::kPermission);
      EXPECT_THAT(opened.error().message, HasSubstr("symbolic link"));
    }
    EXPECT_EQ(posix().lock(path(name)).error().code, ErrorCode::kPermission);
  }
  EXPECT_FALSE(posix().open(path("nowhere"), OpenMode::kRead));
  EXPECT_TRUE(read(*open(posix(), path("target"))).empty());
}

TEST_F(Posix, FoldersMayBeReachedThroughALink) {
  ASSERT_TRUE(posix().make_directories(path("real")));
  ASSERT_EQ(::symlink(path("real").c_str(), path("link").c_str()), 0);
  ASSERT_TRUE(posix().make_directories(path("link")));
  ASSERT_TRUE(posix().make_directories(path("link/below")));
  EXPECT_TRUE(posix().sync_directory(path("real/below")));
}

TEST_F(Posix, AFifoNeitherHangsNorOpens) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  for (const OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite, OpenMode::kCreate}) {
    EXPECT_EQ(posix().open(path("fifo"), mode).error().code, ErrorCode::kInvalid);
  }
  EXPECT_FALSE(posix().lock(path("fifo")));
  EXPECT_EQ(posix().open("/dev/null", OpenMode::kReadWrite).error().code, ErrorCode::kInvalid);
}

TEST_F(Posix, DescriptorsDoNotLeakIntoProgramsWeStart) {
  const int first_free = ::dup(0);
  ASSERT_GE(first_free, 0);
  ::close(first_free);
  const auto file = open(posix(), path("f"));
  EXPECT_NE(::fcntl(first_free, F_GETFD) & FD_CLOEXEC, 0);
  const auto lock = posix().lock(path("lock"));
  EXPECT_NE(::fcntl(first_free + 1, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(PartsCursor, ComesThroughWhereverTheKernelStops) {
  const std::string whole = "abcdefghijklmnopqrstuvwxyz";
  const std::vector<ConstBytes> parts{bytes_of(""),          bytes_of("abc"),           bytes_of("d"), bytes_of(""),
                                      bytes_of("efghijklm"), bytes_of("nopqrstuvwxyz"), bytes_of("")};
  for (std::size_t step = 1; step <= whole.size(); ++step) {
    PartsCursor cursor(parts);
    std::array<iovec, kMaxParts> vectors{};
    std::string taken;
    while (const std::size_t count = cursor.fill(vectors)) {
      std::string offered;
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_GT(vectors.at(i).iov_len, 0U);
        offered.append(static_cast<const char*>(vectors.at(i).iov_base), vectors.at(i).iov_len);
      }
      ASSERT_EQ(taken + offered, whole);
      const std::size_t written = std::min(step, offered.size());
      taken.append(offered, 0, written);
      cursor.advance(written);
    }
    ASSERT_EQ(taken, whole) << step;
  }
}

// Runs `body` in a process of its own; true where it returned true.
template <typename F>
bool in_child(F&& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(Posix, AnotherProcessIsToldWhoHoldsTheLock) {
  const auto held = posix().lock(path("lock"));
  ASSERT_TRUE(held);
  const std::string want = cat("in use by process ", ::getpid());
  EXPECT_TRUE(in_child([&] {
    const auto mine = posix().lock(path("lock"));
    return !mine && mine.error().code == ErrorCode::kExists && mine.error().message.ends_with(want);
  }));
}

TEST_F(Posix, TheLockEndsWithItsProcessThoughTheFileStays) {
  ASSERT_TRUE(in_child([&] { return posix().lock(path("lock")).has_value(); }));
  EXPECT_TRUE(posix().lock(path("lock")));
}

TEST_F(Posix, AHolderThatHasNotSignedYetIsStillAHolder) {
  for (const char* content : {"", "\n", "not a pid", "<script>7"}) {
    ASSERT_TRUE(write(*open(posix(), path("lock")), 0, content));
    const UniqueFd other(::open(path("lock").c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
    const auto refused = posix().lock(path("lock"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kExists);
    EXPECT_TRUE(refused.error().message.ends_with("in use by another process")) << refused.error().message;
  }
}

TEST_F(Posix, AWriteThatTheKernelCutsShortIsGoneOnWithAndItsEndReported) {
  // A limit in the middle of a write: the kernel writes up to it, and says EFBIG when asked to go on.
  EXPECT_TRUE(in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) {
      return false;
    }
    auto file = open(posix(), path("f"));
    const std::string part(300, 'x');
    const std::vector<ConstBytes> parts(5, bytes_of(part));
    const auto written = file->write_at(0, parts);
    return !written && written.error().code == ErrorCode::kNoSpace && file->size().value() == 1000;
  }));
}

TEST_F(Posix, ErrorsNameTheCallAndThePath) {
  const auto opened = posix().open(path("no"), OpenMode::kRead);
  EXPECT_THAT(opened.error().message, HasSubstr(cat("open ", path("no"))));
  EXPECT_EQ(opened.error().os_error, ENOENT);
  EXPECT_EQ(posix().make_directories("").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace respand::fs
