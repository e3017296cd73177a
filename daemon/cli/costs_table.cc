#include "cli/costs_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::cli {
namespace {

using ledger::Axis;
using ledger::UsageTotals;
using ledger::Usd;

// Microseconds as seconds, exactly: "1.5".
std::string seconds_text(std::int64_t us) {
  std::string decimals = std::to_string(1'000'000 + us % 1'000'000).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return cat(us / 1'000'000, decimals.empty() ? "" : ".", decimals);
}

// A percentile in seconds, never above the longest time; empty where no record has a time.
std::string percentile(const UsageTotals& totals, double share) {
  if (totals.times.count() == 0) {
    return {};
  }
  return seconds_text(std::min(std::int64_t{totals.times.percentile(share).count()}, totals.max_us));
}

// The part of the cost that applications have given themselves.
Usd given(const UsageTotals& totals) { return totals.cost.minus(totals.reported).minus(totals.computed); }

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

void add_sums(json::Object& object, const UsageTotals& totals) {
  object.member("records", totals.records.value).member("errors", totals.errors.value);
  for (std::size_t kind = 0; kind < totals.tokens.size(); ++kind) {
    object.member(cat(ledger::kKindNames[kind], "_tokens"), totals.tokens[kind].value);
  }
  object.value("cost", totals.cost.exact())
      .value("cost_given", given(totals).exact())
      .value("cost_reported", totals.reported.exact())
      .value("cost_computed", totals.computed.exact())
      .member("unpriced", totals.unpriced.value)
      .member("repeats", totals.repeats.value)
      .value("generation_seconds", seconds_text(totals.generation_us.value))
      .value("max_seconds", seconds_text(totals.max_us));
  for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}) {
    const std::string time = percentile(totals, share);
    object.value(name, time.empty() ? "null" : time);
  }
  object.member("times", hex(totals.times.encode()));
}

std::string csv_text(const std::string& text) {
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  const std::string safe = cat(formula ? "'" : "", text);
  if (safe.find_first_of("\",\r\n ;\t'") == std::string::npos) {
    return safe;
  }
  std::string out = "\"";
  for (const char c : safe) {
    out += c == '"' ? "\"\"" : std::string(1, c);
  }
  return out + "\"";
}

}  // namespace

Costs arrange(const ledger::Report& report, const std::vector<Axis>& by, std::size_t top) {
  Costs costs;
  costs.by = by;
  costs.total = report.total;
  costs.unpriced_models = report.unpriced_models;
  for (const auto& [values, totals] : report.rows) {
    costs.rows.push_back({values, totals});
  }
  const auto dearer = [](const CostsRow& a, const CostsRow& b) {
    return std::tie(b.totals.cost, b.totals.records, a.values) < std::tie(a.totals.cost, a.totals.records, b.values);
  };
  std::sort(costs.rows.begin(), costs.rows.end(), dearer);
  CostsRow rest{std::vector<std::string>(by.size(), kRest), {}};
  const bool cut = top > 0 && costs.rows.size() > top;
  if (cut) {
    for (std::size_t i = top; i < costs.rows.size(); ++i) {
      rest.totals.merge(costs.rows[i].totals);
    }
    costs.rows.resize(top);
  }
  if (!by.empty() && ledger::is_time(by.front().by)) {
    std::stable_sort(costs.rows.begin(), costs.rows.end(),
                     [](const CostsRow& a, const CostsRow& b) { return a.values.front() < b.values.front(); });
  }
  if (cut) {
    costs.rows.push_back(std::move(rest));
  }
  return costs;
}

void set_source(Costs& costs, const ledger::Report& report, const HourRange& range, std::string file) {
  costs.since = ledger::time_of(range.from);
  costs.until = ledger::time_of(range.to);
  costs.sources = {{.file = std::move(file),
                    .ledger = report.provenance.ledger,
                    .host = report.provenance.host,
                    .records = report.total.records.value,
                    .relayed = report.relayed,
                    .missed = report.missed,
                    .since = costs.since,
                    .until = costs.until}};
}

namespace {

std::string seconds_of(WallTime time) { return cat(iso8601(time).substr(0, 19), "Z"); }

std::string sources_json(const std::vector<CostsSource>& sources) {
  json::Array all;
  for (const CostsSource& source : sources) {
    json::Object relayed;
    for (const auto& [host, records] : source.relayed) {
      relayed.member(host, records);
    }
    std::string number;
    for (int shift = 60; shift >= 0; shift -= 4) {
      number += "0123456789abcdef"[source.ledger >> shift & 15];
    }
    all.element(json::Object()
                    .member("ledger", number)
                    .member("host", source.host)
                    .member("since", seconds_of(source.since))
                    .member("until", seconds_of(source.until))
                    .member("records", source.records)
                    .object("relayed", relayed)
                    .member("missed", source.missed));
  }
  return all.text();
}

}  // namespace

