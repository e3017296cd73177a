// PosixFile against a kernel that is interrupted, does a part of what it was asked, or fails, at every call: nothing is
// written twice or left out, an interrupted call is made again, a failed fdatasync is not.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "fs/posix_file.h"
#include "tests/fs/fixtures.h"
#include "tests/support/files.h"

namespace respand::fs {
namespace {

// What the next calls do: fail with an error (negative), or go on with at most so many bytes.
thread_local std::vector<int> plan;       // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
thread_local std::size_t calls_made = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Nothing: the call is to fail, and errno is set.
std::optional<std::size_t> limit_of_next_call() {
  const std::size_t call = calls_made++;
  if (call >= plan.size()) {
    return ~std::size_t{0};
  }
  if (plan[call] < 0) {
    errno = -plan[call];
    return std::nullopt;
  }
  return static_cast<std::size_t>(plan[call]);
}

constexpr FileCalls kScripted{
    .pread = [](int fd, void* out, std::size_t size, off_t offset) -> ssize_t {
      const auto limit = limit_of_next_call();
      return limit ? ::pread(fd, out, std::min(size, *limit), offset) : -1;
    },
    .pwritev = [](int fd, const iovec* parts, int count, off_t offset) -> ssize_t {
      const auto limit = limit_of_next_call();
      if (!limit) {
        return -1;
      }
      std::string bytes;
      for (int i = 0; i < count; ++i) {
        bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
      }
      return ::pwrite(fd, bytes.data(), std::min(bytes.size(), *limit), offset);
    },
    .fdatasync = [](int fd) { return limit_of_next_call() ? ::fdatasync(fd) : -1; },
    .ftruncate = [](int fd, off_t size) { return limit_of_next_call() ? ::ftruncate(fd, size) : -1; }};

class PosixInterrupted : public testing::Test {
 protected:
  PosixFile file() {
    return {UniqueFd(::open((folder_.path() + "/f").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)), "f",
            kScripted};
  }
  static void script(std::vector<int> what) {
    plan = std::move(what);
    calls_made = 0;
  }
  test::TempDir folder_;
  const std::string whole_ = "0123456789abcdefghijklmnopqrstuvwxyz";
  const std::vector<ConstBytes> parts_{bytes_of(std::string_view(whole_).substr(0, 7)),
                                       bytes_of(std::string_view(whole_).substr(7, 1)),
                                       bytes_of(std::string_view(whole_).substr(8))};
};

TEST_F(PosixInterrupted, AWriteGoesOnWhereItWasCutAndInterrupted) {
  for (int step = 1; step <= static_cast<int>(whole_.size()); ++step) {
    PosixFile f = file();
    std::vector<int> what;
    for (int done = 0; done < static_cast<int>(whole_.size()); done += step) {
      what.insert(what.end(), {-EINTR, -EINTR, step});
    }
    script(what);
    ASSERT_TRUE(f.write_at(3, parts_)) << step;
    EXPECT_EQ(calls_made, what.size()) << "no call more than it takes";
    script({});
    EXPECT_EQ(read(f, 3), whole_);
  }
}

TEST_F(PosixInterrupted, AWriteThatFailsOnItsWaySaysWhy) {
  for (const int code : {EIO, ENOSPC, EDQUOT, EFBIG}) {
    for (std::size_t turn = 0; turn < 6; ++turn) {
      PosixFile f = file();
      std::vector<int> what(turn, 5);
      what.push_back(-code);
      script(what);
      const Status written = f.write_at(0, parts_);
      ASSERT_FALSE(written);
      EXPECT_EQ(written.error().os_error, code);
      EXPECT_EQ(calls_made, turn + 1) << "a failed write is not made again";
      script({});
      EXPECT_EQ(read(f), whole_.substr(0, 5 * turn));
    }
  }
}

TEST_F(PosixInterrupted, AWriteOfNothingIsAnErrorAndNoLoop) {
  PosixFile f = file();
  script({5, 0});
  const Status written = f.write_at(0, parts_);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kIo);
  EXPECT_EQ(calls_made, 2U);
}

TEST_F(PosixInterrupted, AReadGoesOnToTheEndOfTheFile) {
  PosixFile f = file();
  script({});
  ASSERT_TRUE(f.write_at(0, parts_));
  for (int step = 1; step <= static_cast<int>(whole_.size()); ++step) {
    std::vector<int> what;
    for (int done = 0; done < static_cast<int>(whole_.size()); done += step) {
      what.insert(what.end(), {-EINTR, step});
    }
    script(what);
    EXPECT_EQ(read(f), whole_) << step;
    EXPECT_EQ(calls_made, what.size() + 1) << "one that finds the end";
  }
  script({7, -EIO});
  EXPECT_EQ(read(f), "<error>") << "a part is not the whole";
}

TEST_F(PosixInterrupted, AFailedSyncIsSaidAndNeverRepeated) {
  for (const int code : {EIO, ENOSPC, EDQUOT}) {
    PosixFile f = file();
    script({-code});
    const Status synced = f.sync_data();
    ASSERT_FALSE(synced);
    EXPECT_EQ(synced.error().os_error, code);
    EXPECT_EQ(calls_made, 1U);
  }
  PosixFile f = file();
  script({-EINTR, -EINTR});
  EXPECT_TRUE(f.sync_data()) << "an interrupted one has not failed";
  EXPECT_EQ(calls_made, 3U);
}

TEST_F(PosixInterrupted, ATruncationIsMadeAgainWhereItWasInterrupted) {
  PosixFile f = file();
  script({-EINTR});
  EXPECT_TRUE(f.truncate(100));
  EXPECT_EQ(f.size().value(), 100U);
  script({-EIO});
  EXPECT_FALSE(f.truncate(10));
  EXPECT_EQ(f.size().value(), 100U);
}

}  // namespace
}  // namespace respand::fs
