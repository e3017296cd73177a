#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/daemon.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/program.h"
#include "cli/state_folder.h"
#include "respand/base/log.h"
#include "respand/base/log_output.h"
#include "respand/base/text.h"

namespace respand::cli {

namespace {

// How long the program waits at its end until the log is written: what is left of the second beyond
// delivery.drain_timeout.
constexpr Duration kLastLines = std::chrono::milliseconds{200};

// The exit status tells systemd whether to try again. A journal of a newer version will not become older, so it should
// not; a journal that is in use may be free soon, so it should.
int status_of(ErrorCode code) {
  if (code == ErrorCode::kUnsupported) {
    return kBadConfiguration;
  }
  return code == ErrorCode::kExists ? kTryAgain : kFailed;
}

// Prints why the daemon can't start, in the form that its log would have.
void refuse(log::Format format, std::string_view why) {
  if (format == log::Format::kJson) {
    log::say(format, log::Level::kError, "respand can't start", {{"why", why}});
  } else {
    std::cerr << "respand run: " << why << '\n';
  }
}

// False after printing which folders this user can't write to.
bool has_its_places(const config::Config& config) {
  const std::string keys = out_of_reach(config);
  if (keys.empty()) {
    return true;
  }
  const ::passwd* const user = ::getpwuid(::geteuid());  // NOLINT(concurrency-mt-unsafe): main thread
  refuse(config.log.format,
         cat("as ", user != nullptr ? std::string(user->pw_name) : cat("uid ", ::geteuid()),
             " these need other places: ", keys, "; or put all under one folder: respand run --state DIR"));
  return false;
}

int run_daemon(const std::string& file, const std::string& state) {
  const log::Format format = log_format(file);
  if (const Status ready = state.empty() ? Status() : use_state_folder(state); !ready) {
    refuse(format, cat("--state: ", ready.error().message));
    return kFailed;
  }
  const auto config = load_configuration(file, format);
  if (!config) {
    return kBadConfiguration;
  }
  if (!has_its_places(*config)) {
    return kFailed;
  }
  log::start(config->log.level, config->log.format);
  const Status ended = app::run_daemon(*config, file);
  if (!ended) {
    log::error("respand can't start", {{"why", ended.error().message}});
  }
  log::stop(kLastLines);
  return ended ? kDone : status_of(ended.error().code);
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("run", "Run the daemon in the foreground; it logs to stderr");
  auto file = std::make_shared<std::string>(kDefaultConfigFile);
  command->add_option("-c,--config", *file, "Configuration file")->capture_default_str()->type_name("FILE");
  auto state = std::make_shared<std::string>();
  command
      ->add_option(
          "--state", *state,
          "Keep all under this folder, whatever the configuration says: sockets, journal, spool, letters, costs")
      ->type_name("DIR");
  command->footer(
      "SIGTERM and SIGINT: stop taking records, finish what is in flight (delivery.drain_timeout), stop.\n"
      "SIGHUP: read the configuration and the key again; a bad file keeps the old one.\n"
      "Exit status: 0 stopped; 1 failed; 75 another process uses the journal or the socket; 78 bad configuration, or "
      "a\n"
      "journal that a newer version wrote: systemd does not try again.");
  command->callback([file, state, &exit_status] { exit_status = run_daemon(*file, *state); });
}

}  // namespace respand::cli
