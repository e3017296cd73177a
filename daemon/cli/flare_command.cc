// `respand flare`: makes an archive for support, with the configuration, what the daemon says of itself, its last log
// lines, and what doctor finds. It never holds the key or a record.

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/archive.h"
#include "cli/command_output.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/doctor.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/scrub.h"
#include "cli/version_text.h"
#include "http/gzip.h"
#include "respand/base/clock.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

constexpr std::size_t kMostLog = std::size_t{512} * 1024;

struct FlareArguments {
  std::string config;
  std::string output;
  std::string log;
};

// The last part of a file, from the beginning of a line on.
std::string end_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    return cat("can't read ", path, "\n");
  }
  const auto size = static_cast<std::size_t>(file.tellg());
  const std::size_t from = size > kMostLog ? size - kMostLog : 0;
  file.seekg(static_cast<std::streamoff>(from));
  std::string text(size - from, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  return from == 0 ? text : text.substr(std::min(text.find('\n'), text.size() - 1) + 1);
}

std::string last_log_lines(const FlareArguments& given) {
  if (!given.log.empty()) {
    return end_of_file(given.log);
  }
  const auto text =
      output_of({"journalctl", "--unit=respand", "--lines=2000", "--no-pager", "--output=short-iso"}, kMostLog);
  return text ? *text : "journalctl does not answer; --log FILE names the log where systemd does not keep it\n";
}

std::string host_text() {
  ::utsname name{};
  ::uname(&name);
  const auto read = [](const std::string& path) {
    return config::Environment::process().read_file(path).value_or(cat("no ", path, "\n"));
  };
  return cat(name.sysname, " ", name.release, " ", name.machine, "\n", read("/etc/os-release"), "\nload ",
             read("/proc/loadavg"), "\n", read("/proc/meminfo").substr(0, 300), "\n",
             output_of({"df", "-h"}, kMostLog).value_or("no df\n"));
}

std::string configuration_text(const std::string& file, const config::Loaded& loaded) {
  std::string text = cat("# --config ", file, "\n");
  for (const std::string& part : loaded.config.files) {
    text += cat("# read: ", part, "\n");
  }
  for (const config::Problem& problem : loaded.problems) {
    text += cat("# error: ", problem.to_string(), "\n");
  }
  for (const config::Problem& warning : loaded.warnings) {
    text += cat("# warning: ", warning.to_string(), "\n");
  }
  return text + config::print(loaded.config);
}

std::string page(const std::string& control, std::string_view target) {
  const auto answer = ask_daemon(control, "GET", target);
  return answer ? answer->body : cat(answer.error().message, "\n");
}

Status write_private(const std::string& path, const std::string& bytes) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) {
    return os_error(errno, cat("write ", path));
  }
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t written = ::write(file.get(), rest.data(), rest.size());
    if (written < 0 && errno != EINTR) {
      return os_error(errno, cat("write ", path));
    }
    rest.remove_prefix(static_cast<std::size_t>(written > 0 ? written : 0));
  }
  return {};
}

// "respand-flare-20261128-190000".
std::string stamp(WallTime now) {
  const std::string time = iso8601(now);
  return cat("respand-flare-", time.substr(0, 4), time.substr(5, 2), time.substr(8, 2), "-", time.substr(11, 2),
             time.substr(14, 2), time.substr(17, 2));
}

int run_flare(const FlareArguments& given) {
  const WallTime now = system_clock().wall();
  const std::string name = stamp(now);
  const std::string file = given.config.empty() ? kDefaultConfigFile : given.config;
  const config::Loaded loaded = config::load_file(file, config::Environment::process());
  const std::string& key = loaded.config.api.key.reveal();
  const std::string& control = loaded.config.control.path;
  Archive archive(static_cast<std::uint64_t>(now.time_since_epoch().count() / 1'000'000));
  const auto add = [&](std::string_view part, std::string_view text, ScrubJson json) {
    archive.add(cat(name, "/", part), scrub(text, key, json));
  };
  add("version.txt", version_text(), ScrubJson::kNo);
  add("configuration.yaml", configuration_text(file, loaded), ScrubJson::kNo);
  add("status.txt", page(control, "/status"), ScrubJson::kYes);
  add("ready.txt", page(control, "/readyz"), ScrubJson::kYes);
  add("metrics.txt", page(control, "/metrics"), ScrubJson::kNo);
  add("doctor.txt", text_of(examine(given.config, false), false), ScrubJson::kYes);
  add("log.txt", last_log_lines(given), ScrubJson::kYes);
  add("host.txt", host_text(), ScrubJson::kNo);
  std::string packed;
  if (!http::Gzip().pack(archive.tar(), packed)) {
    std::cerr << "respand flare: out of memory\n";
    return kFailed;
  }
  const std::string path = given.output.empty() ? name + ".tar.gz" : given.output;
  if (const Status written = write_private(path, packed); !written) {
    std::cerr << "respand flare: " << written.error().message << '\n';
    return kFailed;
  }
  std::cout << path << ": " << (packed.size() + 1023) / 1024
            << " KiB; no key and no record is in it. Look before you send it: tar xzf " << path << '\n';
  return kDone;
}

}  // namespace

void add_flare_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("flare", "Write an archive for support: what is configured and what happened; redacted");
  auto given = std::make_shared<FlareArguments>();
  add_config_option(*command, given->config);
  command->add_option("-o,--output", given->output, "The archive; else respand-flare-TIME.tar.gz in this folder")
      ->type_name("FILE");
  command->add_option("--log", given->log, "Where the daemon's log is; else systemd's journal is asked")
      ->type_name("FILE");
  command->footer(
      "In it: version, configuration with the key masked, status, metrics, what doctor finds, the last lines of the "
      "log,\nthe host. Keys, passwords, e-mail addresses, card numbers and JSON are taken out of what is told. It is "
      "readable by\nits owner only. As root it sees most.\n"
      "Exit status: 0 written; 1 not.");
  command->callback([given, &exit_status] { exit_status = run_flare(*given); });
}

}  // namespace respand::cli
