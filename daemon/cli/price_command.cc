// `respand costs price`: what a model costs, and why.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "app/price_list.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

std::string dollars(const record::Decimal& value) {
  std::string text(record::kDecimalSize, '\0');
  text.resize(record::put_decimal(value, text.data()));
  return text;
}

void say_rule(const record::PriceTable::Found& found, const std::string& model, const std::string& provider) {
  std::cout << "because: ";
  if (found.with_provider) {
    std::cout << "the provider " << provider << " has its own price for it";
  } else if (found.prefix.empty() && found.date.empty()) {
    std::cout << "the list has this name as it is";
  } else {
    std::cout << "the list has no " << model;
  }
  if (!found.prefix.empty()) {
    std::cout << "; the provider in front (" << found.prefix << ") was left off";
  }
  if (!found.date.empty()) {
    std::cout << "; the date at the end (" << found.date << ") was left off"
              << (found.latest ? ", and the list has the model as -latest" : "");
  }
  std::cout << '\n';
}

int say_price(const std::string& model, const std::string& provider, const config::Config& config) {
  const config::LoadedPrices own = config::load_prices(config, config::Environment::process());
  for (const config::Problem& problem : own.problems) {
    std::cerr << "error: " << problem.to_string() << '\n';
  }
  if (!own.problems.empty()) {
    return kBadConfiguration;
  }
  const auto table = app::price_table(own.prices);
  const record::PriceTable::Found found = table->find(provider, model);
  if (found.price == nullptr) {
    std::cerr << "respand: no price for '" << printable(model, 80)
              << "': neither under this name, nor without a known provider in front, nor without a date at its end\n"
                 "Give it one in "
              << config.records.prices << ": models: {\"" << printable(model, 80)
              << "\": {prompt: …, completion: …}} (US dollars per million tokens)\n";
    return kFailed;
  }
  const record::Price& price = *found.price;
  std::cout << price.name << ", US dollars per million tokens\n"
            << "prompt        " << dollars(price.prompt) << '\n'
            << "completion    " << (price.completion ? dollars(*price.completion) : "none") << '\n'
            << "cached prompt " << dollars(price.cached_prompt) << '\n'
            << "cache write   " << dollars(price.cache_write) << '\n'
            << "from: " << (price.built_in ? "the built-in list (genai-prices, August 2026)" : config.records.prices)
            << '\n';
  say_rule(found, model, provider);
  return kDone;
}

}  // namespace

void add_price_command(CLI::App& costs, int& exit_status) {
  struct Options {
    std::string file;
    std::string model;
    std::string provider;
  };
  auto* const command = costs.add_subcommand("price", "Say what a model costs, and by which rule its price was found");
  auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "The model as records name it")->required()->type_name("MODEL");
  command->add_option("--provider", options->provider, "The provider that records name beside it")->type_name("NAME");
  command->add_option("-c,--config", options->file, "Configuration file")->type_name("FILE");
  command->callback([options, &exit_status] {
    const auto config = load_places(options->file);
    exit_status = config ? say_price(options->model, options->provider, *config) : kBadConfiguration;
  });
}

}  // namespace respand::cli
