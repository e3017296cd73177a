#include "tests/support/pty.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace respand::test {
namespace {

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

}  // namespace

Pty::Pty(const std::string& program, const std::vector<std::string>& arguments, unsigned short columns,
         unsigned short rows, const std::string& term) {
  int master = -1;
  int slave = -1;
  winsize size{rows, columns, 0, 0};
  if (::openpty(&master, &slave, nullptr, nullptr, &size) != 0) {
    std::abort();
  }
  master_ = UniqueFd(master);
  slave_ = UniqueFd(slave);
  ::fcntl(master, F_SETFD, FD_CLOEXEC);
  ::fcntl(slave, F_SETFD, FD_CLOEXEC);
  ::fcntl(master, F_SETFL, O_NONBLOCK);
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    std::abort();
  }
  report_ = UniqueFd(ends[0]);
  UniqueFd telling(ends[1]);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::login_tty(::dup(slave));
    ::setenv("TERM", term.c_str(), 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    const pid_t started = ::fork();
    if (started == 0) {
      ::execv(program.c_str(), argv.data());
      ::_exit(127);
    }
    Report report;
    termios now{};
    static_cast<void>(!::write(telling.get(), &started, sizeof started));
    ::waitpid(started, &report.status, 0);
    report.cooked = ::tcgetattr(STDIN_FILENO, &now) == 0 && (now.c_lflag & ICANON) != 0 && (now.c_lflag & ECHO) != 0;
    static_cast<void>(!::write(telling.get(), &report, sizeof report));
    ::_exit(0);
  }
  if (::read(report_.get(), &program_, sizeof program_) != static_cast<ssize_t>(sizeof program_)) {
    std::abort();
  }
}

Pty::~Pty() {
  if (pid_ > 0) {
    ::kill(program_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Pty::type(std::string_view keys) { static_cast<void>(!::write(master_.get(), keys.data(), keys.size())); }

void Pty::resize(unsigned short columns, unsigned short rows) {
  const winsize size{rows, columns, 0, 0};
  ::ioctl(master_.get(), TIOCSWINSZ, &size);
}

bool Pty::is_cooked() const {
  termios now{};
  return ended_ ? ended_->cooked
                : ::tcgetattr(slave_.get(), &now) == 0 && (now.c_lflag & ICANON) != 0 && (now.c_lflag & ECHO) != 0;
}

bool Pty::read_some(const Deadline& deadline) {
  if (!deadline.wait(master_.get(), POLLIN)) {
    return false;
  }
  std::array<char, 4096> bytes;
  const ssize_t n = ::read(master_.get(), bytes.data(), bytes.size());
  if (n > 0) {
    take({bytes.data(), static_cast<std::size_t>(n)});
  }
  return n > 0;
}

void Pty::take(std::string_view bytes) {
  for (const char byte : bytes) {
    if (pending_.empty() && byte != '\x1b') {
      put(byte);
      continue;
    }
    pending_.push_back(byte);
    const bool ends = pending_.size() > 2 && ((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'));
    if (ends) {
      escape(std::exchange(pending_, {}));
    }
  }
}

void Pty::escape(std::string_view sequence) {
  const bool on = sequence.back() == 'h';
  if (sequence == "\x1b[H") {
    row_ = 0;
    if (!rows_.empty()) {
      rows_[0].clear();
    }
  } else if (sequence == "\x1b[K") {
    // What is written stands at the front of its row, and nothing behind it.
  } else if (sequence == "\x1b[J") {
    rows_.resize(std::min(rows_.size(), row_ + 1));
    ++draws_;
  } else if (sequence == "\x1b[?1049h" || sequence == "\x1b[?1049l") {
    other_screen_ = on;
    rows_.clear();
    row_ = 0;
  } else if (sequence == "\x1b[?25h" || sequence == "\x1b[?25l") {
    cursor_ = on;
  } else if (sequence == "\x1b[?7h" || sequence == "\x1b[?7l") {
    wraps_ = on;
  } else {
    strange_ += sequence.substr(1);
  }
}

void Pty::put(char byte) {
  if (byte == '\r') {
    return;
  }
  if (byte == '\n') {
    ++row_;
    if (row_ < rows_.size()) {
      rows_[row_].clear();
    }
    return;
  }
  if (rows_.size() <= row_) {
    rows_.resize(row_ + 1);
  }
  rows_[row_].push_back(byte);
}

bool Pty::wait_for(std::string_view text) {
  const Deadline deadline;
  while (screen().find(text) == std::string::npos) {
    if (!read_some(deadline)) {
      return false;
    }
  }
  return true;
}

bool Pty::wait_for_redraw() {
  const Deadline deadline;
  rows_.clear();
  row_ = 0;
  const std::size_t before = draws_;
  while (draws_ < before + 2) {  // one may have begun before
    if (!read_some(deadline)) {
      return false;
    }
  }
  return true;
}

std::optional<Exit> Pty::wait() {
  slave_.reset();  // the last one to hold it is the program: then reading ends with it
  const Deadline deadline;
  while (read_some(deadline)) {
  }
  Report report;
  if (deadline.passed() || ::read(report_.get(), &report, sizeof report) != static_cast<ssize_t>(sizeof report) ||
      ::waitpid(pid_, nullptr, 0) != pid_) {
    return std::nullopt;
  }
  pid_ = -1;
  ended_ = report;
  const int status = report.status;
  return WIFEXITED(status) ? Exit{WEXITSTATUS(status), 0} : Exit{-1, WTERMSIG(status)};
}

std::string Pty::screen() const {
  std::string out;
  for (const std::string& row : rows_) {
    out += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::size_t Pty::longest_line() const {
  std::size_t most = 0;
  for (const std::string& row : rows_) {
    most = std::max(most, columns_of(row));
  }
  return most;
}

std::size_t Pty::lines() const { return rows_.size(); }

}  // namespace respand::test
