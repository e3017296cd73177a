// `respand costs price`: what a model costs, and why. `respand costs prices --check`: what another list would change.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/price_changes.h"
#include "cli/program.h"
#include "cli/time_range.h"
#include "record/price_entry.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/config/prices.h"
#include "respand/record/prices.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 1> kPriceKeys = {"records.prices"};

struct Options {
  std::string file;
  std::string model;
  std::string answer;
  std::string provider;
  std::string at;
  std::string tier;
  std::string geography;
};

// The configuration's price lists; none after printing what is wrong with one.
std::optional<std::vector<config::PriceList>> own_lists(const config::Config& config) {
  config::LoadedPrices own = config::load_prices(config, config::Environment::process());
  for (const config::Problem& problem : own.problems) {
    std::cerr << "error: " << problem.to_string() << '\n';
  }
  return own.problems.empty() ? std::optional(std::move(own.lists)) : std::nullopt;
}

void say_rates(const record::RateSet& rates) {
  if (rates.rates.empty()) {
    std::cout << "free\n";
  }
  std::vector<const record::Rate*> sorted;
  for (const record::Rate& rate : rates.rates) {
    sorted.push_back(&rate);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->unit < b->unit; });
  for (const record::Rate* const rate : sorted) {
    const std::string name = rate_name(rate->unit);
    std::cout << name << std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') << rate_text(*rate) << '\n';
  }
}

int say_none(const Options& options, const std::vector<std::string>& steps, const config::Config& config) {
  std::cerr << "respand: no price for '" << printable(options.model, 80) << "'\n";
  for (const std::string& step : steps) {
    std::cerr << "  " << step << '\n';
  }
  std::cerr << "Give it one in "
            << (config.records.prices.empty() ? std::string("a file of records.prices") : config.records.prices.back())
            << ": models: {\"" << printable(options.model, 80)
            << "\": {prompt: …, completion: …}} (US dollars per million tokens)\n";
  return kFailed;
}

int say_price(const Options& options, const config::Config& config) {
  const WallTime now = system_clock().wall();
  const auto at = options.at.empty() ? Result<WallTime>(now) : parse_when(options.at, now);
  if (!at) {
    std::cerr << "respand: --at: " << at.error().message << '\n';
    return kBadCommandLine;
  }
  const auto own = own_lists(config);
  if (!own) {
    return kBadConfiguration;
  }
  const record::PriceTable table(*own);
  const record::ModelReference model{
      .provider = options.provider, .model = options.model, .answer_model = options.answer};
  const record::PriceEntry* const entry = table.entry(model);
  const std::vector<std::string> steps = table.explain(model);
  if (entry == nullptr) {
    return say_none(options, steps, config);
  }
  const record::RateSet* const rates =
      record::rates_for(*entry, {.time = *at, .service_tier = options.tier, .geography = options.geography});
  const std::string name = entry->provider.empty() ? entry->model : cat(entry->provider, "/", entry->model);
  if (rates == nullptr) {
    std::cerr << "respand: " << name << " has no price for "
              << (options.tier.empty() ? cat("the geography '", printable(options.geography, 40), "'")
                                       : cat("the service tier '", printable(options.tier, 40), "'"))
              << '\n';
    return kFailed;
  }
  std::cout << name << ", US dollars per million tokens (searches, requests: per thousand), at " << iso8601(*at)
            << '\n';
  say_rates(*rates);
  const std::string& source = table.source_of(*entry);
  std::cout << "from: " << table.file_of(*entry) << (entry->line > 0 ? cat(", line ", entry->line) : std::string())
            << (source.empty() ? std::string() : cat(" (", source, ")")) << "\nbecause:\n";
  for (const std::string& step : steps) {
    std::cout << "  " << step << '\n';
  }
  return kDone;
}

int check_list(const std::string& list, const config::Config& config) {
  const auto text = config::Environment::process().read_file(list);
  if (!text) {
    std::cerr << "respand: " << text.error().message << '\n';
    return kFailed;
  }
  config::LoadedPrices checked = config::load_prices(*text, list);
  for (const config::Problem& problem : checked.problems) {
    std::cerr << "error: " << problem.to_string() << '\n';
  }
  const auto own = own_lists(config);
  if (!checked.problems.empty() || !own) {
    return kBadConfiguration;
  }
  std::vector<config::PriceList> with = *own;
  std::move(checked.lists.begin(), checked.lists.end(), std::back_inserter(with));
  std::cout << describe_changes(record::PriceTable(*own), record::PriceTable(with), system_clock().wall());
  return kDone;
}

}  // namespace

void add_price_command(CLI::App& costs, int& exit_status) {
  auto* const command = costs.add_subcommand("price", "Say what a model costs, and by which rules its price was found");
  auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "The model as records name it")->required()->type_name("MODEL");
  command->add_option("--provider", options->provider, "The provider that records name beside it")->type_name("NAME");
  command->add_option("--answer", options->answer, "The model that the provider's answer names")->type_name("MODEL");
  command->add_option("--at", options->at, "When the call was; now where not given")->type_name("TIME");
  command->add_option("--tier", options->tier, "The service tier: batch, flex, priority …")->type_name("NAME");
  command->add_option("--geography", options->geography, "Where the call was, as the answer says")->type_name("NAME");
  command->add_option("-c,--config", options->file, "Configuration file")->type_name("FILE");
  command->callback([options, &exit_status] {
    const auto config = load_places(options->file, kPriceKeys);
    exit_status = config ? say_price(*options, *config) : kBadConfiguration;
  });
}

void add_prices_command(CLI::App& costs, int& exit_status) {
  auto* const command = costs.add_subcommand("prices", "Say what another price list would change");
  auto file = std::make_shared<std::string>();
  auto list = std::make_shared<std::string>();
  command
      ->add_option(
          "--check", *list,
          "A price list: respand's own form, genai-prices' v2 data or LiteLLM's; as the last of records.prices")
      ->required()
      ->type_name("FILE");
  command->add_option("-c,--config", *file, "Configuration file")->type_name("FILE");
  command->callback([file, list, &exit_status] {
    const auto config = load_places(*file, kPriceKeys);
    exit_status = config ? check_list(*list, *config) : kBadConfiguration;
  });
}

}  // namespace respand::cli
