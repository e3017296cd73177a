// `respand status`: one look at the running daemon, as it tells it over its control socket.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

struct Given {
  std::string config;
  std::string control;
  bool json = false;
};

int run_status(const Given& given) {
  const auto path = control_path(given.control, given.config);
  if (!path) {
    return kBadConfiguration;
  }
  const auto answer = ask_daemon(*path, "GET", given.json ? "/status.json" : "/status");
  if (!answer) {
    return unreachable("status", answer.error());
  }
  std::cout << answer->body;
  return answer->status == 200 ? kDone : kFailed;
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("status", "One look at the running daemon: what is wrong, backlog, rates");
  auto given = std::make_shared<Given>();
  command->add_option("-c,--config", given->config, cat("Configuration file (", kDefaultConfigFile, ")"))
      ->type_name("FILE");
  command->add_option("--control", given->control, "The daemon's control socket; else as the configuration says")
      ->type_name("PATH");
  command->add_flag("--json", given->json, "One JSON object, for programs");
  command->callback([given, &exit_status] { exit_status = run_status(*given); });
}

}  // namespace respand::cli
