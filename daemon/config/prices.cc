#include "respand/config/prices.h"

#include <algorithm>
#include <utility>

#include "config/built_in_prices.h"
#include "config/flow.h"
#include "config/node.h"
#include "config/price_reader.h"
#include "respand/base/check.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

char first_of(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return at == std::string_view::npos ? '\0' : text[at];
}

// Whether a line begins with `section`: then the text has the form of config/prices.yaml.
bool has_section(std::string_view text, std::string_view section) {
  for (std::size_t at = text.find(section); at != std::string_view::npos; at = text.find(section, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') {
      return true;
    }
  }
  return false;
}

void read_json(const Node& root, Report& report, PriceList& list) {
  const auto names_provider = [](const Node& model) { return member(model, "litellm_provider") != nullptr; };
  if (root.kind == Node::Kind::kList && !root.items.empty() && member(root.items.front(), "models") != nullptr) {
    read_genai_prices(root, report, list);
  } else if (root.kind == Node::Kind::kMap && std::any_of(root.items.begin(), root.items.end(), names_provider)) {
    read_litellm_prices(root, report, list);
  } else {
    report.problem(root.place,
                   "no price list: expected genai-prices' v2 data (a list of providers) or LiteLLM's "
                   "model_prices_and_context_window.json");
  }
}

// Whether the text is JSON of one of the other forms. JSON in respand's own form is YAML, and is read as such.
bool is_other_list(std::string_view text) {
  return first_of(text) == '[' ? text.find("\"models\"") != std::string_view::npos
                               : first_of(text) == '{' && text.find("litellm_provider") != std::string_view::npos;
}

PriceList read_list(std::string_view text, Report& report) {
  PriceList list;
  list.file = report.file();
  if (is_other_list(text)) {
    if (const auto root = parse_flow(text, report)) {
      read_json(*root, report, list);
    }
  } else if (has_section(text, "prices:") || has_section(text, "providers:") || has_section(text, "variants:")) {
    read_price_lines(text, report, list);
  } else if (const auto root = parse(text, report)) {
    read_model_prices(*root, report, list);
  }
  return list;
}

}  // namespace

LoadedPrices load_prices(std::string_view text, const std::string& file_name) {
  Report report(file_name);
  LoadedPrices loaded;
  loaded.lists.push_back(read_list(text, report));
  loaded.problems = std::move(report.problems());
  std::stable_sort(loaded.problems.begin(), loaded.problems.end(), [](const Problem& a, const Problem& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return loaded;
}

LoadedPrices load_prices(const Config& config, const Environment& environment) {
  LoadedPrices all;
  for (const std::string& file : config.records.prices) {
    const auto text = environment.read_file(file);
    if (text) {
      LoadedPrices one = load_prices(*text, file);
      std::move(one.lists.begin(), one.lists.end(), std::back_inserter(all.lists));
      std::move(one.problems.begin(), one.problems.end(), std::back_inserter(all.problems));
    } else if (config.records.prices_given || text.error().code != ErrorCode::kNotFound) {
      all.problems.push_back({file, 0, 0, text.error().message, Problem::About::kConfiguration, text.error().code});
    }
  }
  return all;
}

std::vector<PriceList> built_in_prices() {
  std::vector<PriceList> read;
  for (const BuiltInPrices& built_in : kBuiltInPrices) {
    std::string text;
    for (const std::string_view line : built_in.lines) {
      text.append(line).append("\n");
    }
    LoadedPrices loaded = load_prices(text, std::string(built_in.name));
    RESPAND_CHECK(loaded.problems.empty());  // a test reads them
    read.push_back(std::move(loaded.lists.front()));
  }
  return read;
}

}  // namespace respand::config
