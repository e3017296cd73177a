#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/daemon.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/program.h"
#include "respand/base/log.h"

namespace respand::cli {

namespace {

int run(const std::string& file) {
  const auto config = load_configuration(file);
  if (!config) {
    return kBadConfiguration;
  }
  log::start(config->log.level, config->log.format);
  const Status ended = app::run_daemon(*config, file);
  if (!ended) {
    log::error("respand can't start", {{"why", ended.error().message}});
    return kFailed;
  }
  return kDone;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("run", "Run the daemon in the foreground; it logs to stderr");
  auto file = std::make_shared<std::string>(kDefaultConfigFile);
  command->add_option("-c,--config", *file, "Configuration file")->capture_default_str()->type_name("FILE");
  command->footer(
      "SIGTERM and SIGINT: stop taking records, finish what is in flight (delivery.drain_timeout), stop.\n"
      "SIGHUP: read the configuration and the key again; a bad file keeps the old one.");
  command->callback([file, &exit_status] { exit_status = run(*file); });
}

}  // namespace respand::cli
