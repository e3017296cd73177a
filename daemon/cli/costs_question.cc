#include "cli/costs_question.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "cli/options.h"
#include "respand/base/clock.h"

namespace respand::cli {

bool CostsOptions::since_is_given() const { return since_option != nullptr && since_option->count() > 0; }

bool CostsOptions::range_is_given() const {
  return since_is_given() || (until_option != nullptr && until_option->count() > 0);
}

bool CostsOptions::needs_rows() const {
  return model || provider || customer || environment || (zone_option != nullptr && zone_option->count() > 0);
}

void add_question_options(CLI::App& command, CostsOptions& options) {
  auto* const by = command
                       .add_option("--by", options.by,
                                   "model, provider, customer, environment, route, key, month, day, hour, a name of "
                                   "costs.dimensions such as host; several: "
                                   "--by day,model (model)")
                       ->delimiter(',')
                       ->type_name("WHAT");
  add_values(*by, "model,provider,customer,environment,route,key,host,month,day,hour");
  options.since_option =
      command.add_option("--since", options.since, "From then on: a duration (24h, 7d, 2w), a date, a time")
          ->capture_default_str()
          ->type_name("WHEN");
  options.until_option =
      command.add_option("--until", options.until, "Up to then")->capture_default_str()->type_name("WHEN");
  options.zone_option =
      command
          .add_option(
              "--tz", options.zone,
              "The time zone of months, days and hours, and of times that name none: UTC, local, Europe/Berlin, +02:00")
          ->capture_default_str()
          ->type_name("ZONE");
  command.add_option("--model", options.model, "Only calls of this model")->type_name("NAME");
  command.add_option("--provider", options.provider, "Only calls of this provider")->type_name("NAME");
  command.add_option("--customer", options.customer, "Only calls for this customer")->type_name("NAME");
  command.add_option("--environment", options.environment, "Only calls in this environment")->type_name("NAME");
  command.add_option("--top", options.top, "The dearest N rows, and one for the rest")->type_name("N");
}

std::optional<TimeZone> parse_zone(std::string_view who, const CostsOptions& options) {
  auto zone = TimeZone::named(options.zone);
  if (!zone) {
    std::cerr << who << ": --tz " << zone.error().message << '\n';
    return std::nullopt;
  }
  return std::move(*zone);
}

std::optional<HourRange> parse_range(std::string_view who, const CostsOptions& options, const TimeZone& zone) {
  const WallTime now = system_clock().wall();
  const auto since = parse_when(options.since, now, zone);
  const auto until = parse_when(options.until, now, zone);
  if (since && until && *since >= *until && !options.since_is_given()) {
    std::cerr << who << ": --until lies before --since (24h ago): give --since too\n";
    return std::nullopt;
  }
  const auto range =
      since && until ? hour_range(*since, *until) : Result<HourRange>(since ? until.error() : since.error());
  if (!range) {
    std::cerr << who << ": " << range.error().message << '\n';
    return std::nullopt;
  }
  return *range;
}

std::optional<ledger::Axis> common_axis(std::string_view word) {
  const auto known = std::find(ledger::kByWords.begin(), ledger::kByWords.end(), word);
  if (known != ledger::kByWords.end()) {
    return ledger::Axis(static_cast<ledger::By>(known - ledger::kByWords.begin()));
  }
  if (word == ledger::kRouteDimension || word == ledger::kKeyDimension) {
    return ledger::Axis(std::string(word));
  }
  return std::nullopt;
}

void add_axis(std::vector<ledger::Axis>& axes, ledger::Axis axis) {
  if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
    axes.push_back(std::move(axis));
  }
}

ledger::Question question_of(const CostsOptions& options, const HourRange& range, const std::vector<ledger::Axis>& by,
                             const TimeZone& zone) {
  return {.from = range.from,
          .to = range.to,
          .by = by,
          .match = {options.model, options.provider, options.customer, options.environment},
          .calendar = [&zone](std::int64_t hour) { return zone.show(ledger::time_of(hour)); }};
}

}  // namespace respand::cli
