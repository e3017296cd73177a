// A log that nobody reads: stderr is a full pipe, and the daemon works as usual.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <thread>

#include "tests/integration/shell_daemon.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

// The other end of the daemon's stderr, read only when the test says so.
class Log {
 public:
  Log() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read_.reset(ends[0]);
    write_.reset(ends[1]);
    // As small as it can be: it is full soon.
    EXPECT_GE(::fcntl(read_.get(), F_SETPIPE_SZ, 4096), 0);
  }
  void start(ShellDaemon& daemon) {
    daemon.launch("", "2>&3 3>&-", {write_.get()});
    daemon.find_pages(line_with("pages on "));
    line_with(" ready ");
  }
  // Reads up to a line with `words`, and returns it.
  std::string line_with(std::string_view words) {
    const Deadline deadline;
    for (;;) {
      for (std::size_t end = 0; (end = text_.find('\n')) != std::string::npos;) {
        const std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        if (line.find(words) != std::string::npos) {
          return line;
        }
      }
      std::array<char, 4096> piece;
      const ssize_t n = deadline.wait(read_.get(), POLLIN) ? ::read(read_.get(), piece.data(), piece.size()) : 0;
      if (n <= 0) {
        ADD_FAILURE() << "no line with: " << words;
        return {};
      }
      text_.append(piece.data(), static_cast<std::size_t>(n));
    }
  }

 private:
  UniqueFd read_;
  UniqueFd write_;
  std::string text_;
};

// What an operator does is logged each time: a flood.
void make_it_log(ShellDaemon& daemon, int lines) {
  Client control = Client::connect_unix(daemon.files().control_path());
  for (int n = 0; n < lines; ++n) {
    ASSERT_TRUE(control.request("PUT", "/log-level", "info"));
  }
}

TEST(Stderr, ThatNobodyReadsStopsNothing) {
  SinkServer sink;
  ShellDaemon daemon(sink.url());
  Log log;
  ASSERT_NO_FATAL_FAILURE(log.start(daemon));
  ASSERT_NO_FATAL_FAILURE(make_it_log(daemon, 5'000));
  EXPECT_EQ(daemon.files().send_acknowledged(record(1) + "\n{\n").back(), "{\"durable\":2}");
  EXPECT_TRUE(sink.wait_for_records(1));
  EXPECT_EQ(daemon.page("/healthz").status(), 200);
  EXPECT_EQ(daemon.page("/readyz").status(), 200);
  Process status(RESPAND_BINARY, {"status", "--control", daemon.files().control_path()});
  EXPECT_EQ(status.wait(), (Exit{0, 0})) << status.err();
  EXPECT_GT(daemon.metric("respand_log_lines_dropped_total"), 0);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Stderr, ThatIsReadAgainSaysWhatIsMissing) {
  SinkServer sink;
  ShellDaemon daemon(sink.url());
  Log log;
  ASSERT_NO_FATAL_FAILURE(log.start(daemon));
  EXPECT_EQ(daemon.metric("respand_log_lines_dropped_total"), 0);
  ASSERT_NO_FATAL_FAILURE(make_it_log(daemon, 5'000));
  const double dropped = daemon.metric("respand_log_lines_dropped_total");
  EXPECT_GT(dropped, 0);
  EXPECT_THAT(log.line_with("log lines were dropped"), HasSubstr(cat(" lines=", static_cast<std::uint64_t>(dropped))));
  ASSERT_NO_FATAL_FAILURE(make_it_log(daemon, 1));
  log.line_with("control: log level");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// Printed, not asserted: another load is always there.
TEST(Stderr, ThatNobodyReadsCostsIntakeNothing) {
  SinkServer sink;
  ShellDaemon daemon(sink.url());
  Log log;
  ASSERT_NO_FATAL_FAILURE(log.start(daemon));
  std::string lines;
  constexpr int kEach = 5'000;
  for (int n = 0; n < kEach; ++n) {
    lines += record(static_cast<std::uint64_t>(n)) + "\n";
  }
  const auto time_of = [&](bool read) {
    std::jthread reader;
    if (read) {
      reader = std::jthread([&] { log.line_with("last_of_the_round"); });
    }
    const MonoTime begin = system_clock().mono();
    for (int round = 0; round < 4; ++round) {
      EXPECT_EQ(daemon.files().send_acknowledged(lines).back(), cat("{\"durable\":", kEach, "}"));
      EXPECT_NO_FATAL_FAILURE(make_it_log(daemon, 50));
    }
    const Duration took = system_clock().mono() - begin;
    if (read) {
      // A reload whose mistake is named so ends the reader.
      daemon.files().set_more("last_of_the_round: {}");
      Client control = Client::connect_unix(daemon.files().control_path());
      EXPECT_TRUE(control.request("POST", "/reload"));
      daemon.files().set_more("");
    }
    return std::chrono::duration<double>(took).count();
  };
  time_of(true);
  const double read = time_of(true);
  const double unread = time_of(false);
  std::printf("20,000 acknowledged records and 200 log lines: %.3f s with a reader, %.3f s with none: ratio %.2f\n",
              read, unread, read / unread);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
