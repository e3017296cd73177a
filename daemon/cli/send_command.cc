// `respand send`: hands the records of files or of stdin to a running daemon and waits for the acks.

#include <grp.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/arrivals.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/progress_line.h"
#include "cli/sender.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 2> kSendKeys = {"socket.path", "control.path"};
// How often a daemon that is away is looked for.
constexpr int kLookInterval = 200;  // milliseconds

struct SendArguments {
  std::string socket;
  std::string config;
  std::string control;
  std::string wait = "durable";
  bool retry = false;
  std::string timeout;
  std::vector<std::string> files;
};

struct Sockets {
  std::string records;
  std::string control;
};

// The sockets from --socket and --control, from the configuration, or the defaults; none after printing what is wrong.
std::optional<Sockets> sockets_of(const SendArguments& given) {
  Sockets sockets{given.socket, given.control};
  const bool needs_control = given.wait == "delivered" && sockets.control.empty();
  if (sockets.records.empty() || needs_control) {
    const auto config = load_places(given.config, kSendKeys);
    if (!config) {
      return std::nullopt;
    }
    sockets.records = sockets.records.empty() ? config->socket.path : sockets.records;
    sockets.control = needs_control ? config->control.path : sockets.control;
  }
  return sockets;
}

MonoTime deadline_of(const SendArguments& given) {
  const auto timeout = parse_duration(given.timeout);  // checked when the command line was read
  return given.timeout.empty() || !timeout || *timeout == Duration{0} ? MonoTime::max()
                                                                      : system_clock().mono() + *timeout;
}

// Waits for a daemon to listen again.
std::optional<UniqueFd> look_for_daemon(const std::string& path, MonoTime deadline) {
  for (;;) {
    if (auto socket = connect_to_daemon(path)) {
      return std::move(*socket);
    }
    if (system_clock().mono() >= deadline) {
      return std::nullopt;
    }
    ::poll(nullptr, 0, kLookInterval);
  }
}

void show_progress(ProgressLine& line, const SendReport& report) {
  if (!line.due()) {
    return;
  }
  const double seconds = line.seconds();
  const auto rate = seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(report.answered) / seconds) : 0;
  line.show(cat(report.sent, " sent, ", report.durable(), " durable, ", report.refused + report.unsendable,
                " refused, ", rate, "/s"));
}

// Prints how sending ended and returns the exit status.
int conclude(const SendReport& report, const std::string& path) {
  const std::uint64_t refused = report.refused + report.unsendable;
  if (report.end == SendReport::End::kAnswered && report.sent == 0 && refused > 0) {
    return kFailed;  // nothing was handed over, and the reason was printed
  }
  std::cerr << "respand send: " << report.durable() << (report.durable() == 1 ? " record line" : " record lines")
            << " durable, " << refused << " refused";
  switch (report.end) {
    case SendReport::End::kAnswered:
      break;
    case SendReport::End::kWentAway:
      std::cerr << "; the daemon at " << path << " went away: " << report.answered << " of the " << report.sent
                << " lines read were answered; send the rest again";
      if (report.answered == 0) {
        std::cerr << ", or see whether socket.allow_uids and socket.allow_gids let uid " << ::geteuid() << " in";
      }
      break;
    case SendReport::End::kTimeout:
      std::cerr << "; --timeout is over: " << report.answered << " of the " << report.sent
                << " lines read were answered; send the rest again";
      break;
    case SendReport::End::kStranger:
      std::cerr << "; what answers at " << path << " is not respand: " << report.answered << " of the " << report.sent
                << " lines read were answered";
      break;
  }
  if (report.full > 0) {
    std::cerr << "; the journal is full: send those " << report.full << " again later";
  }
  std::cerr << '\n';
  if (report.end != SendReport::End::kAnswered || report.full > 0) {
    return kTryAgain;
  }
  return refused > 0 ? kFailed : kDone;
}

// Prints why there is no connection and what to do, and returns the exit status.
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

std::string name_of(const std::string& file, std::uint64_t line) {
  return cat(file == "-" ? "stdin" : file, line > 0 ? cat(":", line) : "");
}

SendEvents events_on(ProgressLine& line) {
  SendEvents events;
  events.refused = [&line](const std::string& file, std::uint64_t number, std::string_view why) {
    line.clear();
    std::cerr << name_of(file, number) << ": " << printable(why, 4096) << '\n';
  };
  events.waits = [&line] {
    line.clear();
    std::cerr << "respand send: waiting: the daemon takes no more for now (a full journal: respand status says why)\n";
  };
  events.again = [&line] {
    line.clear();
    std::cerr << "respand send: the daemon went away and is back: what it did not answer is sent again\n";
  };
  events.progress = [&line](const SendReport& report) { show_progress(line, report); };
  return events;
}

