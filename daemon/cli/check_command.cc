#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/program.h"
#include "ingest/spool_check.h"

namespace respand::cli {
namespace {

// Who runs the daemon: whoever asks, but for root where the package has made a user for it.
uid_t daemon_user() {
  const passwd* const made = ::geteuid() == 0 ? ::getpwnam("respand") : nullptr;
  return made != nullptr ? made->pw_uid : ::geteuid();
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_status) {
  struct Options {
    std::string file = kDefaultConfigFile;
    bool print = false;
  };
  auto* const command =
      app.add_subcommand("check", "Validate a configuration; says every mistake with line and column");
  auto options = std::make_shared<Options>();
  command->add_option("-c,--config", options->file, "Configuration file")->capture_default_str()->type_name("FILE");
  command->add_flag("--print", options->print, "Print the effective configuration, defaults included, the key masked");
  // What is wrong with the directory itself holds files up, however good the configuration is.
  const auto look_at_spool = [](const config::Spool& spool) {
    if (!spool.directory_given && ::access(spool.directory.c_str(), F_OK) != 0) {
      return;
    }
    for (const ingest::SpoolProblem& problem : ingest::find_spool_problems(spool.directory, daemon_user())) {
      std::cerr << "warning: spool.directory: " << problem.what << "; " << problem.remedy << '\n';
    }
  };
  command->callback([options, look_at_spool, &exit_status] {
    const auto config = load_configuration(options->file);
    if (!config) {
      exit_status = kBadConfiguration;
      return;
    }
    if (options->print) {
      std::cout << config::print(*config);
    } else {
      std::cout << options->file << ": good; records go to " << config->api.create_url() << " with the key from "
                << config->api.key_origin << '\n';
    }
    look_at_spool(config->spool);
  });
}

}  // namespace respand::cli
