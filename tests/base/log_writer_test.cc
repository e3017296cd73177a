// The log's writer: nobody waits for it, and what nobody reads is counted.

#include "base/log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "respand/base/check.h"
#include "respand/base/fd.h"
#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::log {
namespace {

std::string notice(std::uint64_t lines) { return cat("DROPPED ", lines); }

struct Ends {
  UniqueFd read;
  UniqueFd write;
};
Ends pipe_ends() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}
Ends socket_ends() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// What is there; waits for something.
std::string read_some(int fd) {
  std::array<char, 65536> piece;
  const ssize_t n = ::read(fd, piece.data(), piece.size());
  if (n <= 0) {
    throw std::runtime_error("it has ended");
  }
  return {piece.data(), static_cast<std::size_t>(n)};
}
// Reads up to the first text that ends with `end`; the test's own time-out stands behind it.
std::string read_through(int fd, std::string_view end) {
  std::string text;
  while (!text.ends_with(end)) {
    text += read_some(fd);
  }
  return text;
}

template <typename Condition>
void wait_until(Condition&& condition) {
  while (!condition()) {
    ::poll(nullptr, 0, 1);
  }
}

TEST(LogWriter, LinesComeOutInTheirOrder) {
  const Ends ends = pipe_ends();
  LogWriter writer(ends.write.get(), notice);
  std::string all;
  for (int n = 0; n < 500; ++n) {
    writer.write(cat("line ", n));
    all += cat("line ", n, "\n");
  }
  EXPECT_EQ(read_through(ends.read.get(), "line 499\n"), all);
  EXPECT_EQ(writer.dropped(), 0U);
}

// On what was there before a writer of lines waited for the reader for ever.
TEST(LogWriter, NobodyWaitsForAReaderAndTheGapIsCountedAndSaid) {
  for (const bool is_pipe : {true, false}) {
    const Ends ends = is_pipe ? pipe_ends() : socket_ends();
    LogWriter writer(ends.write.get(), notice);
    constexpr std::uint64_t kLines = 20'000;
    const std::string padding(90, 'x');
    for (std::uint64_t n = 0; n < kLines; ++n) {
      writer.write(cat(n, ' ', padding));
    }
    EXPECT_GT(writer.dropped(), 0U);
    std::string text;
    std::size_t at = 0;
    std::uint64_t expected = 0;
    std::uint64_t said = 0;
    while (expected < kLines) {
      const std::size_t end = text.find('\n', at);
      if (end == std::string::npos) {
        text += read_some(ends.read.get());
        continue;
      }
      const std::string line = text.substr(at, end - at);
      at = end + 1;
      if (line.starts_with("DROPPED ")) {
        const std::uint64_t lines = std::stoull(line.substr(8));
        said += lines;
        expected += lines;  // the gap is where the notice is
      } else {
        ASSERT_EQ(line, cat(expected, ' ', padding));
        ++expected;
      }
    }
    EXPECT_EQ(expected, kLines);
    EXPECT_EQ(said, writer.dropped());
    writer.write("and on it goes");
    EXPECT_EQ(read_through(ends.read.get(), "\n"), "and on it goes\n");
  }
}

TEST(LogWriter, AStopDoesNotWaitForAReader) {
  for (const bool is_pipe : {true, false}) {
    const Ends ends = is_pipe ? pipe_ends() : socket_ends();
    LogWriter writer(ends.write.get(), notice);
    for (int n = 0; n < 20'000; ++n) {
      writer.write(std::string(90, 'x'));
    }
    const std::uint64_t before = writer.dropped();
    writer.stop(std::chrono::milliseconds{1});
    EXPECT_GT(writer.dropped(), before) << "what waited counts as dropped";
  }
}

TEST(LogWriter, AStopWritesWhatWaits) {
  const Ends ends = pipe_ends();
  LogWriter writer(ends.write.get(), notice);
  writer.write("the last words");
  writer.stop(std::chrono::seconds{20});
  writer.write("too late");
  EXPECT_EQ(read_through(ends.read.get(), "\n"), "the last words\n");
  EXPECT_EQ(writer.dropped(), 1U);
}

TEST(LogWriter, TheSharedOpenFileStaysAsItIs) {
  for (const bool is_pipe : {true, false}) {
    const Ends ends = is_pipe ? pipe_ends() : socket_ends();
    const int before = ::fcntl(ends.write.get(), F_GETFL);
    LogWriter writer(ends.write.get(), notice);
    writer.write("x");
    EXPECT_EQ(read_through(ends.read.get(), "\n"), "x\n");
    EXPECT_EQ(::fcntl(ends.write.get(), F_GETFL), before) << "a shell has the same open file";
  }
}

TEST(LogWriter, AReaderThatWentAwayCostsTheLinesAndNothingElse) {
  Ends ends = pipe_ends();
  LogWriter writer(ends.write.get(), notice);
  ends.read.reset();
  writer.write("one");
  wait_until([&] { return writer.dropped() == 1; });
  writer.write("two");
  wait_until([&] { return writer.dropped() == 2; });
}

TEST(LogWriter, AFullDiskIsSaidWhenThereIsRoomAgain) {
  block_signals();  // SIGXFSZ would end the test
  std::string name = "/tmp/respand-log-XXXXXX";
  const UniqueFd file(::mkostemp(name.data(), O_CLOEXEC | O_APPEND));
  ASSERT_TRUE(file);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  const rlimit small{20, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  LogWriter writer(file.get(), notice);
  writer.write("fifteen letters");
  writer.write("cut off behind four of them");
  writer.write("lost");
  wait_until([&] { return writer.dropped() == 2; });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
  writer.write("room again");
  writer.stop(std::chrono::seconds{20});
  std::array<char, 200> text{};
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  EXPECT_EQ(std::string(text.data(), static_cast<std::size_t>(size)), "fifteen letters\ncut \nDROPPED 2\nroom again\n");
  ::unlink(name.c_str());
}

TEST(LogDeathTest, TheLastLinesOfACrashAreWritten) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        start(Level::kInfo, Format::kText);
        info("what happened before");
        error("the last word");
        std::abort();
      },
      "what happened before(.|\n)*the last word");
}

TEST(LogDeathTest, AnInternalErrorIsLogged) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        start(Level::kInfo, Format::kText);
        RESPAND_CHECK(1 + 1 == 3);
      },
      "internal error: 1 \\+ 1 == 3 does not hold");
}

}  // namespace
}  // namespace respand::log
