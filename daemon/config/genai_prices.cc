// Reads genai-prices v2 (pydantic): [{id, provider_match, model_match, fallback_model_providers, models: [{id, match,
// prices}]}]. Its other members (names, descriptions, extractors) are not read.

#include "config/price_reader.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

class GenaiReader {
 public:
  GenaiReader(Report& report, PriceList& list) : report_(report), list_(list) {}

  void read(const Node& root) {
    for (std::size_t i = 0; i < root.items.size(); ++i) {
      read_provider(root.items[i], cat("$[", i, "]"));
    }
  }

 private:
  void read_provider(const Node& node, const std::string& where) {
    const Node* const id = member(node, "id");
    const Node* const models = member(node, "models");
    if (id == nullptr || id->kind != Node::Kind::kScalar || models == nullptr || models->kind != Node::Kind::kList) {
      report_kind(node, where, "a provider {id: …, models: […]}", report_);
      return;
    }
    ListedProvider provider;
    provider.id = id->text;
    if (const Node* const match = member(node, "provider_match"); match != nullptr) {
      provider.names = read_match(*match, where + ".provider_match", report_);
    }
    if (const Node* const match = member(node, "model_match"); match != nullptr) {
      provider.models = read_match(*match, where + ".model_match", report_);
    }
    if (const Node* const fallbacks = member(node, "fallback_model_providers"); fallbacks != nullptr) {
      for (const Node& fallback : fallbacks->items) {
        provider.fallbacks.push_back(fallback.text);
      }
    }
    for (std::size_t i = 0; i < models->items.size(); ++i) {
      read_model(provider.id, models->items[i], cat(where, ".models[", i, "]"));
    }
    list_.providers.push_back(std::move(provider));
  }

  void read_model(const std::string& provider, const Node& node, const std::string& where) {
    const Node* const id = member(node, "id");
    const Node* const match = member(node, "match");
    const Node* const prices = member(node, "prices");
    if (id == nullptr || id->kind != Node::Kind::kScalar || match == nullptr || prices == nullptr) {
      report_kind(node, where, "a model {id: …, match: …, prices: …}", report_);
      return;
    }
    ListedModel model;
    model.provider = provider;
    model.id = id->text;
    model.line = node.place.line;
    auto names = read_match(*match, where + ".match", report_);
    if (!names) {
      return;
    }
    model.match = std::move(*names);
    if (prices->kind == Node::Kind::kList) {
      for (std::size_t i = 0; i < prices->items.size(); ++i) {
        read_conditional(prices->items[i], cat(where, ".prices[", i, "]"), model);
      }
    } else {
      read_prices(*prices, where + ".prices", model.prices.emplace_back());
    }
    if (!model.prices.empty()) {
      list_.models.push_back(std::move(model));
    }
  }

  void read_conditional(const Node& node, const std::string& where, ListedModel& model) {
    const Node* const prices = member(node, "prices");
    if (prices == nullptr) {
      report_kind(node, where, "{constraint: …, prices: …}", report_);
      return;
    }
    ListedPrices& listed = model.prices.emplace_back();
    const Node* const constraint = member(node, "constraint");
    if (constraint != nullptr && constraint->kind != Node::Kind::kNull) {
      read_constraint(*constraint, where + ".constraint", listed);
    }
    read_prices(*prices, where + ".prices", listed);
  }

  void read_constraint(const Node& node, const std::string& where, ListedPrices& listed) {
    const Node* const date = member(node, "start_date");
    const Node* const from = member(node, "start_time");
    const Node* const to = member(node, "end_time");
    if (date != nullptr) {
      listed.from_day = day_of(date->text);
    } else if (from != nullptr && to != nullptr) {
      listed.from_second = second_of(from->text);
      listed.to_second = second_of(to->text);
    }
    if (!listed.from_day && (!listed.from_second || !listed.to_second)) {
      report_.problem(node.place, cat(where,
                                      ": expected {start_date: 2026-03-13} or {start_time: \"00:30:00Z\", "
                                      "end_time: \"16:30:00Z\"}"));
    }
  }

  void read_prices(const Node& node, const std::string& where, ListedPrices& listed) {
    if (node.kind != Node::Kind::kMap) {
      report_kind(node, where, "a map of prices", report_);
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      const std::string at = cat(where, ".", printable(key, 60));
      const auto unit = unit_of_price_key(key);
      if (!unit) {
        report_.problem(node.keys[i].place, cat(at, ": respand does not know this unit"));
      } else if (node.items[i].kind != Node::Kind::kNull) {
        if (auto rate = read_rate(*unit, node.items[i], at, report_)) {
          listed.rates.push_back(std::move(*rate));
        }
      }
    }
  }

  Report& report_;
  PriceList& list_;
};

}  // namespace

void read_genai_prices(const Node& root, Report& report, PriceList& list) {
  list.source = "genai-prices v2";
  GenaiReader(report, list).read(root);
}

}  // namespace respand::config
