#pragma once
// Reads price lists: respand's own two forms, genai-prices' v2 data and LiteLLM's list, told apart by what they hold.
// Main thread.

#include <string>
#include <string_view>
#include <vector>

#include "respand/config/config.h"
#include "respand/config/price_list.h"

namespace respand::config {

// What reading price lists gives.
struct LoadedPrices {
  std::vector<PriceList> lists;   // in the order of the files; meaningful only where `problems` is empty
  std::vector<Problem> problems;  // every mistake, in the order of the files and lines
};

// Reads one list: a JSON array is genai-prices', a JSON object with litellm_provider in it LiteLLM's; of YAML,
// `models:` is the form {NAME: {prompt: 0.20, completion: 0.60, cached_prompt: 0.02, cache_write: 0.25}}, US dollars
// per million tokens, and `prices:` that of config/prices.yaml.
[[nodiscard]] LoadedPrices load_prices(std::string_view text, const std::string& file_name);
// Reads the files of records.prices. A file that does not exist is a mistake only where the configuration names it.
[[nodiscard]] LoadedPrices load_prices(const Config& config, const Environment& environment);

// The lists that are compiled in: config/prices.yaml, and config/price-corrections.yaml over it. Parsed at each call.
[[nodiscard]] std::vector<PriceList> built_in_prices();

}  // namespace respand::config
