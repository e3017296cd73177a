#include "config/budgets.h"

#include <algorithm>
#include <array>
#include <set>

#include "config/types.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

// The ledger looks at every budget with each of its commits; more budgets than this are work for a billing system.
constexpr std::size_t kMostBudgets = 100;
constexpr std::size_t kLongestName = 200;  // bytes: what the ledger keeps of a name
constexpr std::size_t kMostDollarDigits = 9;
constexpr std::size_t kDecimals = 6;

constexpr std::array<std::pair<std::string_view, std::optional<std::string> Budget::*>, 4> kBudgetNames{
    {{"model", &Budget::model},
     {"provider", &Budget::provider},
     {"customer", &Budget::customer},
     {"environment", &Budget::environment}}};

constexpr std::array<std::pair<std::string_view, BudgetPeriod>, 3> kPeriods{
    {{"hour", BudgetPeriod::kHour}, {"day", BudgetPeriod::kDay}, {"month", BudgetPeriod::kMonth}}};

constexpr std::string_view kAmount = "an amount of US dollars above 0, below 1000000000, with at most 6 decimals";

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The amount in millionths of a dollar; 0 where the text is not such an amount.
std::uint64_t parse_usd(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  std::string_view rest = text.substr(point);
  const bool has_point = !rest.empty();
  rest.remove_prefix(has_point ? 1 : 0);
  if (whole.empty() || whole.size() > kMostDollarDigits || !all_digits(whole) || rest.size() > kDecimals ||
      !all_digits(rest) || (has_point && rest.empty())) {
    return 0;
  }
  std::uint64_t value = 0;
  for (const char c : cat(whole, rest, std::string(kDecimals - rest.size(), '0'))) {
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::string usd_text(std::uint64_t micro) {
  std::string decimals = std::to_string(1'000'000 + micro % 1'000'000).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return cat(micro / 1'000'000, decimals.empty() ? "" : ".", decimals);
}

// Reads one budget; false after saying what is wrong.
class BudgetReader {
 public:
  BudgetReader(Reader& reader, Budget& budget) : reader_(reader), budget_(budget) {}

  // All members are read even after a mistake, so that each mistake is reported.
  bool read(const Node& node) {
    if (node.kind != Node::Kind::kMap) {
      reader_.wrong_kind(node, "a map such as {match: {customer: x}, per: day, usd: 50}");
      return false;
    }
    const bool good = members(node, [this](const Node& name, const Node& value) {
      if (name.text == "match") {
        return read_match(value);
      }
      if (name.text == "per") {
        return read_per(value);
      }
      if (name.text == "usd") {
        return read_usd(value);
      }
      return unknown(name, "match, per and usd");
    });
    if (good && (budget_.micro_usd == 0 || !has_per_)) {
      reader_.problem(node.place, "a budget needs both per and usd");
      return false;
    }
    return good;
  }

 private:
  template <typename Member>
  bool members(const Node& map, const Member& member) {
    std::set<std::string_view> seen;
    bool good = true;
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
      if (map.keys[i].kind != Node::Kind::kScalar || !seen.insert(map.keys[i].text).second) {
        reader_.problem(map.keys[i].place, "a key must be a name, and stand there once");
        good = false;
        continue;
      }
      good = member(map.keys[i], map.items[i]) && good;
    }
    return good;
  }

  bool unknown(const Node& name, std::string_view known) {
    reader_.problem(name.place, cat("unknown key '", printable(name.text, 60), "': known are ", known));
    return false;
  }

  bool read_match(const Node& node) {
    if (node.kind != Node::Kind::kMap) {
      reader_.wrong_kind(node, "a map of model, provider, customer and environment");
      return false;
    }
    return members(node, [this](const Node& name, const Node& value) {
      const auto* const known = std::find_if(kBudgetNames.begin(), kBudgetNames.end(),
                                             [&](const auto& one) { return one.first == name.text; });
      if (known == kBudgetNames.end()) {
        return unknown(name, "model, provider, customer and environment");
      }
      auto text = reader_.scalar(value, "a name");
      if (!text) {
        return false;
      }
      if (text->text.size() > kLongestName || printable(text->text, kLongestName) != text->text) {
        reader_.wrong_text(value, *text, cat("a name of at most ", kLongestName, " bytes"), "", false);
        return false;
      }
      budget_.*(known->second) = text->text;
      return true;
    });
  }

  bool read_per(const Node& node) {
    const auto text = reader_.scalar(node, "hour, day or month");
    if (!text) {
      return false;
    }
    const auto* const known =
        std::find_if(kPeriods.begin(), kPeriods.end(), [&](const auto& one) { return one.first == text->text; });
    if (known == kPeriods.end()) {
      reader_.wrong_text(node, *text, "hour, day or month", "", false);
      return false;
    }
    budget_.per = known->second;
    has_per_ = true;
    return true;
  }

  bool read_usd(const Node& node) {
    const auto text = reader_.scalar(node, kAmount);
    if (!text) {
      return false;
    }
    budget_.micro_usd = parse_usd(text->text);
    if (budget_.micro_usd == 0) {
      reader_.wrong_text(node, *text, kAmount, "", false);
      return false;
    }
    return true;
  }

  Reader& reader_;
  Budget& budget_;
  bool has_per_ = false;
};

}  // namespace

bool read_value(const Budgets& type, const Node& node, Reader& reader, std::vector<Budget>& out) {
  if (node.kind != Node::Kind::kList) {
    reader.wrong_kind(node, type.expects());
    return false;
  }
  if (node.items.size() > kMostBudgets) {
    reader.problem(node.place, cat("a list of at most ", kMostBudgets, " budgets"));
    return false;
  }
  std::vector<Budget> budgets;
  bool good = true;
  for (const Node& item : node.items) {
    Budget budget;
    if (!BudgetReader(reader, budget).read(item)) {
      good = false;
    } else if (std::find(budgets.begin(), budgets.end(), budget) != budgets.end()) {
      reader.problem(item.place, "this budget is in the list twice");
      good = false;
    } else {
      budgets.push_back(std::move(budget));
    }
  }
  if (good) {
    out = std::move(budgets);
  }
  return good;
}

std::string Budgets::show(const Value& value) {
  std::string out = "[";
  for (const Budget& budget : value) {
    std::string match;
    for (const auto& [name, field] : kBudgetNames) {
      if (const auto& text = budget.*field) {
        const std::string scalar = yaml_scalar(*text);
        match += cat(match.empty() ? "" : ", ", name, ": ", scalar.empty() ? "\"\"" : scalar);
      }
    }
    const auto* const per =
        std::find_if(kPeriods.begin(), kPeriods.end(), [&](const auto& one) { return one.second == budget.per; });
    out += cat(out.size() == 1 ? "" : ", ", "{match: {", match, "}, per: ", per->first,
               ", usd: ", usd_text(budget.micro_usd), "}");
  }
  return out + "]";
}

}  // namespace respand::config