std::string costs_json(const Costs& costs) {
  json::Array by;
  for (const Axis& axis : costs.by) {
    by.element(json::string_of(axis.name()));
  }
  json::Array rows;
  for (const CostsRow& row : costs.rows) {
    json::Object one;
    for (std::size_t i = 0; i < costs.by.size(); ++i) {
      one.member(costs.by[i].name(), row.values[i]);
    }
    add_sums(one, row.totals);
    rows.element(one);
  }
  json::Object total;
  add_sums(total, costs.total);
  json::Object unpriced;
  for (const auto& [model, records] : costs.unpriced_models) {
    unpriced.member(model, records);
  }
  json::Object all;
  all.member("since", seconds_of(costs.since))
      .member("until", seconds_of(costs.until))
      .value("by", by.text())
      .value("rows", rows.text())
      .object("total", total)
      .object("unpriced_models", unpriced);
  if (!costs.sources.empty()) {
    all.value("sources", sources_json(costs.sources));
  }
  return all.text() + "\n";
}

std::string costs_csv(const Costs& costs) {
  std::string out;
  for (const Axis& axis : costs.by) {
    out += csv_text(axis.name()) + ",";
  }
  out += "records,errors";
  for (const char* kind : ledger::kKindNames) {
    out += cat(",", kind, "_tokens");
  }
  out += ",cost,generation_seconds,p50,p95,p99,unpriced,cost_given,cost_reported,cost_computed,repeats\r\n";
  for (const CostsRow& row : costs.rows) {
    for (const std::string& value : row.values) {
      out += csv_text(value) + ",";
    }
    out += cat(row.totals.records.value, ",", row.totals.errors.value);
    for (const ledger::Count& tokens : row.totals.tokens) {
      out += cat(",", tokens.value);
    }
    out += cat(",", row.totals.cost.exact(), ",", seconds_text(row.totals.generation_us.value));
    for (const double share : {0.5, 0.95, 0.99}) {
      out += "," + percentile(row.totals, share);
    }
    out += cat(",", row.totals.unpriced.value, ",", given(row.totals).exact(), ",", row.totals.reported.exact(), ",",
               row.totals.computed.exact(), ",", row.totals.repeats.value, "\r\n");
  }
  return out;
}

std::string amount_text(const UsageTotals& totals, const std::string& rounded, bool utf8) {
  if (totals.unpriced.value == 0) {
    return rounded;
  }
  if (totals.unpriced.value >= totals.records.value && totals.cost == Usd{}) {
    return "n/a";
  }
  return cat(utf8 ? "≥ " : ">= ", rounded);
}

namespace {

constexpr std::size_t kMostModelsNamed = 5;

// The models without a price, those with the most records first.
std::string unpriced_models_text(const Costs& costs) {
  std::vector<std::pair<std::string, std::int64_t>> models(costs.unpriced_models.begin(), costs.unpriced_models.end());
  std::stable_sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out;
  for (std::size_t i = 0; i < std::min(models.size(), kMostModelsNamed); ++i) {
    out += cat(out.empty() ? "" : ", ", models[i].first.empty() ? "(no model)" : printable(models[i].first, 80), " (",
               grouped(models[i].second), ")");
  }
  return models.size() > kMostModelsNamed ? cat(out, " and ", models.size() - kMostModelsNamed, " more") : out;
}

}  // namespace

std::string costs_footer(const Costs& costs, bool utf8) {
  constexpr int kFooterDecimals = 4;
  const UsageTotals& total = costs.total;
  std::string out;
  if (total.unpriced.value > 0) {
    out += cat("\ncost: ", amount_text(total, total.cost.rounded(kFooterDecimals), utf8), " (",
               grouped(total.unpriced.value), " of ", grouped(total.records.value), " records without a price)\n",
               "  without a price: ", unpriced_models_text(costs), "\n",
               "  `respand costs price MODEL` says why; records.prices takes a list that has it\n");
  }
  if (total.reported != Usd{} || total.computed != Usd{}) {
    out += cat(out.empty() ? "\n" : "", "of the cost: ", given(total).rounded(kFooterDecimals),
               " given by applications, ", total.reported.rounded(kFooterDecimals), " reported in answers, ",
               total.computed.rounded(kFooterDecimals), " computed\n");
  }
  if (total.repeats.value > 0) {
    out += cat(out.empty() ? "\n" : "", grouped(total.repeats.value),
               " records came again and are no spend (costs.deduplicate)\n");
  }
  return out;
}

}  // namespace respand::cli
