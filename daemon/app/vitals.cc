#include "app/vitals.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "app/readiness.h"
#include "respand/fs/file_system.h"

namespace respand::app {
namespace {

// Kinds of issue for which delivery is paused until somebody acts.
constexpr std::array kPauses = {IssueKind::kKey, IssueKind::kAccount, IssueKind::kProxy, IssueKind::kUpstreamWrong,
                                IssueKind::kRefused};

struct Process {
  double cpu_seconds = 0;
  double virtual_bytes = 0;
  double resident_bytes = 0;
  double start_ticks = 0;  // when it started, in ticks since boot
};

// /proc/self/stat: its second field is a name in parentheses, which may hold blanks.
Process read_process() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  Process process;
  std::string field;
  for (int number = 3; fields >> field && number <= 24; ++number) {
    const double value = number == 3 ? 0 : std::strtod(field.c_str(), nullptr);
    process.cpu_seconds += number == 14 || number == 15 ? value / ticks : 0;
    process.start_ticks += number == 22 ? value / ticks : 0;
    process.virtual_bytes += number == 23 ? value : 0;
    process.resident_bytes += number == 24 ? value * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
  }
  return process;
}

// When the system was booted, in Unix time.
double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) {
      return std::strtod(line.c_str() + 6, nullptr);
    }
  }
  return 0;
}

double open_descriptors() {
  std::error_code failed;
  double count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end;
       at.increment(failed)) {
    ++count;
  }
  return std::max(0.0, count - 1);  // without the one that reads the folder
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Vitals::Vitals(metrics::Registry& registry)
    : ready_(registry.gauge("respand_ready", "1: records can be taken in and delivered, as /readyz says; 0: not")),
      journal_max_bytes_(registry.gauge("respand_journal_max_bytes", "The most that the journal may take on disk")),
      journal_full_in_(
          registry.gauge("respand_journal_full_in_seconds",
                         "When the journal is full at the rates of the last minute; +Inf: it does not fill")),
      journal_disk_free_(
          registry.gauge("respand_journal_filesystem_free_bytes",
                         "Free on the file system of the journal, for the daemon's user; NaN: it can't be told")),
      next_try_(registry.gauge("respand_next_try_seconds",
                               "While delivery waits: until it tries again; 0 while it does not wait")),
      dead_letters_bytes_(registry.gauge("respand_dead_letters_bytes", "Size of the dead letters on disk")),
      dead_letters_max_bytes_(
          registry.gauge("respand_dead_letters_max_bytes", "The most that the dead letters may take on disk")),
      cpu_seconds_(registry.counter("process_cpu_seconds_total", "User and system CPU time spent, in seconds")),
      open_descriptors_(registry.gauge("process_open_fds", "Number of open file descriptors")),
      most_descriptors_(registry.gauge("process_max_fds", "Maximum number of open file descriptors")),
      virtual_bytes_(registry.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes")),
      resident_bytes_(registry.gauge("process_resident_memory_bytes", "Resident memory size in bytes")),
      start_time_(
          registry.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds")) {
  for (const IssueKind reason : kPauses) {
    paused_.emplace(reason, registry.gauge("respand_paused",
                                           "1 while delivery is paused for this reason, until somebody acts or a probe "
                                           "gets through",
                                           {{"reason", name_of(reason)}}));
  }
}

void Vitals::show(const StatusSnapshot& look) {
  ready_.set(is_ready(look) ? 1 : 0);
  journal_max_bytes_.set(static_cast<double>(look.config.journal.max_size.value));
  const auto full_in = journal_full_in(look);
  journal_full_in_.set(full_in ? seconds(*full_in) : std::numeric_limits<double>::infinity());
  const auto free = fs::posix().free_space(look.config.journal.directory);
  journal_disk_free_.set(free ? static_cast<double>(free->value) : std::numeric_limits<double>::quiet_NaN());
  next_try_.set(seconds(look.next_try));
  dead_letters_bytes_.set(static_cast<double>(look.delivery.dead_letters.size.value));
  dead_letters_max_bytes_.set(static_cast<double>(look.config.dead_letters.max_size.value));
  for (const auto& [reason, gauge] : paused_) {
    const bool paused = look.delivery.upstream.mode == delivery::Mode::kPaused &&
                        std::any_of(look.issues.begin(), look.issues.end(),
                                    [kind = reason](const HealthIssue& issue) { return issue.kind == kind; });
    gauge.set(paused ? 1 : 0);
  }
  show_process();
}

void Vitals::show_process() {
  const Process process = read_process();
  cpu_seconds_.add(process.cpu_seconds - cpu_counted_);
  cpu_counted_ = process.cpu_seconds;
  virtual_bytes_.set(process.virtual_bytes);
  resident_bytes_.set(process.resident_bytes);
  start_time_.set(boot_time() + process.start_ticks);
  open_descriptors_.set(open_descriptors());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    most_descriptors_.set(static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace respand::app
