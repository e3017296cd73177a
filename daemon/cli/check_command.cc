#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/program.h"

namespace respand::cli {

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
  command->callback([options, &exit_status] {
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
  });
}

}  // namespace respand::cli
