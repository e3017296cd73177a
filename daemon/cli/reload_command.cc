// `respand reload`: asks the running daemon to read its configuration again, and says what is wrong with it.
// ExecReload= of respand.service.

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/program.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 1> kReloadKeys = {"control.path"};

struct ReloadArguments {
  std::string config;
  std::string control;
};

int run_reload(const ReloadArguments& given) {
  // Mistakes in the file are left to the daemon, which reads it with its own environment and rights.
  const Places places = places_despite_mistakes(given.config, kReloadKeys);
  const std::string& path = given.control.empty() ? places.config.control.path : given.control;
  const auto answer = ask_daemon(path, "POST", "/reload");
  if (answer) {
    std::ostream& out = answer->status == 200 ? std::cout : std::cerr;
    out << answer->body;
    return answer->status == 200 ? kDone : kFailed;
  }
  // The daemon was not found. A mistake in the file may be the reason: it says where the control socket is.
  for (const config::Problem& problem : places.problems) {
    std::cerr << problem.to_string() << '\n';
  }
  const int status = unreachable("reload", answer.error());
  return places.problems.empty() ? status : kFailed;
}

}  // namespace

void add_reload_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("reload", "Make the running daemon read its configuration, key and prices again");
  auto given = std::make_shared<ReloadArguments>();
  add_config_option(*command, given->config);
  add_control_option(*command, given->control);
  command->footer(
      "What can change while the daemon runs changes between two records, all of it or, where there is a mistake,\n"
      "nothing. A wait that the API has asked for (Retry-After) is over.\n"
      "Exit status: 0 reloaded; 1 the file has mistakes, each is named with its line and column, and the old\n"
      "configuration stays; 75 the daemon is not reachable.");
  command->callback([given, &exit_status] { exit_status = run_reload(*given); });
}

}  // namespace respand::cli
