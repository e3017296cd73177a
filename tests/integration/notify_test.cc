// What the daemon tells the service manager, and when the watchdog is fed.

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "app/long_start.h"
#include "app/watchdog.h"
#include "respand/base/text.h"
#include "tests/integration/daemon.h"
#include "tests/support/socket.h"

namespace respand::test {
namespace {

std::size_t count_of(const std::vector<std::string>& messages, std::string_view text, std::size_t from,
                     std::size_t to) {
  std::size_t count = 0;
  for (std::size_t i = from; i < to; ++i) {
    count += messages[i].find(text) != std::string::npos ? 1U : 0U;
  }
  return count;
}

// Stops one thread of another process, until the object is destroyed.
class HeldThread {
 public:
  HeldThread(pid_t process, std::string_view name) {
    for (const auto& entry : std::filesystem::directory_iterator(cat("/proc/", process, "/task"))) {
      if (read_file(entry.path() / "comm") == cat(name, "\n")) {
        thread_ = static_cast<pid_t>(std::stol(entry.path().filename()));
      }
    }
    held_ = thread_ > 0 && ::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) == 0 && hold(process);
  }
  ~HeldThread() {
    if (held_) {
      ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
    }
  }
  HeldThread(const HeldThread&) = delete;
  HeldThread& operator=(const HeldThread&) = delete;
  [[nodiscard]] bool found() const { return thread_ > 0; }
  [[nodiscard]] bool held() const { return held_; }

 private:
  // Stops it only where it waits for work: anywhere else it may hold a lock that others need, and all would hang.
  bool hold(pid_t process) const {
    for (const Deadline deadline; !deadline.passed();) {
      if (::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) != 0 ||
          ::waitpid(thread_, nullptr, __WALL) != thread_) {
        return false;
      }
      if (waits(read_file(cat("/proc/", process, "/task/", thread_, "/syscall")))) {
        return true;
      }
      ::ptrace(PTRACE_CONT, thread_, nullptr, nullptr);
    }
    return false;
  }
  // `call` begins with the number of the system call that it is in.
  static bool waits(const std::string& call) {
    const long number = std::strtol(call.c_str(), nullptr, 10);
#ifdef SYS_epoll_wait
    if (number == SYS_epoll_wait) {
      return true;
    }
#endif
    return number == SYS_epoll_pwait || number == SYS_futex;
  }

  pid_t thread_ = 0;
  bool held_ = false;
};

TEST(Notify, AStartAReloadAndAStopAreTold) {
  SinkServer sink;
  Systemd systemd;
  Daemon daemon(sink.url());
  daemon.run_under(systemd);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::size_t starting = systemd.wait_for("EXTEND_TIMEOUT_USEC=30000000");
  ASSERT_GT(starting, 0U);
  const std::size_t ready = systemd.wait_for("READY=1\nSTATUS=delivering; backlog 0 records");
  ASSERT_GT(ready, starting) << "more time is asked for before it is ready";

  const auto before = std::chrono::duration_cast<Duration>(system_clock().mono().time_since_epoch()).count();
  daemon.process().send_signal(SIGHUP);
  const std::size_t reloading = systemd.wait_for("RELOADING=1\nMONOTONIC_USEC=", ready);
  ASSERT_GT(reloading, 0U);
  const std::string message = systemd.messages()[reloading - 1];
  EXPECT_GE(std::stoll(message.substr(message.rfind('=') + 1)), before) << "microseconds of CLOCK_MONOTONIC";
  const std::size_t again = systemd.wait_for("READY=1\nSTATUS=delivering", reloading);
  ASSERT_GT(again, 0U);

  write_file(daemon.config_path(), "nothing: sensible\n");
  daemon.process().send_signal(SIGHUP);
  EXPECT_GT(systemd.wait_for("READY=1\nSTATUS=the configuration was not reloaded: ", again), 0U);

  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_GT(systemd.wait_for("STOPPING=1\nEXTEND_TIMEOUT_USEC=25000000\nSTATUS=stopping", again), 0U);
}

