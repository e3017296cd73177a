#include "respand/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <unordered_map>
#include <utility>

#include "respand/base/json_text.h"
#include "respand/base/mutex.h"
#include "respand/base/text.h"

namespace respand::log {
namespace {

// What the operator has done is said each time.
constexpr std::string_view kAudit = "control: ";

struct Log {
  std::shared_ptr<spdlog::logger> logger;
  Format format = Format::kText;
  bool journald = false;
};

Log make_log() {
  Log made;
  made.logger = std::make_shared<spdlog::logger>("respand", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  made.logger->set_pattern("%v");
  made.logger->flush_on(spdlog::level::trace);
  made.logger->set_error_handler([](const std::string&) {});  // Nobody is left to tell when stderr is gone.
  return made;
}

Log& instance() {
  static Log log = make_log();
  return log;
}

// stderr is the journal's when $JOURNAL_STREAM names its device and inode (systemd.exec(5)).
bool stderr_is_journald() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  return stream != nullptr && ::fstat(2, &info) == 0 && stream == cat(info.st_dev, ":", info.st_ino);
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "DEBUG";
    case Level::kInfo:
      return "INFO";
    case Level::kWarning:
      return "WARNING";
    case Level::kError:
      return "ERROR";
  }
  return "INFO";
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

void put_value(std::string& out, const Field& field, bool json) {
  std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          const std::string text = printable(value, 4096);
          if (json || text.empty() || text.find_first_of(" =\"") != std::string::npos) {
            put_json_string(out, text);
          } else {
            out.append(text);
          }
        } else if constexpr (std::is_same_v<T, bool>) {
          out.append(value ? "true" : "false");
        } else if constexpr (std::is_same_v<T, double>) {
          out.append(std::isfinite(value) ? fmt::format("{}", value) : "null");
        } else {
          out.append(std::to_string(value));
        }
      },
      field.value());
}

}  // namespace

std::string render(Format format, Level level, WallTime when, std::string_view event, Fields fields) {
  const bool json = format == Format::kJson;
  std::string line;
  if (json) {
    line.append(R"({"time":")")
        .append(iso8601(when))
        .append(R"(","level":")")
        .append(level_name(level))
        .append(R"(","event":)");
    put_json_string(line, printable(event, 4096));
    for (const Field& field : fields) {
      line.push_back(',');
      put_json_string(line, field.key());
      line.push_back(':');
      put_value(line, field, true);
    }
    line.push_back('}');
    return line;
  }
  line.append(iso8601(when)).append(" ").append(level_name(level)).append(" ").append(printable(event, 4096));
  for (const Field& field : fields) {
    line.append(" ").append(field.key()).append("=");
    put_value(line, field, false);
  }
  return line;
}

void start(Level level, Format format) {
  Log& log = instance();
  log.journald = stderr_is_journald();
  log.format = format;
  set_level(level);
}

namespace {

// Whether an event of this kind may be written now, and how many were held back before it. A burst of each kind goes
// through, then one a second: a flood tells nothing that its first lines have not, and a disk full of logs stops more
// than respand. Debug is for whoever wants all.
class Flood {
 public:
  struct Verdict {
    bool open = true;
    std::uint64_t held_back = 0;
  };
  [[nodiscard]] Verdict judge(std::string_view event, MonoTime now) {
    const MutexLock lock(mutex_);
    if (kinds_.size() >= kMostKinds && !kinds_.contains(std::string(event))) {
      return {};  // events are the program's own words: there are fewer
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

Flood& flood() {
  static Flood all;
  return all;
}

}  // namespace

void set_level(Level level) { instance().logger->set_level(spdlog_level(level)); }

void write(Level level, std::string_view event, Fields fields) {
  Log& log = instance();
  if (!log.logger->should_log(spdlog_level(level))) {
    return;
  }
  const Flood::Verdict verdict = level == Level::kDebug || event.starts_with(kAudit)
                                     ? Flood::Verdict{}
                                     : flood().judge(event, system_clock().mono());
  if (!verdict.open) {
    return;
  }
  std::string line = render(log.format, level, system_clock().wall(), event, fields);
  if (verdict.held_back > 0) {
    const bool json = log.format == Format::kJson;
    const std::string count = std::to_string(verdict.held_back);
    line.insert(json ? line.size() - 1 : line.size(),
                json ? ",\"kind_held_back\":" + count : " kind_held_back=" + count);
  }
  if (log.journald) {
    // journald stamps a line itself, and ranks it by what stands in front, which it takes away.
    line.erase(0, log.format == Format::kJson ? 0 : kIso8601Size + 1).insert(0, journald_priority(level));
  }
  log.logger->log(spdlog_level(level), spdlog::string_view_t(line));
}

}  // namespace respand::log
