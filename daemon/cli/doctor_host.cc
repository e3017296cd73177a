// Checks what the host gives the daemon: places, room, descriptors, inotify, systemd.

#include <grp.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <map>

#include "app/descriptors.h"
#include "cli/command_output.h"
#include "cli/doctor.h"
#include "cli/host_check.h"
#include "respand/base/clock.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

using Kind = Finding::Kind;

constexpr std::size_t kMostOutput = std::size_t{64} * 1024;
// With a limit of fewer inotify instances, an editor or two can use them up.
constexpr std::uint64_t kFewInstances = 16;
constexpr std::uint64_t kFewWatches = 1024;

std::uint64_t number_in(std::string_view text, std::uint64_t otherwise) {
  std::uint64_t number = 0;
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{} ? number : otherwise;
}

// Takes a line of HostCheck apart: "socket.group: there is no group x: sudo groupadd x" has what is wrong, and what to
// do.
Finding of_line(const std::string& line) {
  for (const std::string_view mark : {": sudo ", ". Make it smaller"}) {
    if (const std::size_t at = line.find(mark); at != std::string::npos) {
      return {Kind::kWrong, "places", line.substr(0, at), line.substr(at + 2)};
    }
  }
  return {Kind::kWrong, "places", line, "correct this key, or what lies there"};
}

// Whether the user that runs this may hand in records.
void look_at_socket(const config::Config& config, Findings& found) {
  struct ::stat info {};
  if (::stat(config.socket.path.c_str(), &info) != 0 || ::access(config.socket.path.c_str(), W_OK) == 0) {
    return;
  }
  const ::group* const entry = ::getgrgid(info.st_gid);  // NOLINT(concurrency-mt-unsafe): main thread
  const std::string group = entry != nullptr ? entry->gr_name : cat(info.st_gid);
  found.push_back({Kind::kWrong, "socket",
                   cat("you may not write to ", config.socket.path, ", which is for the group ", group),
                   cat("sudo usermod -aG ", group, " $USER, then log in again")});
}

void look_at_units(const Surroundings& around, Findings& found) {
  struct ::stat info {};
  if (::stat(around.systemd.c_str(), &info) != 0) {
    found.push_back({Kind::kGood, "systemd", "does not run here", {}});
    return;
  }
  for (const std::string_view unit : {"respand.socket", "respand.service"}) {
    const auto text = output_of({around.systemctl, "show", "--no-pager",
                                 "--property=LoadState,ActiveState,UnitFileState,Result,NRestarts,ExecMainStatus,"
                                 "NeedDaemonReload",
                                 std::string(unit)},
                                kMostOutput);
    if (!text) {
      found.push_back({Kind::kNote, "systemd", cat(around.systemctl, " show ", unit, " does not answer"), {}});
      return;
    }
    judge_unit(unit, *text, found);
  }
}

// The daemon's soft limit from /proc/PID/limits; that of this process if no daemon runs.
std::uint64_t files_limit(const Surroundings& around, std::optional<std::uint64_t> daemon) {
  if (daemon) {
    const auto text = around.environment.read_file(cat(around.proc, '/', *daemon, "/limits"));
    constexpr std::string_view kLine = "Max open files";
    if (const std::size_t at = text ? text->find(kLine) : std::string::npos; at != std::string::npos) {
      const std::string_view rest = std::string_view(*text).substr(at + kLine.size());
      const std::size_t digit = rest.find_first_not_of(' ');
      return number_in(rest.substr(std::min(digit, rest.size())), ~std::uint64_t{0});
    }
  }
  ::rlimit files{};
  return ::getrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_max : ~std::uint64_t{0};
}

}  // namespace

void look_at_descriptors(const config::Config& config, std::uint64_t files, Findings& found) {
  const auto shares = app::Descriptors::share_out(config, files, 0);
  const std::string what = shares ? shares->shortage(config) : shares.error().message;
  if (!what.empty()) {
    found.push_back(
        {Kind::kWrong, "descriptors", cat(what, " (the limit is ", files, ")"), app::Descriptors::remedy()});
    return;
  }
  found.push_back({Kind::kGood, "descriptors", cat(files, " are allowed, and enough"), {}});
}

