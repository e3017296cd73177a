#include "respand/base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/log_writer.h"
#include "respand/base/audit_log.h"
#include "respand/base/log_line.h"
#include "respand/base/log_output.h"
#include "respand/base/mutex.h"
#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::log {
namespace {

// Bytes of an event, and of a value that is a text.
constexpr std::size_t kMostOfAText = 4096;

// How long a process that crashes waits for its last lines to be written.
constexpr int kCrashPatienceMs = 200;

// The process's log. Its fields are set before other threads start, except for the level.
struct Log {
  std::atomic<Level> level{Level::kInfo};  // written by start() and set_level(), read by all: a value of its own
  Format format = Format::kText;           // set by start(), before there are other threads; the same for the next
  bool journald = false;
  std::unique_ptr<LogWriter> writer;  // null: not started, lines are written at once
};

// Never destroyed: threads may log until the very end.
Log& instance() {
  static Log& log = *new Log;
  return log;
}

// stderr is the journal's when $JOURNAL_STREAM names its device and inode (systemd.exec(5)).
bool stderr_is_journald() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  return stream != nullptr && ::fstat(2, &info) == 0 && stream == cat(info.st_dev, ":", info.st_ino);
}

std::string_view journald_priority(Level level) {
  switch (level) {
    case Level::kDebug:
      return "<7>";
    case Level::kInfo:
      return "<6>";
    case Level::kWarning:
      return "<4>";
    case Level::kError:
      return "<3>";
  }
  return "<6>";
}

// The shortest text that is this number.
std::string number_text(double value) {
  std::array<char, 32> text;
  return std::isfinite(value)
             ? std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr)
             : "null";
}

void put_field(json::Object& line, const Field& field) {
  std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          line.member(field.key(), printable(value, kMostOfAText));
        } else if constexpr (std::is_same_v<T, double>) {
          line.value(field.key(), number_text(value));
        } else {
          line.member(field.key(), value);
        }
      },
      field.value());
}

std::string value_text(const Field& field) {
  return std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          std::string text = printable(value, kMostOfAText);
          const bool plain = !text.empty() && text.find_first_of(" =\"") == std::string::npos;
          return plain ? text : json::string_of(text);
        } else if constexpr (std::is_same_v<T, bool>) {
          return std::string(value ? "true" : "false");
        } else if constexpr (std::is_same_v<T, double>) {
          return number_text(value);
        } else {
          return std::to_string(value);
        }
      },
      field.value());
}

}  // namespace

std::string render(Format format, Level level, WallTime when, std::string_view event, Fields fields) {
  if (format == Format::kJson) {
    json::Object line;
    line.member("time", iso8601(when)).member("level", name_of(level)).member("event", printable(event, kMostOfAText));
    for (const Field& field : fields) {
      put_field(line, field);
    }
    return line.text();
  }
  std::string line = cat(iso8601(when), " ", name_of(level), " ", printable(event, kMostOfAText));
  for (const Field& field : fields) {
    line += cat(" ", field.key(), "=", value_text(field));
  }
  return line;
}

namespace {

// Decides whether an event of this kind may be written now, and says how many were held back before it. A burst of each
// kind goes through, then one a second: a flood tells nothing that its first lines have not told, and a disk full of
// logs stops more than respand. Events of level debug are not held back: whoever sets that level wants all of them.
class FloodThrottle {
 public:
  struct Verdict {
    bool open = true;
    std::uint64_t held_back = 0;
  };
  [[nodiscard]] Verdict judge(std::string_view event, MonoTime now) {
    const MutexLock lock(mutex_);
    if (kinds_.size() >= kMostKinds && !kinds_.contains(std::string(event))) {
      return {};  // events are the program's own words, of which there are fewer
    }
    Kind& kind = kinds_[std::string(event)];
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - kind.filled).count();
    if (seconds > 0) {
      kind.left = static_cast<std::uint32_t>(std::min<std::int64_t>(kBurst, kind.left + seconds));
      kind.filled = now;
    }
    if (kind.left == 0) {
      ++kind.held_back;
      return {false, 0};
    }
    --kind.left;
    return {true, std::exchange(kind.held_back, 0)};
  }

 private:
  static constexpr std::uint32_t kBurst = 20;
  static constexpr std::size_t kMostKinds = 512;
  struct Kind {
    MonoTime filled{};
    std::uint32_t left = kBurst;
    std::uint64_t held_back = 0;
  };
  Mutex mutex_;
  std::unordered_map<std::string, Kind> kinds_ GUARDED_BY(mutex_);
};

