#include "tests/integration/promql.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <vector>

#include "respand/base/text.h"

namespace respand::test {
namespace {

const std::set<std::string> kWords = {"abs",      "and",       "bottomk", "by",     "count", "histogram_quantile",
                                      "increase", "max",       "min",     "offset", "on",    "or",
                                      "rate",     "sort_desc", "sum",     "topk",   "unless"};
const std::set<std::string> kGroupings = {"by", "on"};
const std::set<std::string> kAggregations = {"sum", "max", "min", "count"};

// Names, strings and single marks; times, numbers and variables of Grafana are left out.
std::vector<std::string> tokens_of(const std::string& expression) {
  static const std::regex kToken(R"re("(?:[^"\\]|\\.)*"|\$\w+|[a-zA-Z_:][\w:]*|[0-9][\w.]*|!=|=~|!~|>=|<=|==|[^\s])re");
  std::vector<std::string> tokens;
  for (std::sregex_iterator token(expression.begin(), expression.end(), kToken), end; token != end; ++token) {
    const std::string text = token->str();
    if (text.front() != '$' && (text.front() < '0' || text.front() > '9')) {
      tokens.push_back(text);
    }
  }
  return tokens;
}

bool is_name(const std::string& token) {
  const char first = token.front();
  return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_';
}

struct Asked {
  std::map<std::string, std::set<std::string>> metrics;  // with the labels that they are chosen by
  std::set<std::string> grouped;                         // labels of by and on
  std::optional<std::set<std::string>> kept;             // of the outermost aggregation, those that its result has
};

Asked asked_by(const std::string& expression) {
  Asked asked;
  const std::vector<std::string> tokens = tokens_of(expression);
  const auto is = [&tokens](std::size_t at, std::string_view text) { return at < tokens.size() && tokens[at] == text; };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    if (!is_name(token)) {
      continue;
    }
    if (kAggregations.contains(token) && !asked.kept) {
      asked.kept.emplace();
    }
    if (kGroupings.contains(token)) {
      std::set<std::string> labels;
      for (i += 2; i < tokens.size() && tokens[i] != ")"; ++i) {
        if (is_name(tokens[i])) {
          labels.insert(tokens[i]);
        }
      }
      asked.grouped.insert(labels.begin(), labels.end());
      if (token == "by" && asked.kept && asked.kept->empty()) {
        asked.kept = labels;
      }
      continue;
    }
    if (kWords.contains(token)) {
      continue;
    }
    std::set<std::string>& labels = asked.metrics[token];
    if (is(i + 1, "{")) {
      for (i += 2; i < tokens.size() && tokens[i] != "}"; ++i) {
        if (is_name(tokens[i])) {
          labels.insert(tokens[i]);
        }
      }
    }
  }
  return asked;
}

}  // namespace

std::string objections(const std::string& expression, const PageLabels& page) {
  const Asked asked = asked_by(expression);
  std::string wrong = asked.metrics.empty() ? "it asks for no metric: " + expression + "\n" : "";
  for (const auto& [metric, labels] : asked.metrics) {
    const auto known = page.find(metric);
    if (known == page.end()) {
      wrong += cat(metric, " is not on the page\n");
      continue;
    }
    for (const std::set<std::string>* const set : {&labels, &asked.grouped}) {
      for (const std::string& label : *set) {
        wrong += known->second.contains(label) ? "" : cat(metric, " has no label ", label, "\n");
      }
    }
  }
  return wrong;
}

std::string legend_objections(const std::string& legend, const std::string& expression, const PageLabels& page) {
  static const std::regex kLabel(R"(\{\{(\w+)\}\})");
  const Asked asked = asked_by(expression);
  std::string wrong;
  for (std::sregex_iterator label(legend.begin(), legend.end(), kLabel), end; label != end; ++label) {
    const std::string name = (*label)[1].str();
    const bool kept = !asked.kept || asked.kept->contains(name);
    const bool there = std::all_of(asked.metrics.begin(), asked.metrics.end(), [&](const auto& metric) {
      const auto known = page.find(metric.first);
      return known != page.end() && known->second.contains(name);
    });
    wrong += kept && there ? "" : cat("the result has no label ", name, "\n");
  }
  return wrong;
}

std::string variable_objections(const std::string& definition, const PageLabels& page) {
  static const std::regex kForm(R"(label_values\((.*), (\w+)\))");
  std::smatch parts;
  if (!std::regex_match(definition, parts, kForm)) {
    return "not of the form label_values(METRIC, LABEL): " + definition;
  }
  const std::string metric = parts[1].str();
  return objections(metric, page) + legend_objections(cat("{{", parts[2].str(), "}}"), metric, page);
}

}  // namespace respand::test
