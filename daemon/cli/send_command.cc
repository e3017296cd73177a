// `respand send`: hands the records of files or stdin to a running daemon and waits for the acks.

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/progress_line.h"
#include "cli/sender.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 1> kPlaces = {"socket.path"};

struct Given {
  std::string socket;
  std::string config;
  std::vector<std::string> files;
};

// The path from --socket, from the configuration, or the default; nothing after saying what is wrong.
std::optional<std::string> socket_path(const Given& given) {
  if (!given.socket.empty()) {
    return given.socket;
  }
  const auto config = load_places(given.config, kPlaces);
  return config ? std::optional(config->socket.path) : std::nullopt;
}

void show_progress(ProgressLine& line, const SendReport& report) {
  if (!line.due()) {
    return;
  }
  const double seconds = line.seconds();
  const auto rate = seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(report.settled) / seconds) : 0;
  line.show(cat(report.sent, " sent, ", report.durable(), " durable, ", report.refused + report.unsendable,
                " refused, ", rate, "/s"));
}

// Says how it ended and returns the exit status.
int conclude(const SendReport& report, const std::string& path) {
  const std::uint64_t refused = report.refused + report.unsendable;
  if (report.end == SendReport::End::kSettled && report.sent == 0 && refused > 0) {
    return kFailed;  // nothing was handed over, and why is said
  }
  std::cerr << "respand send: " << report.durable() << (report.durable() == 1 ? " record line" : " record lines")
            << " durable, " << refused << " refused";
  switch (report.end) {
    case SendReport::End::kSettled:
      break;
    case SendReport::End::kWentAway:
      std::cerr << "; the daemon at " << path << " went away: " << report.settled << " of the " << report.sent
                << " lines read were answered; send the rest again";
      if (report.settled == 0) {
        std::cerr << ", or see whether socket.allow_uids and socket.allow_gids let uid " << ::geteuid() << " in";
      }
      break;
    case SendReport::End::kStranger:
      std::cerr << "; what answers at " << path << " is not respand: " << report.settled << " of the " << report.sent
                << " lines read were answered";
      break;
  }
  if (report.full > 0) {
    std::cerr << "; the journal is full: send those " << report.full << " again later";
  }
  std::cerr << '\n';
  if (report.end != SendReport::End::kSettled || report.full > 0) {
    return kTryAgain;
  }
  return refused > 0 ? kFailed : kDone;
}

// Says why, with what to do, and returns the exit status.
int not_connected(const std::string& path, const Error& why) {
  std::cerr << "respand send: " << why.message;
  struct ::stat info {};
  switch (why.code) {
    case ErrorCode::kInvalid:
      std::cerr << '\n';
      return kBadCommandLine;
    case ErrorCode::kPermission:
      if (::stat(path.c_str(), &info) == 0) {
        const ::group* const entry = ::getgrgid(info.st_gid);  // NOLINT(concurrency-mt-unsafe): main thread
        const std::string group = entry != nullptr ? entry->gr_name : cat(info.st_gid);
        std::array<char, 8> mode;
        std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(info.st_mode & 07777U));
        std::cerr << ": you may not write to the socket (group " << group << ", mode " << mode.data()
                  << "): sudo usermod -aG " << group << " $USER, then log in again\n";
      } else {
        std::cerr << ": you may not enter the socket's folder\n";
      }
      return kFailed;
    default:
      std::cerr << "; is respand running?\n";
      return kTryAgain;
  }
}

int run_send(const Given& given) {
  const auto path = socket_path(given);
  if (!path) {
    return kBadConfiguration;
  }
  auto socket = connect_to_daemon(*path);
  if (!socket) {
    return not_connected(*path, socket.error());
  }
  ProgressLine line;
  SendEvents events;
  events.refused = [&](const std::string& file, std::uint64_t number, std::string_view why) {
    line.clear();
    std::cerr << (file == "-" ? "stdin" : file) << (number > 0 ? cat(":", number) : "") << ": " << printable(why, 4096)
              << '\n';
  };
  events.waits = [&] {
    line.clear();
    std::cerr << "respand send: waiting: the daemon takes no more for now (a full journal: respand status says why)\n";
  };
  events.progress = [&](const SendReport& report) { show_progress(line, report); };
  const SendReport report = send_records(std::move(*socket), given.files, events);
  line.clear();
  return conclude(report, *path);
}

}  // namespace

void add_send_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("send", "Hand records to the running daemon and wait until they are durable");
  auto given = std::make_shared<Given>();
  command->add_option("-s,--socket", given->socket, "The daemon's socket; else as the configuration says")
      ->type_name("PATH");
  add_config_option(*command, given->config);
  command->add_option("files", given->files, "NDJSON, a JSON array, or JSON objects; - or none: stdin")
      ->type_name("FILE");
  command->callback([given, &exit_status] {
    if (given->files.empty()) {
      given->files.emplace_back("-");
    }
    exit_status = run_send(*given);
  });
}

}  // namespace respand::cli
