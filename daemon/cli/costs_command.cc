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
#include "cli/costs_table.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/time_range.h"
#include "cli/time_zone.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 2> kCostsKeys = {"costs.directory", "costs.dimensions"};

struct CostsArguments {
  std::string config;
  std::vector<std::string> by;
  std::string since = "24h";
  std::string until = "now";
  bool since_is_given = false;
  std::string zone = "UTC";
  std::optional<std::string> model;
  std::optional<std::string> provider;
  std::optional<std::string> customer;
  std::optional<std::string> environment;
  std::size_t top = 0;
  CostsForm form;
};

// The axes by which rows are grouped (--by); none after printing what is wrong.
std::optional<std::vector<ledger::Axis>> parse_by(const std::vector<std::string>& words,
                                                  const std::vector<std::string>& dimensions) {
  std::vector<ledger::Axis> all;
  for (const std::string& word : words) {
    const bool way = word == ledger::kRouteDimension || word == ledger::kKeyDimension;
    const auto known = std::find(ledger::kByWords.begin(), ledger::kByWords.end(), word);
    const auto dimension = std::find_if(dimensions.begin(), dimensions.end(), [&](const std::string& pointer) {
      return word == pointer || word == config::dimension_name(pointer);
    });
    if (!way && known == ledger::kByWords.end() && dimension == dimensions.end()) {
      std::string own;
      for (const std::string& pointer : dimensions) {
        own += cat(", ", config::dimension_name(pointer));
      }
      std::cerr << "respand costs: --by " << printable(word, 40)
                << ": known are model, provider, customer, environment, route, key, month, day and hour" << own
                << "; to tell records apart by a field of theirs, name it in costs.dimensions, e.g. /metadata/team\n";
      return std::nullopt;
    }
    const ledger::Axis axis = known != ledger::kByWords.end()
                                  ? ledger::Axis(static_cast<ledger::By>(known - ledger::kByWords.begin()))
                              : way ? ledger::Axis(word)
                                    : ledger::Axis(config::dimension_name(*dimension));
    if (std::find(all.begin(), all.end(), axis) == all.end()) {
      all.push_back(axis);
    }
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

// The hours that are asked for; none after printing what is wrong.
std::optional<HourRange> parse_range(const CostsArguments& given, const TimeZone& zone) {
  const WallTime now = system_clock().wall();
  const auto since = parse_when(given.since, now, zone);
  const auto until = parse_when(given.until, now, zone);
  if (since && until && *since >= *until && !given.since_is_given) {
    std::cerr << "respand costs: --until lies before --since (24h ago): give --since too\n";
    return std::nullopt;
  }
  const auto range =
      since && until ? hour_range(*since, *until) : Result<HourRange>(since ? until.error() : since.error());
  if (!range) {
    std::cerr << "respand costs: " << range.error().message << '\n';
    return std::nullopt;
  }
  return *range;
}

int run_costs(const CostsArguments& given) {
  const auto zone = TimeZone::named(given.zone);
  if (!zone) {
    std::cerr << "respand costs: --tz " << zone.error().message << '\n';
    return kBadCommandLine;
  }
  const auto range = parse_range(given, *zone);
  if (!range) {
    return kBadCommandLine;
  }
  const auto config = load_places(given.config, kCostsKeys);
  if (!config) {
    return kBadConfiguration;
  }
  const auto by = parse_by(given.by, config->costs.dimensions);
  if (!by) {
    return kBadCommandLine;
  }
  const auto report = ledger::read_report(
      config->costs.directory, {.from = range->from,
                                .to = range->to,
                                .by = *by,
                                .match = {given.model, given.provider, given.customer, given.environment},
                                .calendar = [&zone](std::int64_t hour) { return zone->show(ledger::time_of(hour)); }});
  if (!report) {
    std::cerr << "respand costs: " << report.error().message << what_to_do(report.error().code) << '\n';
    return kFailed;
  }
  Costs costs = arrange(*report, *by, given.top);
  costs.since = ledger::time_of(range->from);
  costs.until = ledger::time_of(range->to);
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
  auto* const by = command
                       ->add_option("--by", given->by,
                                    "model, provider, customer, environment, route, key, month, day, hour, a name of "
                                    "costs.dimensions; several: "
                                    "--by day,model (model)")
                       ->delimiter(',')
                       ->type_name("WHAT");
  add_values(*by, "model,provider,customer,environment,route,key,month,day,hour");
  auto* const since =
      command->add_option("--since", given->since, "From then on: a duration (24h, 7d, 2w), a date, a time")
          ->capture_default_str()
          ->type_name("WHEN");
  command->add_option("--until", given->until, "Up to then")->capture_default_str()->type_name("WHEN");
  command
      ->add_option(
          "--tz", given->zone,
          "The time zone of months, days and hours, and of times that name none: UTC, local, Europe/Berlin, +02:00")
      ->capture_default_str()
      ->type_name("ZONE");
  command->add_option("--model", given->model, "Only calls of this model")->type_name("NAME");
  command->add_option("--provider", given->provider, "Only calls of this provider")->type_name("NAME");
  command->add_option("--customer", given->customer, "Only calls for this customer")->type_name("NAME");
  command->add_option("--environment", given->environment, "Only calls in this environment")->type_name("NAME");
  command->add_option("--top", given->top, "The dearest N rows, and one for the rest")->type_name("N");
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
  command->callback([command, given, since, &exit_status] {
    if (!command->get_subcommands().empty()) {
      return;
    }
    if (given->by.empty()) {
      given->by.emplace_back("model");
    }
    given->since_is_given = since->count() > 0;
    exit_status = run_costs(*given);
  });
}

}  // namespace respand::cli
