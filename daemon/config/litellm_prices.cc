// Reads LiteLLM's model_prices_and_context_window.json: {"NAME": {litellm_provider, input_cost_per_token, …}}, in US
// dollars for a single token, query or request. What it says of limits and abilities is not read.

#include <algorithm>
#include <charconv>
#include <map>

#include "config/price_reader.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

struct CostKey {
  std::string_view name;
  BillingUnit unit;
};
// The keys of prices, without "_above_200k_tokens", "_flex", "_priority" and "_batches" at their ends.
constexpr CostKey kCostKeys[] = {
    {"input_cost_per_token", BillingUnit::kInput},
    {"output_cost_per_token", BillingUnit::kOutput},
    {"cache_read_input_token_cost", BillingUnit::kCacheRead},
    {"cache_creation_input_token_cost", BillingUnit::kCacheWrite},
    {"cache_creation_input_token_cost_above_1hr", BillingUnit::kCacheWrite1h},
    {"input_cost_per_audio_token", BillingUnit::kInputAudio},
    {"output_cost_per_audio_token", BillingUnit::kOutputAudio},
    {"cache_read_input_audio_token_cost", BillingUnit::kCacheAudioRead},
    {"cache_read_input_token_cost_per_audio_token", BillingUnit::kCacheAudioRead},
    {"input_cost_per_image_token", BillingUnit::kInputImage},
    {"output_cost_per_image_token", BillingUnit::kOutputImage},
    {"cache_read_input_image_token_cost", BillingUnit::kCacheImageRead},
    {"output_cost_per_reasoning_token", BillingUnit::kOutputReasoning},
    {"citation_cost_per_token", BillingUnit::kOutputCitation},
    {"input_cost_per_request", BillingUnit::kRequests},
    {"input_cost_per_query", BillingUnit::kRerankSearches},
};

struct KnownProvider {
  std::string_view litellm;
  std::string_view id;
};
// Providers that LiteLLM calls by another name than genai-prices. A name that begins with one of these means the same
// provider ("vertex_ai-anthropic_models").
constexpr KnownProvider kProviders[] = {{"azure", "azure"},
                                        {"bedrock", "aws"},
                                        {"vertex_ai", "google"},
                                        {"gemini", "google"},
                                        {"together_ai", "together"},
                                        {"fireworks_ai", "fireworks"},
                                        {"xai", "x-ai"},
                                        {"cohere", "cohere"},
                                        {"voyage", "voyageai"},
                                        {"moonshot", "moonshotai"},
                                        {"text-completion-openai", "openai"},
                                        {"text-completion-codestral", "mistral"},
                                        {"codestral", "mistral"}};

std::string provider_id(std::string_view litellm) {
  for (const KnownProvider& known : kProviders) {
    if (litellm.starts_with(known.litellm)) {
      return std::string(known.id);
    }
  }
  return std::string(litellm);
}

bool strip(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) {
    return false;
  }
  text.remove_suffix(end.size());
  return true;
}

// A key of a price, taken apart: "input_cost_per_token_above_200k_tokens_priority".
struct ParsedKey {
  std::optional<BillingUnit> unit;
  std::uint64_t above = 0;
  std::string_view service_tier;
};

ParsedKey parse_key(std::string_view key) {
  ParsedKey parsed;
  for (const auto& [end, tier] : {std::pair<std::string_view, std::string_view>{"_flex", "flex"},
                                  {"_priority", "priority"},
                                  {"_batches", "batch"}}) {
    if (strip(key, end)) {
      parsed.service_tier = tier;
      break;
    }
  }
  if (const std::size_t at = key.rfind("_above_"); at != std::string_view::npos && key.ends_with("k_tokens")) {
    const std::string_view digits = key.substr(at + 7, key.size() - 8 - (at + 7));
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.above);
    if (error == std::errc() && end == digits.data() + digits.size()) {
      parsed.above *= 1000;
      key = key.substr(0, at);
    }
  }
  for (const CostKey& known : kCostKeys) {
    if (known.name == key) {
      parsed.unit = known.unit;
    }
  }
  return parsed;
}

// "1.5e-07" dollars for one are "1.5e-01" for a million.
std::string times_ten_to(std::string_view number, int power) {
  const std::size_t at = std::min(number.find_first_of("eE"), number.size());
  int exponent = 0;
  if (at < number.size()) {
    std::string_view digits = number.substr(at + 1);
    digits.remove_prefix(digits.starts_with('+') ? 1 : 0);
    std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  }
  return cat(number.substr(0, at), "e", exponent + power);
}

class LitellmReader {
 public:
  LitellmReader(Report& report, PriceList& list) : report_(report), list_(list) {}