// Prints what became of the records to stdout: each of the first few, each that the API refused, and the sums.
class Outcome {
 public:
  void take(const Arrival& arrival) {
    constexpr std::uint64_t kFew = 20;
    const std::string place = name_of(arrival.file, arrival.line);
    switch (arrival.fate) {
      case Arrival::Fate::kDelivered:
        if (++delivered_ <= kFew) {
          std::cout << place << ": delivered: "
                    << (arrival.words.empty() ? "the API's answer came while nobody listened" : arrival.words)
                    << std::endl;
        }
        return;
      case Arrival::Fate::kRefused:
        ++refused_;
        std::cout << place << ": refused by the API: " << arrival.words << std::endl;
        return;
      case Arrival::Fate::kLeftOut:
        ++left_out_;
        std::cout << place << ": not sent: left out by records.sample, or dropped by journal.when_full" << std::endl;
        return;
    }
  }
  [[nodiscard]] bool all_well() const { return refused_ + left_out_ == 0; }
  [[nodiscard]] std::string text() const {
    return cat(delivered_, " delivered, ", refused_, " refused by the API",
               left_out_ > 0 ? cat(", ", left_out_, " not sent") : "");
  }

 private:
  std::uint64_t delivered_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t left_out_ = 0;
};

// When the records are durable, waits until the API has them. `status` is the exit status of the sending alone.
int wait_for_arrival(Arrivals& arrivals, const Outcome& outcome, int status) {
  const auto end = arrivals.wait();
  std::cerr << "respand send: " << outcome.text();
  if (!end) {
    std::cerr << "; " << end.error().message << '\n';
    return kTryAgain;
  }
  switch (*end) {
    case Arrivals::End::kAll:
      std::cerr << '\n';
      return status != kDone ? status : outcome.all_well() ? kDone : kFailed;
    case Arrivals::End::kTimeout:
      std::cerr << "; --timeout is over: " << arrivals.left()
                << " are durable and will be delivered, but were not yet (respand status says why)\n";
      return kTryAgain;
    case Arrivals::End::kWentAway:
      std::cerr << "; the daemon went away: " << arrivals.left()
                << " are durable and will be delivered when it is back (--retry waits for that)\n";
      return kTryAgain;
  }
  return kFailed;
}

int run_send(const SendArguments& given) {
  const auto sockets = sockets_of(given);
  if (!sockets) {
    return kBadConfiguration;
  }
  SendOptions options{.sequences = given.wait == "delivered", .reconnect = nullptr, .deadline = deadline_of(given)};
  if (given.retry) {
    options.reconnect = [&] { return look_for_daemon(sockets->records, options.deadline); };
  }
  auto socket = connect_to_daemon(sockets->records);
  if (!socket && given.retry && socket.error().code != ErrorCode::kInvalid &&
      socket.error().code != ErrorCode::kPermission) {
    if (auto later = options.reconnect()) {
      socket = std::move(*later);
    }
  }
  if (!socket) {
    return not_connected(sockets->records, socket.error());
  }
  ProgressLine line;
  Outcome outcome;
  Arrivals arrivals({.control = sockets->control,
                     .retry = given.retry,
                     .deadline = options.deadline,
                     .arrived = [&outcome](const Arrival& arrival) { outcome.take(arrival); }});
  if (options.sequences) {
    if (const Status heard = arrivals.listen(); !heard) {
      return unreachable("send --wait delivered", heard.error());
    }
  }
  SendEvents events = events_on(line);
  events.numbered = [&arrivals](const std::string& file, std::uint64_t number, Sequence sequence) {
    arrivals.expect(sequence, file, number);
  };
  const SendReport report = send_records(std::move(*socket), given.files, events, options);
  line.clear();
  const int status = conclude(report, sockets->records);
  return options.sequences && arrivals.left() > 0 ? wait_for_arrival(arrivals, outcome, status) : status;
}

}  // namespace

void add_send_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("send", "Hand records to the running daemon and wait until they are durable");
  auto given = std::make_shared<SendArguments>();
  command->add_option("-s,--socket", given->socket, "The daemon's socket; else as the configuration says")
      ->type_name("PATH");
  add_config_option(*command, given->config);
  add_control_option(*command, given->control);
  command
      ->add_option(
          "--wait", given->wait,
          "For what: durable, or delivered: until the API has answered for each, and show its answers (asks the "
          "control socket: as root, or the daemon's own user)")
      ->check(CLI::IsMember({"durable", "delivered"}))
      ->capture_default_str()
      ->type_name("WHAT");
  command->add_flag("--retry", given->retry,
                    "Wait for a daemon that is not there or goes away, and go on with the next one; a record whose "
                    "acknowledgement was lost is sent again");
  command->add_option("--timeout", given->timeout, "Give up after this time, e.g. 30s; else never")
      ->check([](const std::string& text) {
        const auto read = parse_duration(text);
        return read ? std::string() : read.error().message;
      })
      ->type_name("TIME");
  command->add_option("files", given->files, "NDJSON, a JSON array, or JSON objects; - or none: stdin")
      ->type_name("FILE");
  command->footer(
      "Exit status: 0 all are durable (or delivered); 1 some were refused, by the daemon or by the API; 75 the daemon "
      "is "
      "not\nreachable, went away, or has no room, or --timeout is over: what was not answered is not known to be "
      "safe.");
  command->callback([given, &exit_status] {
    if (given->files.empty()) {
      given->files.emplace_back("-");
    }
    exit_status = run_send(*given);
  });
}

}  // namespace respand::cli
