#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <string_view>
#include <utility>

#include "cli/commands.h"
#include "cli/commit.h"
#include "cli/version_text.h"
#include "respand/base/text.h"
#include "respand/base/version.h"
#include "respand/http/client.h"

namespace respand::cli {
namespace {

// The versions that the build found. Only libcurl is asked at run time: security updates are mostly about it.
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

std::string version_text() {
  http::start_library();
  std::string text = cat("respand ", kVersion, ", commit ", kCommit, "\nbuilt with ", RESPAND_COMPILER, ", ",
                         RESPAND_BUILD_TYPE, "\n", http::library_version(), "\n");
  std::string libraries;
  for (const auto& [name, version] : kLibraries) {
    libraries += cat(libraries.empty() ? "" : " ", name, "/", version.empty() ? "unknown" : version);
  }
  return cat(text, libraries, "\n");
}

void add_version_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("version", "Print the version, the build and the libraries");
  command->callback([&exit_status] {
    std::cout << version_text();
    exit_status = 0;
  });
}

}  // namespace respand::cli