TEST(Notify, TheStatusSaysWhatIsWrong) {
  SinkServer sink({.key = "another"});
  Systemd systemd;
  Daemon daemon(sink.url());
  daemon.run_under(systemd);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(daemon.wait_for_metric("respand_circuit_open", 1));
  const std::size_t at = systemd.wait_for("paused: the API refuses the key (401");  // with the next sample
  ASSERT_GT(at, 0U);
  EXPECT_NE(systemd.messages()[at - 1].find("backlog 1 records"), std::string::npos) << systemd.messages()[at - 1];
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Notify, AThreadThatHangsStopsTheWatchdog) {
  SinkServer sink;
  Systemd systemd({.environment = {"WATCHDOG_USEC=80000", "WATCHDOG_PID"}});
  Daemon daemon(sink.url());
  daemon.run_under(systemd);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::size_t at = 0;
  for (int pings = 0; pings < 3; ++pings) {
    at = systemd.wait_for("WATCHDOG=1", at);
    ASSERT_GT(at, 0U) << daemon.process().err();
  }
  for (const std::string_view name : {"journal", "send-1", "send-2"}) {
    {
      const HeldThread thread(daemon.process().pid(), name);
      ASSERT_TRUE(thread.found()) << name;
      if (!thread.held()) {
        GTEST_SKIP() << "may not trace: a thread can't be made to hang here";
      }
      // It may have begun a turn between the last look and now: the first report that it stands still is the beginning.
      const std::size_t first = systemd.wait_for(cat("STATUS=stands still: ", name), systemd.messages().size());
      ASSERT_GT(first, 0U) << daemon.process().err();
      at = first;
      for (int looks = 0; looks < 5; ++looks) {
        at = systemd.wait_for(cat("STATUS=stands still: ", name), at);
        ASSERT_GT(at, 0U);
      }
      EXPECT_EQ(count_of(systemd.messages(), "WATCHDOG=1", first, at), 0U) << name;
    }
    at = systemd.wait_for("WATCHDOG=1", at);
    EXPECT_GT(at, 0U) << name << " goes on";
  }
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Notify, AManagerThatDoesNotReadHoldsNothingUp) {
  SinkServer sink;
  Systemd systemd({.reads = false, .environment = {"WATCHDOG_USEC=4000", "WATCHDOG_PID"}});
  // Its queue is full.
  const UniqueFd other = connected_unix_socket(systemd.notify_path(), SOCK_DGRAM);
  while (::send(other.get(), "x", 1, MSG_DONTWAIT) > 0) {
  }
  ASSERT_EQ(errno, EAGAIN);
  Daemon daemon(sink.url());
  daemon.run_under(systemd);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(daemon.send_acknowledged(record(1) + "\n").back(), R"({"durable":1})");
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Watchdog, NamesThreadsThatBeganNoTurn) {
  std::uint64_t busy = 0;
  std::uint64_t stuck = 0;
  app::Watchdog watchdog({{"busy", [&] { return busy; }, [&] { ++busy; }},
                          {"stuck", [&] { return stuck; }, [] {}},
                          {"late", [&] { return stuck / 2; }, [] {}}});
  EXPECT_EQ(watchdog.look(), "stuck, late");
  ++stuck;
  EXPECT_EQ(watchdog.look(), "late");
  ++stuck;
  EXPECT_EQ(watchdog.look(), "");
}

TEST(LongStart, AsksForMoreTimeOnlyWhileWorkIsDone) {
  Systemd systemd;
  ASSERT_EQ(::setenv("NOTIFY_SOCKET", systemd.notify_path().c_str(), 1), 0);
  std::atomic<std::uint64_t> looks = 0;
  {
    // Work is done between the first four looks, and not behind them.
    app::LongStart start("recovering", std::chrono::milliseconds{1},
                         [&] { return std::min<std::uint64_t>(++looks, 4); });
    ASSERT_TRUE(eventually([&] { return looks >= 20; }));
  }
  ASSERT_EQ(::unsetenv("NOTIFY_SOCKET"), 0);
  EXPECT_TRUE(eventually([&] { return systemd.messages().size() == 4; })) << systemd.messages().size();
  EXPECT_EQ(count_of(systemd.messages(), "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=recovering", 0, 4), 4U);
}

}  // namespace
}  // namespace respand::test
