#include "cli/costs_merge.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "record/moment.h"
#include "respand/base/text.h"
#include "respand/json/members.h"
#include "respand/json/text.h"
#include "respand/record/decimal.h"
#include "respand/record/record_parser.h"

namespace respand::cli {
namespace {

using ledger::UsageTotals;
using ledger::Usd;

// Enough for a report of very many rows, and no more than fits into memory.
constexpr Bytes kLargestReport = mebibytes(512);

Error no_report(std::string_view what) {
  return Error{ErrorCode::kInvalid, cat("not a report of `respand costs --json`: ", what)};
}

std::optional<std::int64_t> whole(std::string_view value) {
  const auto number = record::parse_decimal(value);
  return number && number->scale == 0 ? std::optional(static_cast<std::int64_t>(number->digits)) : std::nullopt;
}

std::optional<Usd> money(std::string_view value) {
  const auto number = record::parse_decimal(value);
  return number ? std::optional(Usd::of(*number)) : std::nullopt;
}

std::optional<std::int64_t> microseconds(std::string_view value) {
  const auto number = record::parse_decimal(value);
  if (!number || number->scale > 6) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(number->digits * record::power_of_ten(6 - number->scale));
}

std::optional<std::string> bytes_of_hex(const std::string& hex) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string bytes;
  if (hex.size() % 2 != 0) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (digit(hex[i]) < 0 || digit(hex[i + 1]) < 0) {
      return std::nullopt;
    }
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return bytes;
}

// 16 digits, as sources_json() writes a ledger's number.
std::optional<std::uint64_t> number_of_hex(const std::string& hex) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  return failure == std::errc{} && end == hex.data() + hex.size() ? std::optional(number) : std::nullopt;
}

// Reads the sums of a row or of the total. take() is called for each member; false: the member is a sum, and is wrong.
class SumsReader {
 public:
  explicit SumsReader(UsageTotals& totals) : sums_(totals) {}

  bool take(std::string_view name, std::string_view value) {
    for (std::size_t kind = 0; kind < ledger::kKindNames.size(); ++kind) {
      if (name == cat(ledger::kKindNames[kind], "_tokens")) {
        return set(sums_.tokens[kind].value, whole(value));
      }
    }
    return name == "records"              ? set(sums_.records.value, whole(value))
           : name == "errors"             ? set(sums_.errors.value, whole(value))
           : name == "unpriced"           ? set(sums_.unpriced.value, whole(value))
           : name == "repeats"            ? set(sums_.repeats.value, whole(value))
           : name == "cost"               ? set(sums_.cost, money(value))
           : name == "cost_reported"      ? set(sums_.reported, money(value))
           : name == "cost_computed"      ? set(sums_.computed, money(value))
           : name == "generation_seconds" ? set(sums_.generation_us.value, microseconds(value))
           : name == "max_seconds"        ? set(sums_.max_us, microseconds(value))
           : name == "times"              ? set_times(value)
                                          : true;
  }

 private:
  template <typename Value>
  static bool set(Value& out, const std::optional<Value>& value) {
    out = value.value_or(out);
    return value.has_value();
  }
  bool set_times(std::string_view value) {
    const auto bytes = bytes_of_hex(json::decoded(value));
    if (bytes) {
      sums_.times = ledger::DurationHistogram::decode(*bytes);
    }
    return bytes.has_value();
  }
  UsageTotals& sums_;
};

// Whether the parts fit the sum: what applications have given is the rest, and must not be below 0.
bool adds_up(const UsageTotals& totals) {
  Usd parts = totals.reported;
  parts.add(totals.computed);
  return parts <= totals.cost;
}

template <typename Visit>
void members(std::string_view object, const Visit& visit) {
  json::for_each_member(
      object, [&](std::string_view name, bool, std::string_view value) { visit(json::decoded(name), value); });
}

class ReportReader {
 public:
  Result<Costs> read(std::string_view text) {
    members(text, [&](const std::string& name, std::string_view value) { top(name, value); });
    if (wrong_.empty() && (!has_rows_ || !has_total_)) {
      wrong_ = "it has no rows, or no total";
    }
    if (!wrong_.empty()) {
      return no_report(wrong_);
    }
    return std::move(costs_);
  }

 private:
  void top(const std::string& name, std::string_view value) {
    if (name == "since") {
      time(value, costs_.since);
    } else if (name == "until") {
      time(value, costs_.until);
    } else if (name == "by" && value.front() == '[') {
      json::for_each_element(value, [&](std::string_view one) { costs_.by.push_back(axis_of(json::decoded(one))); });
    } else if (name == "rows" && value.front() == '[') {
      has_rows_ = true;
      json::for_each_element(value, [&](std::string_view one) { row(one); });
    } else if (name == "total" && value.front() == '{') {
      has_total_ = true;
      SumsReader reader(costs_.total);
      members(value, [&](const std::string& sum, std::string_view written) { check(reader.take(sum, written), sum); });
      check(adds_up(costs_.total), "total");
    } else if (name == "unpriced_models" && value.front() == '{') {
      members(value, [&](const std::string& model, std::string_view written) {
        const auto records = whole(written);
        check(records.has_value(), name);
        costs_.unpriced_models[model] = records.value_or(0);
      });
    } else if (name == "sources" && value.front() == '[') {
      json::for_each_element(value, [&](std::string_view one) { source(one); });
    }
  }

