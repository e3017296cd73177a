// Reads respand's own form since 0.2, that of config/prices.yaml: sections of lines, each of which is a flow map. So a
// list of thousands of models is read in milliseconds, and a change to it is one line in a diff.

#include <algorithm>

#include "config/flow.h"
#include "config/price_reader.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

// The unit that a key means: "input", "cache_read", "web_searches", or a key of genai-prices ("input_mtok",
// "audio_hours").
std::optional<BillingUnit> unit_of(std::string_view key) {
  if (const auto unit = unit_of_price_key(key)) {
    return unit;
  }
  auto unit = unit_of_name(cat(key, "_tokens"));
  return unit ? unit : unit_of_name(key);
}

class LineReader {
 public:
  LineReader(Report& report, PriceList& list) : report_(report), list_(list) {}

  void read(std::string_view text) {
    int number = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      line.remove_suffix(line.ends_with('\r') ? 1 : 0);
      read_line(line, ++number);
    }
  }

 private:
  void read_line(std::string_view line, int number) {
    if (line.find_first_not_of(" \t") == std::string_view::npos || line[line.find_first_not_of(" \t")] == '#') {
      return;
    }
    const std::size_t dash = line.find_first_not_of(' ');
    if (line.substr(dash, 2) == "- ") {
      const auto node = parse_flow(line.substr(dash + 2), report_, {number, static_cast<int>(dash) + 3});
      if (node) {
        read_entry(*node, number);
      }
      return;
    }
    const std::size_t colon = line.find(':');
    const std::string_view key = line.substr(0, std::min(colon, line.size()));
    if (colon == std::string_view::npos || dash != 0) {
      report_.problem({number, 1},
                      "expected a section (providers:, prices:, variants:) or an entry in one line: - {…}");
    } else if (key == "source") {
      if (const auto node = parse_flow(line.substr(colon + 1), report_, {number, static_cast<int>(colon) + 2})) {
        list_.source = node->text;
      }
    } else if (key == "providers" || key == "prices" || key == "variants") {
      section_ = key;
    } else {
      report_.problem({number, 1}, cat("unknown key '", printable(key, kMostShown),
                                       "': known are source, providers, prices, variants"));
    }
  }

  void read_entry(const Node& node, int line) {
    if (node.kind != Node::Kind::kMap) {
      report_kind(node, "an entry", "{…}", report_);
    } else if (section_ == "providers") {
      read_provider(node);
    } else if (section_ == "prices") {
      read_model(node, line);
    } else if (section_ == "variants") {
      read_variant(node);
    } else {
      report_.problem(node.place, "an entry stands in front of the first section");
    }
  }

  // The text under `name`; empty where there is none, which is reported where it is needed.
  std::string text_of(const Node& map, std::string_view name, bool needed) {
    const Node* const node = member(map, name);
    if (node == nullptr && !needed) {
      return {};
    }
    if (node == nullptr || node->kind != Node::Kind::kScalar || node->text.empty()) {
      report_.problem(node != nullptr ? node->place : map.place, cat(name, " is missing or no text"));
      return {};
    }
    return node->text;
  }

  // The condition under `name`: a clause, or a list of names and clauses any of which may hold.
  std::optional<NameMatch> match_of(const Node& node, std::string_view name) {
    const Node* const match = member(node, name);
    if (match == nullptr) {
      return std::nullopt;
    }
    if (match->kind != Node::Kind::kList) {
      return read_match(*match, std::string(name), report_);
    }
    NameMatch any{.kind = NameMatch::Kind::kAny, .text = {}, .parts = {}};
    for (const Node& item : match->items) {
      if (item.kind == Node::Kind::kMap) {
        if (auto part = read_match(item, std::string(name), report_)) {
          any.parts.push_back(std::move(*part));
        }
      } else {
        any.parts.push_back({.kind = NameMatch::Kind::kEquals, .text = item.text, .parts = {}});
      }
    }
    return any;
  }

  void read_provider(const Node& node) {
    ListedProvider provider;
    provider.id = text_of(node, "id", true);
    provider.names = match_of(node, "names");
    provider.models = match_of(node, "models");
    if (const Node* const fallbacks = member(node, "fallbacks"); fallbacks != nullptr) {
      for (const Node& fallback : fallbacks->items) {
        provider.fallbacks.push_back(fallback.text);
      }
    }
    refuse_others(node, {"id", "names", "models", "fallbacks"});
    list_.providers.push_back(std::move(provider));
  }

  void refuse_others(const Node& node, std::initializer_list<std::string_view> known) {
    for (const Node& key : node.keys) {
      if (std::find(known.begin(), known.end(), key.text) == known.end()) {
        report_.problem(key.place, cat("unknown key '", printable(key.text, kMostShown), "'"));
      }
    }
  }

  void read_model(const Node& node, int line) {
    ListedModel model;
    model.provider = text_of(node, "provider", false);
    model.id = text_of(node, "model", true);
    model.line = line;
    if (auto match = match_of(node, "match")) {
      model.match = std::move(*match);
    } else {
      model.match.text = model.id;
    }
    const Node* const prices = member(node, "prices");
    if (prices == nullptr) {
      read_prices(node, model.prices.emplace_back());
    } else if (prices->kind == Node::Kind::kList && !prices->items.empty()) {
      for (const Node& item : prices->items) {
        read_prices(item, model.prices.emplace_back());
      }
      refuse_others(node, {"provider", "model", "match", "prices"});
    } else {
      report_kind(*prices, "prices", "a list of {…}", report_);
    }
    list_.models.push_back(std::move(model));
  }

  void read_variant(const Node& node) {
    ListedVariant variant;
    variant.provider = text_of(node, "provider", true);
    if (auto match = match_of(node, "match")) {
      variant.match = std::move(*match);
    } else {
      variant.match.kind = NameMatch::Kind::kContains;  // all of the provider's
    }
    read_prices(node, variant.prices);
    if (variant.prices.service_tier.empty() && variant.prices.geography.empty()) {
      report_.problem(node.place, "a variant needs a service_tier or a geography");
    }
    list_.variants.push_back(std::move(variant));
  }

  // Reads conditions and rates, which stand side by side in one map.
  void read_prices(const Node& node, ListedPrices& listed) {
    if (node.kind != Node::Kind::kMap) {
      report_kind(node, "prices", "{…}", report_);
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const Node& value = node.items[i];
      if (key == "provider" || key == "model" || key == "match") {
        continue;
      }
      if (key == "service_tier") {
        listed.service_tier = value.text;
      } else if (key == "geography") {
        listed.geography = value.text;
      } else if (key == "from" || key == "daily" || key == "factor") {
        read_condition(key, value, listed);
      } else if (const auto unit = unit_of(key)) {
        if (auto rate = read_rate(*unit, value, key, report_)) {
          listed.rates.push_back(std::move(*rate));
        }
      } else {
        report_.problem(node.keys[i].place, cat("unknown key '", printable(key, kMostShown), "' in a price"));
      }
    }
  }

  void read_condition(const std::string& key, const Node& value, ListedPrices& listed) {
    bool good = false;
    if (key == "from") {
      listed.from_day = day_of(value.text);
      good = listed.from_day.has_value();
    } else if (key == "daily") {
      const std::size_t dash = std::min(value.text.find('-'), value.text.size());
      listed.from_second = second_of(std::string_view(value.text).substr(0, dash));
      listed.to_second = second_of(std::string_view(value.text).substr(std::min(dash + 1, value.text.size())));
      good = listed.from_second && listed.to_second;
    } else {
      listed.factor = value.text;
      good = is_price_number(value.text);
    }
    if (!good) {
      report_.problem(value.place, cat(key, ": expected ",
                                       key == "from"    ? "a day such as 2026-03-13"
                                       : key == "daily" ? "hours such as \"00:30-16:30\" (UTC)"
                                                        : "a number such as 0.5",
                                       ", not '", printable(value.text, kMostShown), "'"));
    }
  }

  Report& report_;
  PriceList& list_;
  std::string section_;
};

}  // namespace

void read_price_lines(std::string_view text, Report& report, PriceList& list) { LineReader(report, list).read(text); }

}  // namespace respand::config
