#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/commands.h"
#include "respand/base/version.h"
#include "respand/http/client.h"

namespace respand::cli {

void add_version_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("version", "Print the version, the build and the libraries");
  command->callback([&exit_status] {
    http::start_library();
    std::cout << "respand " << kVersion << '\n'
              << "built with " << RESPAND_COMPILER << ", " << RESPAND_BUILD_TYPE << '\n'
              << http::library_version() << '\n';
    exit_status = 0;
  });
}

}  // namespace respand::cli
