#include "tests/support/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "respand/base/text.h"

namespace respand::test {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    std::perror("test support: pipe2");
    std::abort();
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// The test's environment with the changes.
std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  for (const std::string& change : changes) {
    const std::string name = change.substr(0, change.find('='));
    std::erase_if(variables, [&](const std::string& variable) { return variable.starts_with(name + "="); });
    if (name.size() < change.size()) {
      variables.push_back(change);
    }
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

struct Start {
  const char* program;
  const char* directory;
  char* const* arguments;
  char* const* environment;
  int in, out, err;
  const int* descriptors;
  int* copies;
  int count;
  pid_t parent;
};

// In the child, between fork and exec: may only do what is safe in a signal handler.
[[noreturn]] void become(const Start& start) {
  // First to high numbers, so that none stands where another is to go.
  for (int i = 0; i < start.count; ++i) {
    start.copies[i] = ::fcntl(start.descriptors[i], F_DUPFD_CLOEXEC, 10 + start.count);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == start.parent && ::dup2(start.in, 0) == 0 && ::dup2(start.out, 1) == 1 &&
      ::dup2(start.err, 2) == 2 && (*start.directory == '\0' || ::chdir(start.directory) == 0)) {
    // Sockets of servers in this process must not stay open in the child.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (int i = 0; i < start.count; ++i) {
      if (::dup2(start.copies[i], 3 + i) < 0) {
        ::_exit(127);
      }
    }
    ::execve(start.program, start.arguments, start.environment);
  }
  ::_exit(127);
}

}  // namespace

Process::Process(const std::string& program, const std::vector<std::string>& arguments, const Options& options) {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), program);
  std::vector<std::string> variables = environment_with(options.environment);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(variables);
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  UniqueFd in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (options.input) {
    std::array<int, 2> ends{};  // A socket, so that writing to a dead child is an error and no signal.
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0) {
      in.reset(ends[0]);
      input_.reset(ends[1]);
    }
  }
  std::vector<int> copies(options.descriptors.size());
  const Start start{program.c_str(), options.directory.c_str(),
                    argv.data(),     envp.data(),
                    in.get(),        out.write.get(),
                    err.write.get(), options.descriptors.data(),
                    copies.data(),   static_cast<int>(copies.size()),
                    ::getpid()};
  pid_ = ::fork();
  if (pid_ == 0) {
    become(start);
  }
  if (pid_ < 0) {
    std::perror("test support: fork");
    std::abort();
  }
  const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));  // glibc 2.36 declares it for C only
  collector_ = std::jthread([this, o = out.read.release(), e = err.read.release(), pid_fd] { collect(o, e, pid_fd); });
}

Process::~Process() { kill(); }

// Reads what is there; at the end of the stream closes `fd` and sets it to -1.
bool Process::take(int& fd, std::string State::*where) {
  std::array<char, 16384> buffer;
  const ssize_t size = ::read(fd, buffer.data(), buffer.size());
  if (size <= 0) {
    ::close(fd);
    fd = -1;
    return false;
  }
  const MutexLock lock(mutex_);
  (state_.*where).append(buffer.data(), static_cast<std::size_t>(size));
  changed_.notify_all();
  return true;
}

// The collector thread: ends when the process has ended and its output is read; a grandchild that keeps a pipe open is
// not waited for.
void Process::collect(int out, int err, int pid_fd) {
  for (bool ended = false; !ended || out >= 0 || err >= 0;) {
    std::array<pollfd, 3> entries{{{out, POLLIN, 0}, {err, POLLIN, 0}, {ended ? -1 : pid_fd, POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), ended ? 0 : -1) < 0) {
      continue;
    }
    const bool had_output = entries[0].revents != 0 || entries[1].revents != 0;
    if (entries[0].revents != 0) {
      take(out, &State::out);
    }
    if (entries[1].revents != 0) {
      take(err, &State::err);
    }
    if (ended && !had_output) {
      break;
    }
    ended = ended || entries[2].revents != 0;
  }
  for (const int fd : {out, err, pid_fd}) {
    if (fd >= 0) {
      ::close(fd);
    }
  }
  const MutexLock lock(mutex_);
  int status = 0;
  static_cast<void>(::waitpid(pid_, &status, 0));  // It has ended: this does not wait.
  state_.exit = WIFEXITED(status) ? Exit{.status = WEXITSTATUS(status)} : Exit{.signal = WTERMSIG(status)};
  changed_.notify_all();
}

std::optional<std::string> Process::line_with(std::string_view text) const {
  for (const std::string* stream : {&state_.err, &state_.out}) {
    const std::size_t at = stream->find(text);
    const std::size_t end = at == std::string::npos ? at : stream->find('\n', at);
    if (end != std::string::npos) {
      const std::size_t before = stream->rfind('\n', at);
      const std::size_t begin = before == std::string::npos || at == 0 ? 0 : before + 1;
      return stream->substr(begin, end - begin);
    }
  }
  return std::nullopt;
}

std::optional<std::string> Process::wait_for_line(std::string_view text, Duration within) {
  const Deadline deadline(within);
  MutexLock lock(mutex_);
  for (;;) {
    if (auto line = line_with(text)) {
      return line;
    }
    if (state_.exit || changed_.wait_until(lock.native(), deadline.at()) == std::cv_status::timeout) {
      return line_with(text);
    }
  }
}

std::optional<Exit> Process::wait(Duration within) {
  const Deadline deadline(within);
  MutexLock lock(mutex_);
  while (!state_.exit && changed_.wait_until(lock.native(), deadline.at()) != std::cv_status::timeout) {
  }
  return state_.exit;
}

bool Process::running() {
  const MutexLock lock(mutex_);
  return !state_.exit;
}

void Process::send_signal(int signal) {
  // Under the lock: as long as the exit status was not taken, the process may be a zombie, but no other has its id.
  const MutexLock lock(mutex_);
  if (!state_.exit) {
    ::kill(pid_, signal);
  }
}

void Process::kill() {
  send_signal(SIGKILL);
  MutexLock lock(mutex_);
  while (!state_.exit) {
    changed_.wait(lock.native());
  }
}

bool Process::write_input(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(input_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Process::out() {
  const MutexLock lock(mutex_);
  return state_.out;
}

std::string Process::err() {
  const MutexLock lock(mutex_);
  return state_.err;
}

RunResult run_to_end(const std::string& program, const std::vector<std::string>& arguments,
                     const Process::Options& options) {
  Process process(program, arguments, options);
  const auto exit = process.wait();
  return {exit ? exit->status : -1, process.out(), process.err()};
}

std::string failure_of(const std::string& program, const std::vector<std::string>& arguments) {
  const RunResult result = run_to_end(program, arguments);
  return result.status == 0 ? std::string() : cat(program, ": ", result.err);
}

}  // namespace respand::test
