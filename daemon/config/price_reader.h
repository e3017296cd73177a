#pragma once
// Reads the tree of a price list: one function for each form that respand knows. Mistakes are reported with their
// places, and in JSON with their paths. Private to the module; main thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "config/report.h"
#include "respand/config/price_list.h"

namespace respand::config {

// The form of 0.1: models: {NAME: {prompt: 0.20, completion: 0.60, cached_prompt: 0.02, cache_write: 0.25}}.
void read_model_prices(const Node& root, Report& report, PriceList& list);
// The form of config/prices.yaml: sections of lines, each a flow map.
void read_price_lines(std::string_view text, Report& report, PriceList& list);
// genai-prices v2: a list of providers.
void read_genai_prices(const Node& root, Report& report, PriceList& list);
// LiteLLM's model_prices_and_context_window.json: a map of models.
void read_litellm_prices(const Node& root, Report& report, PriceList& list);

// A condition on names, in all forms. `where` is the path of the value, for messages ("$[3].models[0].match").
[[nodiscard]] std::optional<NameMatch> read_match(const Node& node, const std::string& where, Report& report);
// A rate: a number, or {base: 5, tiers: [{start: 200000, price: 10}]}, or {base: 5, above: {200000: 10}}.
[[nodiscard]] std::optional<ListedRate> read_rate(BillingUnit unit, const Node& node, const std::string& where,
                                                  Report& report);
// "2026-03-13" as days since 1970-01-01.
[[nodiscard]] std::optional<int> day_of(std::string_view date);
// "00:30:00Z", "16:30" as seconds of the day, UTC.
[[nodiscard]] std::optional<int> second_of(std::string_view time);
// A decimal number from 0 on and below a million, as JSON writes it.
[[nodiscard]] bool is_price_number(std::string_view text);
// Reports that `where` is something else than `wanted`.
void report_kind(const Node& node, const std::string& where, std::string_view wanted, Report& report);

}  // namespace respand::config