  void read(const Node& root) {
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
      const std::string& name = root.keys[i].text;
      if (name == "sample_spec") {  // explains the keys
        continue;
      }
      const std::string where = cat("$[\"", printable(name, 80), "\"]");
      if (root.items[i].kind == Node::Kind::kMap) {
        read_model(name, root.items[i], where);
      } else {
        report_kind(root.items[i], where, "a map of prices", report_);
      }
    }
    for (std::string& id : provider_ids_) {
      list_.providers.push_back({.id = std::move(id), .names = {}, .models = {}, .fallbacks = {}});
    }
  }

 private:
  void read_model(const std::string& name, const Node& node, const std::string& where) {
    const Node* const provider = member(node, "litellm_provider");
    if (provider == nullptr || provider->kind != Node::Kind::kScalar) {
      return;  // the model can't be told from that of another provider
    }
    ListedModel model;
    model.provider = provider_id(provider->text);
    model.line = node.place.line;
    std::string_view id = name;
    const std::size_t slash = id.find('/');
    if (slash != std::string_view::npos &&
        (id.substr(0, slash) == provider->text || provider_id(id.substr(0, slash)) == model.provider)) {
      id.remove_prefix(slash + 1);
    }
    model.id = id;
    model.match.text = model.id;
    if (!read_prices(node, where, model)) {
      return;
    }
    if (std::find(provider_ids_.begin(), provider_ids_.end(), model.provider) == provider_ids_.end()) {
      provider_ids_.push_back(model.provider);
    }
    list_.models.push_back(std::move(model));
  }

  // False where something is wrong, or where the model is priced only in units that respand does not count.
  bool read_prices(const Node& node, const std::string& where, ListedModel& model) {
    std::map<std::string_view, ListedPrices, std::less<>> by_tier;
    bool other_units = false;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const Node& value = node.items[i];
      if (key == "search_context_cost_per_query") {
        read_searches(value, where, by_tier[""]);
        continue;
      }
      if (key.find("cost") == std::string::npos || value.kind != Node::Kind::kScalar) {
        continue;
      }
      const ParsedKey parsed = parse_key(key);
      if (!is_price_number(value.text)) {
        report_.problem(value.place,
                        cat(where, ".", key, ": expected US dollars, not '", printable(value.text, 60), "'"));
        return false;
      }
      if (!parsed.unit) {
        other_units =
            other_units || value.text.find_first_of("123456789") < std::min(value.text.find('e'), value.text.size());
      } else {
        put(by_tier[parsed.service_tier], *parsed.unit, parsed.above, value.text);
      }
    }
    return take(by_tier, other_units, model);
  }

  // A model counts only with standard prices. Where all of these are 0 and there are prices in other units, the model
  // is not free: respand just can't count what it costs.
  static bool take(std::map<std::string_view, ListedPrices, std::less<>>& by_tier, bool other_units,
                   ListedModel& model) {
    const auto standard = by_tier.find("");
    const auto priced = [](const ListedRate& rate) {
      return rate.price.find_first_of("123456789") < std::min(rate.price.find('e'), rate.price.size());
    };
    if (standard == by_tier.end() || standard->second.rates.empty() ||
        (other_units && std::none_of(standard->second.rates.begin(), standard->second.rates.end(), priced))) {
      return false;
    }
    for (auto& [tier, prices] : by_tier) {
      std::erase_if(prices.rates, [](const ListedRate& rate) { return rate.price.empty(); });
      if (prices.rates.empty()) {
        continue;
      }
      prices.service_tier = tier;
      model.prices.push_back(std::move(prices));
    }
    return true;
  }

  // Adds a price. LiteLLM's prices are for one unit, respand's for a thousand or a million. A price above a number of
  // tokens becomes a tier of the same rate.
  static void put(ListedPrices& prices, BillingUnit unit, std::uint64_t above, std::string_view number) {
    auto rate =
        std::find_if(prices.rates.begin(), prices.rates.end(), [&](const ListedRate& r) { return r.unit == unit; });
    if (rate == prices.rates.end()) {
      rate = prices.rates.insert(rate, {.unit = unit, .price = {}, .tiers = {}});
    }
    std::string price = times_ten_to(number, traits_of(unit).per == 1'000 ? 3 : 6);
    if (above == 0) {
      rate->price = std::move(price);
      return;
    }
    rate->tiers.push_back({above, std::move(price)});
    std::sort(rate->tiers.begin(), rate->tiers.end(),
              [](const ListedTier& a, const ListedTier& b) { return a.above < b.above; });
  }

  // Reads the fee for a search, where it is the same for all sizes of a search: a record does not tell the size.
  void read_searches(const Node& node, const std::string& where, ListedPrices& prices) {
    for (const Node& fee : node.items) {
      if (!is_price_number(fee.text)) {
        report_.problem(fee.place, cat(where, ".search_context_cost_per_query: expected US dollars"));
        return;
      }
      if (fee.text != node.items.front().text) {
        return;
      }
    }
    if (!node.items.empty()) {
      put(prices, BillingUnit::kWebSearches, 0, node.items.front().text);
    }
  }

  Report& report_;
  PriceList& list_;
  std::vector<std::string> provider_ids_;
};

}  // namespace

void read_litellm_prices(const Node& root, Report& report, PriceList& list) {
  list.source = "LiteLLM's list";
  LitellmReader(report, list).read(root);
}

}  // namespace respand::config