void look_at_inotify(const Surroundings& around, Findings& found) {
  const auto limit = [&](std::string_view name, std::uint64_t least) {
    const auto text = around.environment.read_file(cat(around.proc, "/sys/fs/inotify/", name));
    if (const std::uint64_t most = text ? number_in(*text, least) : least; most < least) {
      found.push_back(
          {Kind::kWrong, "inotify",
           cat("fs.inotify.", name, " is ", most,
               ": the spool may not be told of files, and looks for them at intervals only"),
           cat("sudo sysctl fs.inotify.", name, "=", least * 8, ", and the same in a file in /etc/sysctl.d")});
    }
  };
  const std::size_t before = found.size();
  limit("max_user_instances", kFewInstances);
  limit("max_user_watches", kFewWatches);
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC));
  if (!watch) {
    found.push_back({Kind::kWrong, "inotify", os_error(errno, "no instance of inotify is left").message,
                     "sudo sysctl fs.inotify.max_user_instances=1024"});
  }
  if (found.size() == before) {
    found.push_back({Kind::kGood, "inotify", "has room", {}});
  }
}

void look_at_places(const config::Config& config, Findings& found) {
  Identity who = Identity::of_the_daemon();
  const std::string name = who.name;
  const auto lines = HostCheck(config, std::move(who)).run();
  for (const std::string& line : lines) {
    found.push_back(of_line(line));
  }
  if (lines.empty()) {
    found.push_back({Kind::kGood, "places", cat("folders, groups and room are good for respand as ", name), {}});
  }
  struct ::statfs disk {};
  constexpr long kTmpfs = 0x01021994;
  if (::statfs(config.journal.directory.c_str(), &disk) == 0 && disk.f_type == kTmpfs) {
    found.push_back({Kind::kNote, "places",
                     cat("journal.directory: ", config.journal.directory,
                         " is in memory (tmpfs): records do not outlive a reboot of this host"),
                     "move it to a disk"});
  }
}

void judge_unit(std::string_view unit, std::string_view properties, Findings& found) {
  std::map<std::string_view, std::string_view> all;
  while (!properties.empty()) {
    const std::string_view line = properties.substr(0, properties.find('\n'));
    properties.remove_prefix(std::min(properties.size(), line.size() + 1));
    if (const std::size_t equals = line.find('='); equals != std::string_view::npos) {
      all[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  const bool service = unit.ends_with(".service");
  const std::size_t before = found.size();
  const auto wrong = [&](std::string what, std::string remedy) {
    found.push_back({Kind::kWrong, "systemd", cat(unit, " ", what), std::move(remedy)});
  };
  if (all["LoadState"] == "not-found") {
    found.push_back({Kind::kNote, "systemd", cat(unit, " is not installed"),
                     "install the package, where systemd is to run respand"});
    return;
  }
  if (all["LoadState"] == "masked" || all["UnitFileState"] == "masked") {
    wrong("is masked", cat("sudo systemctl unmask ", unit));
    return;
  }
  if (all["ActiveState"] == "failed") {
    const bool bad_file = all["ExecMainStatus"] == "78";
    wrong(cat("has failed (", all["Result"], service ? cat(", status ", all["ExecMainStatus"]) : "", ")"),
          bad_file ? "correct the configuration (sudo respand check), then: sudo systemctl restart respand"
                   : cat("see journalctl -u ", unit, " -n 50, then: sudo systemctl restart ", unit));
  } else if (all["ActiveState"] == "inactive") {
    wrong("is not started", cat("sudo systemctl start ", unit));
  }
  if (all["UnitFileState"] == "disabled") {
    wrong("does not start with this host", cat("sudo systemctl enable ", unit));
  }
  if (all["NeedDaemonReload"] == "yes") {
    wrong("was changed on disk since systemd read it", "sudo systemctl daemon-reload, then: systemctl restart respand");
  }
  constexpr std::uint64_t kMany = 3;
  if (number_in(all["NRestarts"], 0) >= kMany) {
    found.push_back({Kind::kNote, "systemd", cat(unit, " was restarted ", all["NRestarts"], " times"),
                     cat("see why: journalctl -u ", unit)});
  }
  if (found.size() == before) {
    found.push_back({Kind::kGood, "systemd", cat(unit, " is ", all["ActiveState"]), {}});
  }
}

void look_at_host(const config::Config& config, const Surroundings& around, std::optional<std::uint64_t> daemon,
                  Findings& found) {
  look_at_places(config, found);
  look_at_socket(config, found);
  look_at_descriptors(config, files_limit(around, daemon), found);
  look_at_inotify(around, found);
  look_at_units(around, found);
}

}  // namespace respand::cli
