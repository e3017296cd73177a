// Reads the form of 0.1, for an operator's own prices: models: {NAME: {prompt: 0.20, completion: 0.60}}. A NAME counts
// whoever sells the model; PROVIDER/MODEL counts where that provider does.

#include <algorithm>
#include <array>
#include <map>

#include "config/nearest.h"
#include "config/node.h"
#include "config/price_reader.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

constexpr std::size_t kLongestModel = 200;  // no provider has longer names

struct ModelPrice {
  std::string prompt;
  std::string completion;
  std::string cached_prompt;
  std::string cache_write;
};

struct PriceKey {
  std::string_view name;
  std::string ModelPrice::*value;
};
constexpr std::array kPriceKeys{
    PriceKey{"prompt", &ModelPrice::prompt}, PriceKey{"completion", &ModelPrice::completion},
    PriceKey{"cached_prompt", &ModelPrice::cached_prompt}, PriceKey{"cache_write", &ModelPrice::cache_write}};

// Whether the text is a price, "0", "12", "0.25": below a million, with at most nine places.
bool is_price(std::string_view text) {
  const auto digits = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view places = text.substr(std::min(point + 1, text.size()));
  return digits(text.substr(0, point)) && point <= 6 &&
         (point == text.size() || (digits(places) && places.size() <= 9));
}

class PriceLoader {
 public:
  PriceLoader(Report& report, PriceList& list) : report_(report), list_(list) {}

  void read(const Node& root) {
    for_each_member(root, "the file", [this](const Node& name, const Node& value) {
      if (name.text != "models") {
        report_.problem(name.place, cat("unknown key '", printable(name.text, kMostShown), "': known is models"));
        return;
      }
      for_each_member(value, "models", [this](const Node& model, const Node& price) { read_model(model, price); });
    });
  }

 private:
  template <typename Each>
  void for_each_member(const Node& map, std::string_view what, const Each& each) {
    if (map.kind == Node::Kind::kNull) {
      return;
    }
    if (map.kind != Node::Kind::kMap) {
      report_.problem(map.place, cat(what, ": expected a map of keys, not ", name_of(map.kind)));
      return;
    }
    std::map<std::string_view, int> lines;  // of the keys seen, to name the first of two
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
      const Node& name = map.keys[i];
      if (name.kind != Node::Kind::kScalar) {
        report_.problem(name.place, cat("a key must be a name, not ", name_of(name.kind)));
      } else if (const auto [first, is_new] = lines.try_emplace(name.text, name.place.line); !is_new) {
        report_.problem(name.place,
                        cat("duplicate key '", printable(name.text, kMostShown), "', first in line ", first->second));
      } else {
        each(name, map.items[i]);
      }
    }
  }

  void read_model(const Node& model, const Node& value) {
    ModelPrice price;
    if (model.text.empty() || model.text.size() > kLongestModel) {
      report_.problem(model.place, cat("a model's name has 1 to ", kLongestModel, " bytes"));
      return;
    }
    const std::string shown = printable(model.text, kMostShown);
    if (value.kind != Node::Kind::kMap) {
      report_.problem(value.place, cat(shown, ": expected {prompt: …, completion: …}, not ", name_of(value.kind)));
      return;
    }
    const std::size_t before = report_.problem_count();
    for_each_member(value, shown, [&](const Node& name, const Node& number) { read_price(name, number, price); });
    if (price.prompt.empty() && report_.problem_count() == before) {
      report_.problem(model.place, cat(shown, ": prompt is missing (US dollars per million tokens)"));
    }
    list_.models.push_back(listed(model, price));
  }

  void read_price(const Node& name, const Node& number, ModelPrice& price) {
    const auto key = std::find_if(kPriceKeys.begin(), kPriceKeys.end(),
                                  [&](const PriceKey& known) { return known.name == name.text; });
    if (key == kPriceKeys.end()) {
      std::string message = cat("unknown key '", printable(name.text, kMostShown), "' in a price");
      const auto meant = nearest(name.text, {"prompt", "completion", "cached_prompt", "cache_write"});
      message +=
          meant ? cat(": did you mean '", *meant, "'?") : ": known are prompt, completion, cached_prompt, cache_write";
      report_.problem(name.place, std::move(message));
    } else if (number.kind != Node::Kind::kScalar || !is_price(number.text)) {
      report_.problem(number.place,
                      cat(name.text,
                          ": expected US dollars per million tokens, such as 0.25 (below 1000000, at most 9 "
                          "places), not ",
                          number.kind == Node::Kind::kScalar ? cat("'", printable(number.text, kMostShown), "'")
                                                             : std::string(name_of(number.kind))));
    } else {
      price.*(key->value) = number.text;
    }
  }

  // Cached tokens without a price of their own cost what other prompt tokens do.
  static ListedModel listed(const Node& model, const ModelPrice& price) {
    ListedModel listed;
    listed.id = model.text;
    listed.match.text = model.text;
    listed.line = model.place.line;
    ListedPrices& prices = listed.prices.emplace_back();
    const auto put = [&prices](BillingUnit unit, const std::string& text) {
      if (!text.empty()) {
        prices.rates.push_back({.unit = unit, .price = text, .tiers = {}});
      }
    };
    put(BillingUnit::kInput, price.prompt);
    put(BillingUnit::kOutput, price.completion);
    put(BillingUnit::kCacheRead, price.cached_prompt.empty() ? price.prompt : price.cached_prompt);
    put(BillingUnit::kCacheWrite, price.cache_write.empty() ? price.prompt : price.cache_write);
    put(BillingUnit::kCacheWrite1h, price.cache_write.empty() ? price.prompt : std::string());
    return listed;
  }

  Report& report_;
  PriceList& list_;
};

}  // namespace

void read_model_prices(const Node& root, Report& report, PriceList& list) { PriceLoader(report, list).read(root); }

}  // namespace respand::config
