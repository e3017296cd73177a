#include "config/price_reader.h"

#include <algorithm>
#include <charconv>

#include "respand/base/name_pattern.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

struct MatchKind {
  std::string_view name;
  NameMatch::Kind kind;
};
constexpr MatchKind kMatchKinds[] = {{"equals", NameMatch::Kind::kEquals},
                                     {"starts_with", NameMatch::Kind::kStartsWith},
                                     {"ends_with", NameMatch::Kind::kEndsWith},
                                     {"contains", NameMatch::Kind::kContains},
                                     {"regex", NameMatch::Kind::kRegex},
                                     {"or", NameMatch::Kind::kAny},
                                     {"and", NameMatch::Kind::kAll}};

std::optional<int> digits_of(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size() && text.front() != '-';
  return whole ? std::optional(value) : std::nullopt;
}

// Days since 1970-01-01 of a day of the Gregorian calendar (Howard Hinnant's days_from_civil).
int days_from_civil(int year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

std::optional<std::string> price_text(const Node& node, const std::string& where, Report& report) {
  if (node.kind == Node::Kind::kScalar && is_price_number(node.text)) {
    return node.text;
  }
  report.problem(node.place, cat(where, ": expected US dollars, such as 0.25 (from 0 on, below 1000000), not ",
                                 node.kind == Node::Kind::kScalar ? cat("'", printable(node.text, kMostShown), "'")
                                                                  : std::string(name_of(node.kind))));
  return std::nullopt;
}

bool read_tier(const Node& start, const Node& price, const std::string& where, Report& report, ListedRate& rate) {
  std::uint64_t above = 0;
  const std::string& text = start.text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), above);
  if (start.kind != Node::Kind::kScalar || error != std::errc() || end != text.data() + text.size()) {
    report.problem(start.place, cat(where, ": expected a number of tokens, not '", printable(text, kMostShown), "'"));
    return false;
  }
  auto dollars = price_text(price, where, report);
  if (dollars) {
    rate.tiers.push_back({above, std::move(*dollars)});
  }
  return dollars.has_value();
}

bool read_tiers(const Node& node, const std::string& where, Report& report, ListedRate& rate) {
  if (const Node* const above = member(node, "above"); above != nullptr && above->kind == Node::Kind::kMap) {
    for (std::size_t i = 0; i < above->keys.size(); ++i) {
      if (!read_tier(above->keys[i], above->items[i], where + ".above", report, rate)) {
        return false;
      }
    }
    return true;
  }
  const Node* const tiers = member(node, "tiers");
  if (tiers == nullptr || tiers->kind != Node::Kind::kList) {
    report_kind(tiers != nullptr ? *tiers : node, where, "{base: …, tiers: [{start: …, price: …}]}", report);
    return false;
  }
  for (std::size_t i = 0; i < tiers->items.size(); ++i) {
    const std::string at = cat(where, ".tiers[", i, "]");
    const Node* const start = member(tiers->items[i], "start");
    const Node* const price = member(tiers->items[i], "price");
    if (start == nullptr || price == nullptr) {
      report_kind(tiers->items[i], at, "{start: …, price: …}", report);
      return false;
    }
    if (!read_tier(*start, *price, at, report, rate)) {
      return false;
    }
  }
  return true;
}

}  // namespace

void report_kind(const Node& node, const std::string& where, std::string_view wanted, Report& report) {
  report.problem(node.place, cat(where, ": expected ", wanted, ", not ", name_of(node.kind)));
}

bool is_price_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && text.front() >= '0' && text.front() <= '9' &&
         value < 1'000'000 && text.size() <= 40;
}

std::optional<int> day_of(std::string_view date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') {
    return std::nullopt;
  }
  const auto year = digits_of(date.substr(0, 4));
  const auto month = digits_of(date.substr(5, 2));
  const auto day = digits_of(date.substr(8, 2));
  if (!year || !month || !day || *year < 1970 || *month < 1 || *month > 12 || *day < 1 || *day > 31) {
    return std::nullopt;
  }
  return days_from_civil(*year, *month, *day);
}

std::optional<int> second_of(std::string_view time) {
  if (time.ends_with('Z')) {
    time.remove_suffix(1);
  }
  if ((time.size() != 5 && time.size() != 8) || time[2] != ':' || (time.size() == 8 && time[5] != ':')) {
    return std::nullopt;
  }
  const auto hour = digits_of(time.substr(0, 2));
  const auto minute = digits_of(time.substr(3, 2));
  const auto second = time.size() == 8 ? digits_of(time.substr(6, 2)) : std::optional(0);
  if (!hour || !minute || !second || *hour > 24 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  return (*hour * 60 + *minute) * 60 + *second;
}

// A clause is a map with one member. Those of `or` and `and` are lists of further clauses; their nesting is bounded by
// the parser's.
std::optional<NameMatch> read_match(const Node& node, const std::string& where, Report& report) {
  if (node.kind != Node::Kind::kMap || node.keys.size() != 1) {
    report_kind(node, where, "one of {equals, starts_with, ends_with, contains, regex, or, and}", report);
    return std::nullopt;
  }
  const std::string& name = node.keys.front().text;
  const auto* const known = std::find_if(std::begin(kMatchKinds), std::end(kMatchKinds),
                                         [&](const MatchKind& kind) { return kind.name == name; });
  if (known == std::end(kMatchKinds)) {
    report.problem(node.keys.front().place, cat(where, ": unknown clause '", printable(name, kMostShown), "'"));
    return std::nullopt;
  }
  const Node& value = node.items.front();
  const std::string at = cat(where, ".", name);
  NameMatch match{.kind = known->kind, .text = {}, .parts = {}};
  if (match.kind != NameMatch::Kind::kAny && match.kind != NameMatch::Kind::kAll) {
    if (value.kind != Node::Kind::kScalar) {
      report_kind(value, at, "text", report);
      return std::nullopt;
    }
    match.text = value.text;
    if (match.kind == NameMatch::Kind::kRegex && !NamePattern::parse(match.text)) {
      report.problem(value.place, cat(at, ": '", printable(match.text, kMostShown),
                                      "' is no regular expression that respand knows (COST.md)"));
      return std::nullopt;
    }
    return match;
  }
  if (value.kind != Node::Kind::kList) {
    report_kind(value, at, "a list", report);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    auto part = read_match(value.items[i], cat(at, "[", i, "]"), report);
    if (!part) {
      return std::nullopt;
    }
    match.parts.push_back(std::move(*part));
  }
  return match;
}

std::optional<ListedRate> read_rate(BillingUnit unit, const Node& node, const std::string& where, Report& report) {
  ListedRate rate{.unit = unit, .price = {}, .tiers = {}};
  const Node* const base = node.kind == Node::Kind::kMap ? member(node, "base") : &node;
  if (base == nullptr) {
    report_kind(node, where, "a number or {base: …, tiers: …}", report);
    return std::nullopt;
  }
  auto price = price_text(*base, where, report);
  if (!price || (node.kind == Node::Kind::kMap && !read_tiers(node, where, report, rate))) {
    return std::nullopt;
  }
  rate.price = std::move(*price);
  std::stable_sort(rate.tiers.begin(), rate.tiers.end(),
                   [](const ListedTier& a, const ListedTier& b) { return a.above < b.above; });
  return rate;
}

}  // namespace respand::config
