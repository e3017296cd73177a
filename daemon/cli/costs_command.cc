// `respand costs`: what this host's calls cost, from the ledger's file; beside a running daemon or without one.

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/costs_table.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/time_range.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 1> kPlaces = {"costs.directory"};

struct Given {
  std::string config;
  std::vector<std::string> by;
  std::string since = "24h";
  std::string until = "now";
  std::size_t top = 0;
  bool json = false;
  bool csv = false;
};

// Columns of the terminal; 0 where stdout is none.
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

// As the locale's variables say, in the order in which they count; a file takes everything.
bool shows_utf8() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    if (value != nullptr && *value != '\0') {
      const std::string_view text(value);
      return text.find("UTF-8") != std::string_view::npos || text.find("utf8") != std::string_view::npos;
    }
  }
  return ::isatty(STDOUT_FILENO) != 1;
}

// What rows are told apart by; nothing after saying what is wrong.
std::optional<std::vector<ledger::By>> parse_by(const std::vector<std::string>& words) {
  std::vector<ledger::By> all;
  for (const std::string& word : words) {
    const auto known = std::find(ledger::kByWords.begin(), ledger::kByWords.end(), word);
    if (known == ledger::kByWords.end()) {
      std::cerr << "respand costs: --by " << printable(word, 40)
                << ": known are model, provider, customer, environment, day and hour\n";
      return std::nullopt;
    }
    const auto by = static_cast<ledger::By>(known - ledger::kByWords.begin());
    if (std::find(all.begin(), all.end(), by) == all.end()) {
      all.push_back(by);
    }
  }
  return all;
}

void show(const Given& given, const Costs& costs) {
  if (given.json) {
    std::cout << costs_json(costs);
  } else if (given.csv) {
    std::cout << costs_csv(costs);
  } else if (costs.rows.empty()) {
    std::cout << "no records from " << iso8601(costs.since).substr(0, 16) << "Z to "
              << iso8601(costs.until).substr(0, 16) << "Z\n";
  } else {
    std::cout << costs_table(costs, {terminal_width(), shows_utf8()});
  }
  std::cout.flush();
}

const char* what_to_do(ErrorCode code) {
  if (code == ErrorCode::kNotFound) {
    return ": it is made by `respand run`; is costs.directory of that configuration meant (--config)?";
  }
  return code == ErrorCode::kCorrupt
             ? "; `respand run` sets a broken ledger aside at its next start and makes it anew from the journal"
             : "";
}

int run_costs(const Given& given) {
  const auto by = parse_by(given.by);
  if (!by) {
    return kBadCommandLine;
  }
  const WallTime now = system_clock().wall();
  const auto since = parse_when(given.since, now);
  const auto until = parse_when(given.until, now);
  auto range = since && until ? hour_range(*since, *until) : Result<HourRange>(since ? until.error() : since.error());
  if (!range) {
    std::cerr << "respand costs: " << range.error().message << '\n';
    return kBadCommandLine;
  }
  const auto config = load_places(given.config, kPlaces);
  if (!config) {
    return kBadConfiguration;
  }
  const auto report = ledger::read_report(config->costs.directory, range->from, range->to, *by);
  if (!report) {
    std::cerr << "respand costs: " << report.error().message << what_to_do(report.error().code) << '\n';
    return kFailed;
  }
  Costs costs = arrange(*report, *by, given.top);
  costs.since = ledger::time_of(range->from);
  costs.until = ledger::time_of(range->to);
  show(given, costs);
  if (report->missed > 0) {
    std::cerr << "respand costs: " << report->missed
              << " records could not be counted since this ledger was made: the journal had no room to keep them, or "
                 "they were damaged\n";
  }
  return std::cout.good() ? kDone : kFailed;
}

}  // namespace

void add_costs_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("costs", "What the calls of this host cost, by model, customer, day …");
  auto given = std::make_shared<Given>();
  add_config_option(*command, given->config);
  command
      ->add_option("--by", given->by,
                   "model, provider, customer, environment, day, hour; several: --by day,model (model)")
      ->delimiter(',')
      ->type_name("WHAT");
  command->add_option("--since", given->since, "From then on: a duration (24h, 7d), a date, a time")
      ->capture_default_str()
      ->type_name("WHEN");
  command->add_option("--until", given->until, "Up to then")->capture_default_str()->type_name("WHEN");
  command->add_option("--top", given->top, "The dearest N rows, and one for the rest")->type_name("N");
  auto* const json = command->add_flag("--json", given->json, "As JSON, amounts exact");
  command->add_flag("--csv", given->csv, "As CSV, amounts exact")->excludes(json);
  command->footer(
      "Times are UTC; the ledger counts by the hour in which a record was received, so the first and the last hour "
      "are\n"
      "whole ones. The table rounds to hundredths of a cent; its rows add up to the total. Percentiles of generation\n"
      "times are within 3.2 %. A running daemon is up to a second ahead of what is shown.");
  add_price_command(*command, exit_status);
  add_prices_command(*command, exit_status);
  command->callback([command, given, &exit_status] {
    if (!command->get_subcommands().empty()) {
      return;
    }
    if (given->by.empty()) {
      given->by.emplace_back("model");
    }
    exit_status = run_costs(*given);
  });
}

}  // namespace respand::cli
