#include "cli/program.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/terminal_filter.h"
#include "cli/usage.h"
#include "respand/base/text.h"
#include "respand/base/version.h"

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
  app.set_version_flag("-V,--version", cat("respand ", kVersion), "Print the version and exit; `version` says more");
  app.footer(
      "Exit status: 0 done; 1 failed; 64 bad command line; 75 the daemon is not reachable or has no room: try again;\n"
      "78 bad configuration, or a journal of a newer version.");
  int exit_status = kDone;
  add_run_command(app, exit_status);
  add_check_command(app, exit_status);
  add_costs_command(app, exit_status);
  add_send_command(app, exit_status);
  add_status_command(app, exit_status);
  add_health_command(app, exit_status);
  add_doctor_command(app, exit_status);
  add_flare_command(app, exit_status);
  add_reload_command(app, exit_status);
  add_top_command(app, exit_status);
  add_tap_command(app, exit_status);
  add_dead_letters_command(app, exit_status);
  add_journal_command(app, exit_status);
  add_nats_command(app, exit_status);
  add_sink_command(app, exit_status);
  add_test_command(app, exit_status);
  add_dev_command(app, exit_status);
  add_completion_command(app, exit_status);
  add_version_command(app, exit_status);
  const std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == "help") {
    return print_help(app, std::span(words).subspan(1)) ? kDone : kBadCommandLine;
  }
  if (!names_a_command(app, words)) {
    return kBadCommandLine;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {
    return app.exit(wish);
  } catch (const CLI::ParseError& failure) {
    complain(app, failure);
    return kBadCommandLine;
  } catch (const std::exception& failure) {
    std::cerr << "respand: " << failure.what() << '\n';
    return kFailed;
  }
  return exit_status;
}

}  // namespace respand::cli
