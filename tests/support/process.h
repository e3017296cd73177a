#pragma once
// Process: a child process of a test, started with arguments and environment. A thread of its own collects its output,
// and waits end on events. It is killed and reaped with the object, and by the kernel if the test dies
// (PR_SET_PDEATHSIG depends on the thread that starts it: start processes on a thread that outlives them).

#include <sys/types.h>

#include <condition_variable>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/mutex.h"
#include "tests/support/patience.h"

namespace respand::test {

// How a process ended.
struct Exit {
  int status = -1;  // where it ended by itself, else -1
  int signal = 0;   // where a signal ended it, else 0
  friend bool operator==(const Exit&, const Exit&) = default;
};

class Process {
 public:
  struct Options {
    std::vector<std::string> environment =
        {};                             // NAME=VALUE, added to the test's own or in place of it; NAME alone: taken away
    std::string directory = {};         // working directory; empty: the test's
    bool input = false;                 // stdin is open for write_input(); else /dev/null
    std::vector<int> descriptors = {};  // it has copies of them from 3 on
  };

  // Starts `program` (a path). A program that can't be started ends with status 127.
  Process(const std::string& program, const std::vector<std::string>& arguments, const Options& options);
  Process(const std::string& program, const std::vector<std::string>& arguments)
      : Process(program, arguments, Options{}) {}
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // The first line of stderr or stdout, from the start on, that contains `text`. None where the process ends without
  // such a line, or at the deadline.
  [[nodiscard]] std::optional<std::string> wait_for_line(std::string_view text, Duration within = kPatience);
  // Waits for its end; none at the deadline.
  [[nodiscard]] std::optional<Exit> wait(Duration within = kPatience);
  [[nodiscard]] bool running();
  // Sends a signal if it still runs.
  void send_signal(int signal);
  void terminate() { send_signal(SIGTERM); }
  // kill -9, and waits for the end.
  void kill();

  // False: the process does not read any more.
  bool write_input(std::string_view bytes);
  void close_input() { input_.reset(); }

  // What it has written so far.
  [[nodiscard]] std::string out();
  [[nodiscard]] std::string err();

 private:
  struct State {
    std::string out;
    std::string err;
    std::optional<Exit> exit;
  };
  [[nodiscard]] std::optional<std::string> line_with(std::string_view text) const REQUIRES(mutex_);
  void collect(int out, int err, int pid_fd);
  bool take(int& fd, std::string State::*where) EXCLUDES(mutex_);

  pid_t pid_ = -1;
  UniqueFd input_;
  Mutex mutex_;
  std::condition_variable changed_;
  State state_ GUARDED_BY(mutex_);
  std::jthread collector_;
};

// What a program that has ended leaves behind.
struct RunResult {
  int status = -1;  // its exit status; -1 where a signal ended it, or nothing did until the deadline
  std::string out = {};
  std::string err = {};
};

// Runs `program` (a path) and waits for its end.
[[nodiscard]] RunResult run_to_end(const std::string& program, const std::vector<std::string>& arguments,
                                   const Process::Options& options = {});
// The same where only success counts: empty, or what went wrong.
[[nodiscard]] std::string failure_of(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace respand::test