FloodThrottle& flood() {
  static FloodThrottle all;
  return all;
}

}  // namespace

namespace {

// journald adds the time itself, and takes the priority from the front of the line.
std::string finished(const Log& log, Level level, std::string line) {
  if (log.journald) {
    line.erase(0, log.format == Format::kJson ? 0 : kIso8601Size + 1).insert(0, journald_priority(level));
  }
  return line;
}

std::string dropped_notice(std::uint64_t lines) {
  const Log& log = instance();
  return finished(log, Level::kWarning,
                  render(log.format, Level::kWarning, system_clock().wall(),
                         "log lines were dropped: stderr was not read, or could not be written", {{"lines", lines}}));
}

// Used while there is no writer: in the commands, and before a daemon has set up its log.
void write_at_once(std::string_view line) {
  while (!line.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
    if (n < 0 && errno != EINTR) {
      return;  // Nobody is left to tell when stderr is gone.
    }
    line.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
}

// The last lines often say why a process crashes, so the writer gets a moment to write them.
void on_crash(int signal) {
  const Log& log = instance();
  if (log.writer != nullptr) {
    log.writer->wait_in_signal_handler(kCrashPatienceMs);
  }
  ::raise(signal);  // SA_RESETHAND: as if nobody had handled it
}

// Takes what is written to stderr through stdio (an internal error of RESPAND_CHECK, the last words of a library), a
// piece at a time.
ssize_t write_by_stdio(void*, const char* bytes, std::size_t size) {
  std::string_view text(bytes, size);
  while (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  if (!text.empty()) {
    const Log& log = instance();
    log.writer->write(finished(log, Level::kError, render(log.format, Level::kError, system_clock().wall(), text, {})));
  }
  return static_cast<ssize_t>(size);
}

// Replaces the C library's stderr, whose writes could wait for ever. It is never closed.
void take_over_stderr() {
  if (FILE* const stream = ::fopencookie(nullptr, "w", {nullptr, write_by_stdio, nullptr, nullptr});
      stream != nullptr) {
    ::setvbuf(stream, nullptr, _IONBF, 0);
    stderr = stream;
  }
}

// Handles the signals of a crash, unless somebody else does, such as a sanitizer.
void handle_crashes() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
      struct sigaction ours {};
      ours.sa_handler = on_crash;
      ours.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
      ::sigaction(signal, &ours, nullptr);
    }
  }
}

}  // namespace

void start(Level level, Format format) {
  Log& log = instance();
  log.journald = stderr_is_journald();
  log.format = format;
  log.writer = std::make_unique<LogWriter>(STDERR_FILENO, dropped_notice);
  take_over_stderr();
  handle_crashes();
  set_level(level);
}

void stop(Duration patience) {
  if (const Log& log = instance(); log.writer != nullptr) {
    log.writer->stop(patience);
  }
}

std::uint64_t dropped_lines() {
  const Log& log = instance();
  return log.writer != nullptr ? log.writer->dropped() : 0;
}

void say(Format format, Level level, std::string_view event, Fields fields) {
  Log log;
  log.format = format;
  log.journald = stderr_is_journald();
  write_at_once(finished(log, level, render(format, level, system_clock().wall(), event, fields)) + "\n");
}

void set_level(Level level) { instance().level.store(level, std::memory_order_relaxed); }

namespace {

// `throttled`: events of its kind are held back where there are too many.
void write_event(Level level, std::string_view event, Fields fields, bool throttled) {
  Log& log = instance();
  if (level < log.level.load(std::memory_order_relaxed)) {
    return;
  }
  const FloodThrottle::Verdict verdict =
      throttled ? flood().judge(event, system_clock().mono()) : FloodThrottle::Verdict{};
  if (!verdict.open) {
    return;
  }
  std::string line = render(log.format, level, system_clock().wall(), event, fields);
  if (verdict.held_back > 0) {
    const bool json = log.format == Format::kJson;
    const std::string count = std::to_string(verdict.held_back);
    // Into the object, in front of its brace; or at the end of a line of text.
    line.insert(json ? line.size() - 1 : line.size(),
                json ? ",\"kind_held_back\":" + count : " kind_held_back=" + count);
  }
  line = finished(log, level, std::move(line));
  if (log.writer != nullptr) {
    log.writer->write(line);
  } else {
    write_at_once(line + "\n");
  }
}

}  // namespace

void write(Level level, std::string_view event, Fields fields) {
  write_event(level, event, fields, level != Level::kDebug);
}

void audit(std::string_view event, Fields fields) { write_event(Level::kInfo, event, fields, false); }

}  // namespace respand::log
