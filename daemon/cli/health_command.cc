// `respand health`: whether all is well, as one line and an exit status, for scripts and container health checks.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

struct HealthArguments {
  std::string config;
  std::string control;
  bool intake = false;
};

// The first line, and how many more there are.
std::string one_line(std::string_view page) {
  const std::string_view first = page.substr(0, page.find('\n'));
  const auto lines = std::count(page.begin(), page.end(), '\n');
  return lines > 1 ? cat(first, " (and ", lines - 1, " more: respand status)") : std::string(first);
}

int run_health(const HealthArguments& given) {
  const auto path = control_path(given.control, given.config);
  if (!path) {
    return kBadConfiguration;
  }
  const auto answer = ask_daemon(*path, "GET", given.intake ? "/readyz/intake" : "/readyz");
  if (!answer) {
    return unreachable("health", answer.error());
  }
  const bool well = answer->status == 200;
  (well ? std::cout : std::cerr) << (well ? "ready" : one_line(answer->body)) << '\n';
  return well ? kDone : kFailed;
}

}  // namespace

void add_health_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("health", "Whether all is well: one line and an exit status, for scripts");
  auto given = std::make_shared<HealthArguments>();
  add_config_option(*command, given->config);
  add_control_option(*command, given->control);
  command->add_flag("--intake", given->intake,
                    "Only whether records can be taken: that they can't be delivered now is no reason to restart");
  command->footer(
      "As GET /readyz, or GET /readyz/intake, says it. A container's health check wants --intake.\n"
      "Exit status: 0 well; 1 not, the line says why; 75 the daemon is not reachable.");
  command->callback([given, &exit_status] { exit_status = run_health(*given); });
}

}  // namespace respand::cli
