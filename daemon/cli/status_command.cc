// `respand status`: prints the running daemon's status, which it asks for over the control socket.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/program.h"

namespace respand::cli {
namespace {

struct StatusArguments {
  std::string config;
  std::string control;
  bool json = false;
};

int run_status(const StatusArguments& given) {
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
  auto given = std::make_shared<StatusArguments>();
  add_config_option(*command, given->config);
  add_control_option(*command, given->control);
  command->add_flag("--json", given->json, "One JSON object, for programs");
  command->footer(
      "Exit status: 0; 1 no record can be taken (the journal is full or can't be written); 75 the daemon is not "
      "reachable.");
  command->callback([given, &exit_status] { exit_status = run_status(*given); });
}

}  // namespace respand::cli
