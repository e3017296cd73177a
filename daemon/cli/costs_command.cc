// `respand costs`: what this host's calls cost, from the ledger's file. The daemon may run or not.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/costs_form.h"
#include "cli/costs_question.h"
#include "cli/costs_table.h"
#include "cli/options.h"
#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 2> kCostsKeys = {"costs.directory", "costs.dimensions"};

constexpr std::string_view kWho = "respand costs";

struct CostsArguments {
  std::string config;
  CostsOptions options;
  CostsForm form;
};

// The axes by which rows are grouped (--by); none after printing what is wrong.
std::optional<std::vector<ledger::Axis>> parse_by(const std::vector<std::string>& words,
                                                  const std::vector<std::string>& dimensions) {
  std::vector<ledger::Axis> all;
  for (const std::string& word : words) {
    if (auto axis = common_axis(word)) {
      add_axis(all, std::move(*axis));
      continue;
    }
    const auto dimension = std::find_if(dimensions.begin(), dimensions.end(), [&](const std::string& one) {
      return word == one || word == config::dimension_name(one);
    });
    if (dimension == dimensions.end()) {
      std::string own;
      for (const std::string& one : dimensions) {
        own += cat(", ", config::dimension_name(one));
      }
      std::cerr << kWho << ": --by " << printable(word, 40)
                << ": known are model, provider, customer, environment, route, key, month, day and hour" << own
                << (word == config::kHostDimension
                        ? "; records are told apart by host once costs.dimensions names host\n"
                        : "; to tell records apart by a field of theirs, name it in costs.dimensions, e.g. "
                          "/metadata/team\n");
      return std::nullopt;
    }
    add_axis(all, ledger::Axis(config::dimension_name(*dimension)));
  }
  return all;
}

const char* what_to_do(ErrorCode code) {
  if (code == ErrorCode::kNotFound) {
    return ": it is made by `respand run`; is costs.directory of that configuration meant (--config)?";
  }
  return code == ErrorCode::kCorrupt
             ? "; `respand run` sets a broken ledger aside at its next start and makes it anew from the journal"
             : "";
}

int run_costs(const CostsArguments& given) {
  const auto zone = parse_zone(kWho, given.options);
  const auto range = zone ? parse_range(kWho, given.options, *zone) : std::nullopt;
  if (!range) {
    return kBadCommandLine;
  }
  const auto config = load_places(given.config, kCostsKeys);
  if (!config) {
    return kBadConfiguration;
  }
  const auto by = parse_by(given.options.by, config->costs.dimensions);
  if (!by) {
    return kBadCommandLine;
  }
  const auto report = ledger::read_report(config->costs.directory, question_of(given.options, *range, *by, *zone));
  if (!report) {
    std::cerr << "respand costs: " << report.error().message << what_to_do(report.error().code) << '\n';
    return kFailed;
  }
  Costs costs = arrange(*report, *by, given.options.top);
  set_source(costs, *report, *range);
  show_costs(costs, given.form);
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
  auto given = std::make_shared<CostsArguments>();
  add_config_option(*command, given->config);
  add_question_options(*command, given->options);
  add_form_options(*command, given->form);
  command->footer(
      "The ledger counts by the hour (UTC) in which a record was received, so the first and the last hour are whole\n"
      "ones. The table rounds to hundredths of a cent; its rows add up to the total. Where records have no price the\n"
      "cost is at least what is shown (≥), or n/a. Percentiles of generation times are within 3.2 %. A running daemon "
      "is\n"
      "up to a second ahead of what is shown.");
  add_costs_merge_command(*command, exit_status);
  add_price_command(*command, exit_status);
  add_prices_command(*command, exit_status);
  command->callback([command, given, &exit_status] {
    if (!command->get_subcommands().empty()) {
      return;
    }
    if (given->options.by.empty()) {
      given->options.by.emplace_back("model");
    }
    exit_status = run_costs(*given);
  });
}

}  // namespace respand::cli
