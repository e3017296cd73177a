#pragma once
// records.prices: a YAML file with prices of models that adds to respand's own and overrides it:
//   models: {NAME: {prompt: 0.20, completion: 0.60, cached_prompt: 0.02, cache_write: 0.25}}
// in US dollars per million tokens; prompt must be there. Main thread.

#include <string>
#include <string_view>
#include <vector>

#include "respand/config/config.h"

namespace respand::config {

// Numbers as written: decimal, at most nine places, below a million; empty where there is none.
struct ModelPrice {
  std::string model;
  std::string prompt;
  std::string completion;
  std::string cached_prompt;
  std::string cache_write;
};

struct LoadedPrices {
  std::vector<ModelPrice> prices;  // meaningful only where `problems` is empty
  std::vector<Problem> problems;   // every mistake, in the order of the file
};

[[nodiscard]] LoadedPrices load_prices(std::string_view yaml, const std::string& file_name);
// The file that the configuration names. One that is not there is no mistake where the configuration does not name it.
[[nodiscard]] LoadedPrices load_prices(const Config& config, const Environment& environment);

}  // namespace respand::config
