#include "app/price_list.h"

namespace respand::app {

std::shared_ptr<const record::PriceTable> price_table(const std::vector<config::ModelPrice>& own) {
  std::vector<record::PriceLine> lines;
  lines.reserve(own.size());
  for (const config::ModelPrice& price : own) {
    lines.push_back({.model = price.model,
                     .prompt = price.prompt,
                     .completion = price.completion,
                     .cached_prompt = price.cached_prompt,
                     .cache_write = price.cache_write});
  }
  return std::make_shared<const record::PriceTable>(lines);
}

}  // namespace respand::app
