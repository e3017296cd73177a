#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <string_view>
#include <utility>

#include "cli/commands.h"
#include "cli/commit.h"
#include "respand/base/version.h"
#include "respand/http/client.h"

namespace respand::cli {
namespace {

// As the build found them. libcurl, which is what security updates are most about, is asked itself.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kLibraries = {
    {{"Boost", RESPAND_BOOST},
     {"CLI11", CLI11_VERSION},
     {"prometheus-cpp", RESPAND_PROMETHEUS},
     {"RapidJSON", RESPAND_RAPIDJSON},
     {"SQLite", RESPAND_SQLITE},
     {"systemd", RESPAND_SYSTEMD},
     {"xxHash", RESPAND_XXHASH},
     {"yaml-cpp", RESPAND_YAML_CPP},
     {"zlib", RESPAND_ZLIB},
     {"zstd", RESPAND_ZSTD}}};

}  // namespace

void add_version_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("version", "Print the version, the build and the libraries");
  command->callback([&exit_status] {
    http::start_library();
    std::cout << "respand " << kVersion << ", commit " << kCommit << '\n'
              << "built with " << RESPAND_COMPILER << ", " << RESPAND_BUILD_TYPE << '\n'
              << http::library_version() << '\n';
    const char* between = "";
    for (const auto& [name, version] : kLibraries) {
      std::cout << between << name << '/' << (version.empty() ? "unknown" : version);
      between = " ";
    }
    std::cout << '\n';
    exit_status = 0;
  });
}

}  // namespace respand::cli
