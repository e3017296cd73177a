#include "cli/costs_form.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <iostream>

#include "cli/terminal.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// The number of columns of the terminal; 0 where stdout is no terminal.
std::size_t terminal_width() {
  if (const char* const columns = std::getenv("COLUMNS")) {  // NOLINT(concurrency-mt-unsafe): one thread
    const std::string_view text(columns);
    std::size_t width = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), width).ec == std::errc{} && width > 0) {
      return width;
    }
  }
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1) {
    return 0;
  }
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

void add_form_options(CLI::App& command, CostsForm& form) {
  auto* const json = command.add_flag("--json", form.json, "As JSON, amounts exact");
  command.add_flag("--csv", form.csv, "As CSV, amounts exact")->excludes(json);
}

void show_costs(const Costs& costs, const CostsForm& form) {
  if (form.json) {
    std::cout << costs_json(costs);
  } else if (form.csv) {
    std::cout << costs_csv(costs);
  } else if (costs.rows.empty()) {
    std::cout << "no records from " << iso8601(costs.since).substr(0, 16) << "Z to "
              << iso8601(costs.until).substr(0, 16) << "Z\n";
  } else {
    const bool utf8 = shows_utf8(::isatty(STDOUT_FILENO) != 1);  // a file takes everything
    std::cout << costs_table(costs, {terminal_width(), utf8}) << costs_footer(costs, utf8);
  }
  std::cout.flush();
}

}  // namespace respand::cli
