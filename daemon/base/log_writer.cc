#include "base/log_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include "respand/base/clock.h"
#include "respand/base/fd.h"
#include "respand/base/mutex.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::log {
namespace {

// A pipe that poll(2) calls writable takes as much as this without waiting (PIPE_BUF).
constexpr std::size_t kPiece = 4096;
// How much longer than its patience a stop waits for a thread that is about to end.
constexpr Duration kLastStep = std::chrono::milliseconds{50};

std::uint64_t lines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// Writes bytes without waiting. O_NONBLOCK is a flag of the open file, and the open file of stderr is shared with the
// shell and other programs that it has started: so its flags are left as they are.
class Outlet {
 public:
  explicit Outlet(int descriptor) : fd_(descriptor) {
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) {
      return;
    }
    socket_ = S_ISSOCK(info.st_mode);
    if (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)) {
      // The same pipe or terminal is opened once more, and this open file has flags of its own. Where that is not
      // permitted (another user's pipe), poll(2) is asked before every small piece.
      own_.reset(::open(cat("/proc/self/fd/", descriptor).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    }
  }
  [[nodiscard]] int fd() const { return own_ ? own_.get() : fd_; }
  // As write(2); EAGAIN where it would have to wait.
  [[nodiscard]] ssize_t put(std::string_view bytes) const {
    if (socket_) {
      return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (!own_) {
      pollfd writable{fd_, POLLOUT, 0};
      if (::poll(&writable, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
      }
      bytes = bytes.substr(0, kPiece);
    }
    return ::write(fd(), bytes.data(), bytes.size());
  }

 private:
  const int fd_;
  bool socket_ = false;
  UniqueFd own_;
};

// Blocks signals while the writer's thread is made, so that they go to the threads that handle them. Signals of a crash
// stay with the thread that crashes.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
      ::sigdelset(&all, crash);
    }
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

struct LogWriter::State {
  State(int descriptor, Notice n) : outlet(descriptor), notice(n), wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void run();
  // Waits for lines. Nothing when the writer is to end.
  struct Taken {
    std::string lines;
    std::uint64_t overflow = 0;  // lines behind them that found no room
  };
  [[nodiscard]] std::optional<Taken> take();
  // Writes all of the text, and waits for whoever reads. Returns the number of lines that can't be written.
  [[nodiscard]] std::uint64_t put(std::string_view text);
  // False: it is not worth waiting any longer.
  [[nodiscard]] bool wait_until_writable();
  void say_dropped();

  // The writer's thread only.
  const Outlet outlet;
  const Notice notice;
  const UniqueFd wake;       // rung by stop()
  std::uint64_t unsaid = 0;  // dropped lines that nobody was told of
  bool torn = false;         // the last line was cut off

  std::thread thread;  // whoever calls stop()

  std::atomic<std::uint64_t> dropped{0};  // written by all, read by anybody: a count of its own
  std::atomic<std::size_t> unwritten{0};  // bytes queued or being written; the same
  std::atomic<Duration::rep> end{0};      // of the patience, as a time since the clock's epoch; 0: no stop yet

  Mutex mutex;
  std::condition_variable changed;
  std::string waiting GUARDED_BY(mutex);
  std::uint64_t overflow GUARDED_BY(mutex) = 0;
  bool stopping GUARDED_BY(mutex) = false;
  bool ended GUARDED_BY(mutex) = false;
};

LogWriter::LogWriter(int descriptor, Notice notice) : state_(std::make_shared<State>(descriptor, notice)) {
  const SignalsBlocked blocked;
  state_->thread = std::thread([state = state_] {
    name_this_thread("log");
    state->run();
  });
}

LogWriter::~LogWriter() { stop(Duration{0}); }

void LogWriter::write(std::string_view line) {
  State& state = *state_;
  {
    const MutexLock lock(state.mutex);
    // Once a line was dropped, the lines behind it are dropped too until the queue was taken: the gap is in one place.
    if (state.stopping || state.overflow > 0 || state.waiting.size() + line.size() >= kMostWaiting) {
      ++state.overflow;
      state.dropped.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    state.waiting.append(line).push_back('\n');
    state.unwritten.fetch_add(line.size() + 1, std::memory_order_relaxed);
  }
  state.changed.notify_all();
}

void LogWriter::stop(Duration patience) {
  State& state = *state_;
  if (!state.thread.joinable()) {
    return;
  }
  const MonoTime end = system_clock().mono() + patience;
  state.end.store(end.time_since_epoch().count(), std::memory_order_relaxed);
  bool ended = false;
  {
    MutexLock lock(state.mutex);
    state.stopping = true;
    state.changed.notify_all();
    const std::uint64_t one = 1;
    static_cast<void>(::write(state.wake.get(), &one, sizeof one) == sizeof one);
    const auto left = end + kLastStep - system_clock().mono();
    ended = state.changed.wait_for(lock.native(), left, [&]() REQUIRES(state.mutex) { return state.ended; });
  }
  if (ended) {
    state.thread.join();
  } else {
    state.thread.detach();  // It hangs in the kernel (a disk that does not answer), and ends with the process.
  }
}

std::uint64_t LogWriter::dropped() const { return state_->dropped.load(std::memory_order_relaxed); }

void LogWriter::wait_in_signal_handler(int milliseconds) const {
  constexpr int kStep = 5;
  for (int waited = 0; waited < milliseconds && state_->unwritten.load(std::memory_order_relaxed) > 0;
       waited += kStep) {
    ::poll(nullptr, 0, kStep);
  }
}

// Dropped lines are reported in front of the lines that come after the gap, or behind them where the gap is at the end.
void LogWriter::State::run() {
  while (auto taken = take()) {
    say_dropped();
    const std::uint64_t lost = put(taken->lines);
    dropped.fetch_add(lost, std::memory_order_relaxed);
    unsaid += lost + taken->overflow;
    if (lost == 0) {
      say_dropped();
    }
    unwritten.fetch_sub(taken->lines.size(), std::memory_order_relaxed);
  }
  const MutexLock lock(mutex);
  ended = true;
  changed.notify_all();
}

std::optional<LogWriter::State::Taken> LogWriter::State::take() {
  MutexLock lock(mutex);
  changed.wait(lock.native(), [this]() REQUIRES(mutex) { return stopping || !waiting.empty(); });
  if (waiting.empty()) {
    return std::nullopt;
  }
  return Taken{std::exchange(waiting, {}), std::exchange(overflow, 0)};
}

void LogWriter::State::say_dropped() {
  if (unsaid > 0 && put(notice(unsaid) + "\n") == 0) {
    unsaid = 0;
  }
}

// A line that could be written only in part is ended before the next one, so that this one does not run into it.
std::uint64_t LogWriter::State::put(std::string_view text) {
  std::string mended;
  if (torn && !text.empty()) {
    mended = cat("\n", text);
    text = mended;
  }
  bool at_start = !torn;
  while (!text.empty()) {
    const ssize_t n = outlet.put(text);
    if (n > 0) {
      at_start = text[static_cast<std::size_t>(n) - 1] == '\n';
      torn = false;
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_until_writable()))) {
      continue;
    } else {
      torn = !at_start;
      return lines_in(text) - (text.size() == mended.size() && !mended.empty() ? 1 : 0);
    }
  }
  return 0;
}

bool LogWriter::State::wait_until_writable() {
  for (;;) {
    int most = -1;
    const Duration::rep until = end.load(std::memory_order_relaxed);
    if (until != 0) {
      const MonoTime when{Duration{until}};
      most = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(when - system_clock().mono()).count());
      if (most <= 0) {
        return false;
      }
    }
    // The bell is listened to only until it rang once: it says that there is an end to the patience now.
    std::array<pollfd, 2> entries{pollfd{outlet.fd(), POLLOUT, 0}, pollfd{until == 0 ? wake.get() : -1, POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), most) > 0 && entries[0].revents != 0) {
      return true;
    }
  }
}

}  // namespace respand::log
