#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "respand/base/clock.h"

namespace respand::cli {
namespace {

// Switches to the alternate screen, without a cursor and without wrapping of long lines; and back.
constexpr std::string_view kTake = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kGiveBack = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr char kControlC = 3;
constexpr char kControlD = 4;

sigset_t watched() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP}) {
    ::sigaddset(&set, signal);
  }
  return set;
}

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
  return true;
}

}  // namespace

bool can_redraw() {
  const char* const term = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool shows_utf8(bool otherwise) {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const char* const value = std::getenv(name); value != nullptr && *value != '\0') {
      const std::string_view text(value);
      return text.find("UTF-8") != std::string_view::npos || text.find("utf8") != std::string_view::npos;
    }
  }
  return otherwise;
}

Terminal::Terminal() {
  has_keys_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &keys_) == 0;
  const sigset_t set = watched();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  take();
}

Terminal::~Terminal() {
  give_back();
  signals_.reset();
  const sigset_t set = watched();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void Terminal::take() {
  if (has_keys_) {
    termios keys = keys_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
  }
  static_cast<void>(write_all(kTake));
}

void Terminal::give_back() {
  static_cast<void>(write_all(kGiveBack));
  if (has_keys_) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &keys_);
  }
}

Terminal::Size Terminal::size() {
  winsize now{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0 || now.ws_col == 0 || now.ws_row == 0) {
    return {};
  }
  return {now.ws_col, now.ws_row};
}

bool Terminal::draw(const std::vector<std::string>& lines) {
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += (i > 0 ? "\r\n" : "") + lines[i] + "\x1b[K";
  }
  return write_all(text += "\x1b[J");
}

// True: the program goes on.
bool Terminal::on_signal(int signal) {
  if (signal == SIGTSTP) {
    give_back();
    ::raise(SIGSTOP);  // returns when somebody continues us
    take();
  } else if (signal != SIGWINCH) {
    signal_ = signal;
    return false;
  }
  return true;
}

Terminal::Event Terminal::wait(MonoTime until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - system_clock().mono()).count();
    if (left <= 0) {
      return Event::kTime;
    }
    pollfd sources[] = {{signals_.get(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    if (::poll(sources, has_keys_ ? 2 : 1, static_cast<int>(left)) < 0 && errno != EINTR) {
      return Event::kEnd;
    }
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      return on_signal(static_cast<int>(info.ssi_signo)) ? Event::kResized : Event::kEnd;
    }
    char key = 0;
    if (has_keys_ && sources[1].revents != 0) {
      const ssize_t n = ::read(STDIN_FILENO, &key, 1);
      if (n <= 0 || key == 'q' || key == 'Q' || key == kControlC || key == kControlD) {
        return Event::kEnd;
      }
    }
  }
}

}  // namespace respand::cli
