#include "cli/options.h"

#include <CLI/CLI.hpp>

#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {

void add_config_option(CLI::App& command, std::string& file) {
  command.add_option("-c,--config", file, cat("Configuration file (", kDefaultConfigFile, ")"))->type_name("FILE");
}

void add_control_option(CLI::App& command, std::string& path) {
  command.add_option("--control", path, "The daemon's control socket; else as the configuration says")
      ->type_name("PATH");
}

}  // namespace respand::cli
