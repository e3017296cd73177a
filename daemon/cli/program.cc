#include "cli/program.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>

#include "cli/commands.h"
#include "cli/terminal_filter.h"
#include "respand/base/text.h"

namespace respand::cli {

int run_program(int argc, char** argv) {
  std::optional<TerminalFilter> out;
  std::optional<TerminalFilter> err;
  if (::isatty(STDOUT_FILENO) == 1) {
    out.emplace(std::cout);
  }
  if (::isatty(STDERR_FILENO) == 1) {
    err.emplace(std::cerr);
  }
  CLI::App app(
      "respand ships completion records of language-model calls to Respan: durable on this host first, then posted\n"
      "to request-logs/create/ until they arrive.",
      "respand");
  app.require_subcommand(1);
  app.footer(
      "Exit status: 0 done; 1 failed; 64 bad command line; 75 the daemon is not reachable or has no room: try again;\n"
      "78 bad configuration, or a journal of a newer version.");
  int exit_status = kDone;
  add_run_command(app, exit_status);
  add_check_command(app, exit_status);
  add_costs_command(app, exit_status);
  add_send_command(app, exit_status);
  add_status_command(app, exit_status);
  add_reload_command(app, exit_status);
  add_top_command(app, exit_status);
  add_tap_command(app, exit_status);
  add_dead_letters_command(app, exit_status);
  add_journal_command(app, exit_status);
  add_sink_command(app, exit_status);
  add_version_command(app, exit_status);
  const auto named = [&](const CLI::App* command) { return command->check_name(argv[1]); };
  if (argc > 1 && argv[1][0] != '-' && std::as_const(app).get_subcommands(named).empty()) {
    std::cerr << "respand: unknown command '" << printable(argv[1], 40) << "'; respand --help lists the commands\n";
    return kBadCommandLine;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? kDone : kBadCommandLine;
  } catch (const std::exception& failure) {
    std::cerr << "respand: " << failure.what() << '\n';
    return kFailed;
  }
  return exit_status;
}

}  // namespace respand::cli