  void source(std::string_view object) {
    if (object.front() != '{') {
      return check(false, "sources");
    }
    CostsSource& source = costs_.sources.emplace_back();
    members(object, [&](const std::string& name, std::string_view value) {
      const auto number = [&] { return whole(value); };
      if (name == "ledger") {
        const auto ledger = number_of_hex(json::decoded(value));
        check(ledger.has_value(), name);
        source.ledger = ledger.value_or(0);
      } else if (name == "host") {
        source.host = json::decoded(value);
      } else if (name == "since" || name == "until") {
        time(value, name == "since" ? source.since : source.until);
      } else if (name == "records") {
        check(number().has_value(), name);
        source.records = number().value_or(0);
      } else if (name == "missed") {
        check(number().has_value(), name);
        source.missed = static_cast<std::uint64_t>(number().value_or(0));
      } else if (name == "relayed" && value.front() == '{') {
        members(value, [&](const std::string& host, std::string_view written) {
          const auto records = whole(written);
          check(records.has_value(), name);
          source.relayed[host] = records.value_or(0);
        });
      }
    });
  }

  void row(std::string_view object) {
    if (object.front() != '{') {
      return check(false, "rows");
    }
    CostsRow row{std::vector<std::string>(costs_.by.size()), {}};
    SumsReader reader(row.totals);
    members(object, [&](const std::string& name, std::string_view value) {
      const auto axis =
          std::find_if(costs_.by.begin(), costs_.by.end(), [&](const ledger::Axis& one) { return one.name() == name; });
      if (axis != costs_.by.end()) {
        row.values[static_cast<std::size_t>(axis - costs_.by.begin())] = json::decoded(value);
      } else {
        check(reader.take(name, value), name);
      }
    });
    check(adds_up(row.totals), "rows");
    costs_.rows.push_back(std::move(row));
  }

  static ledger::Axis axis_of(std::string name) {
    const auto known = std::find(ledger::kByWords.begin(), ledger::kByWords.end(), name);
    return known != ledger::kByWords.end() ? ledger::Axis(static_cast<ledger::By>(known - ledger::kByWords.begin()))
                                           : ledger::Axis(std::move(name));
  }

  void time(std::string_view value, WallTime& out) {
    const auto time = record::wall_time_in(value);
    check(time.has_value(), "since and until");
    out = time.value_or(WallTime{});
  }
  void check(bool good, std::string_view name) {
    if (!good && wrong_.empty()) {
      wrong_ = cat("'", printable(name, 40), "' is wrong");
    }
  }

  Costs costs_;
  std::string wrong_;
  bool has_rows_ = false;
  bool has_total_ = false;
};

}  // namespace

Result<Costs> read_costs_json(std::string_view text) {
  record::RecordParser parser(kLargestReport);
  const record::ParsedRecord checked = parser.parse(text);
  if (!checked.ok) {
    return no_report(checked.refusal.message);
  }
  const std::size_t begin = text.find('{');
  return ReportReader().read(text.substr(begin, checked.fields.close + 1 - begin));
}

Status add_host(Costs& all, const Costs& host) {
  const bool first = all.since == WallTime{} && all.until == WallTime{};
  if (!first && all.by != host.by) {
    return error(ErrorCode::kInvalid, "its rows are told apart by other things (--by) than those before");
  }
  all.by = host.by;
  all.since = first ? host.since : std::min(all.since, host.since);
  all.until = std::max(all.until, host.until);
  for (const CostsRow& row : host.rows) {
    all.rows.push_back(row);
  }
  all.total.merge(host.total);
  for (const auto& [model, records] : host.unpriced_models) {
    all.unpriced_models[model] += records;
  }
  all.sources.insert(all.sources.end(), host.sources.begin(), host.sources.end());
  return {};
}

Result<Costs> regrouped(const Costs& costs, const std::vector<ledger::Axis>& by) {
  std::vector<std::size_t> places;
  for (const ledger::Axis& axis : by) {
    const auto found = std::find(costs.by.begin(), costs.by.end(), axis);
    if (found == costs.by.end()) {
      return error(ErrorCode::kInvalid, cat("its rows do not tell ", axis.name(), ": make it anew with --by ",
                                            axis.name(), ", or give the ledger's file"));
    }
    places.push_back(static_cast<std::size_t>(found - costs.by.begin()));
  }
  Costs out = costs;
  out.by = by;
  for (CostsRow& row : out.rows) {
    std::vector<std::string> values;
    for (const std::size_t place : places) {
      values.push_back(row.values[place]);
    }
    row.values = std::move(values);
  }
  return out;
}

Costs summed(const Costs& all, std::size_t top) {
  ledger::Report report;
  for (const CostsRow& row : all.rows) {
    report.rows[row.values].merge(row.totals);
  }
  report.total = all.total;
  report.unpriced_models = all.unpriced_models;
  Costs sum = arrange(report, all.by, top);
  sum.since = all.since;
  sum.until = all.until;
  sum.sources = all.sources;
  return sum;
}

}  // namespace respand::cli
