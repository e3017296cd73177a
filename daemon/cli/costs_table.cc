#include "cli/costs_table.h"

#include <algorithm>
#include <tuple>

#include "respand/base/json_text.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

using ledger::By;
using ledger::Sums;

bool is_time(By by) { return by == By::kDay || by == By::kHour; }

const char* word_of(By by) { return ledger::kByWords[static_cast<std::size_t>(by)]; }

// Microseconds as seconds, exactly: "1.5".
std::string seconds_text(std::int64_t us) {
  std::string decimals = std::to_string(1'000'000 + us % 1'000'000).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return cat(us / 1'000'000, decimals.empty() ? "" : ".", decimals);
}

// A percentile in seconds, never above the longest; nothing where no record has a time.
std::string percentile(const Sums& sums, double share) {
  if (sums.times.count() == 0) {
    return {};
  }
  return seconds_text(std::min(std::int64_t{sums.times.percentile(share).count()}, sums.max_us));
}

std::string json_sums(const Sums& sums) {
  const auto or_null = [](const std::string& text) { return text.empty() ? std::string("null") : text; };
  return cat("\"records\":", sums.records.value, ",\"prompt_tokens\":", sums.tokens[0].value,
             ",\"completion_tokens\":", sums.tokens[1].value, ",\"cost\":", sums.cost.exact(),
             ",\"generation_seconds\":", seconds_text(sums.generation_us.value),
             ",\"p50\":", or_null(percentile(sums, 0.5)), ",\"p95\":", or_null(percentile(sums, 0.95)),
             ",\"p99\":", or_null(percentile(sums, 0.99)));
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

Costs arrange(const ledger::Report& report, const std::vector<By>& by, std::size_t top) {
  Costs costs;
  costs.by = by;
  costs.total = report.total;
  for (const auto& [values, sums] : report.rows) {
    costs.rows.push_back({values, sums});
  }
  const auto dearer = [](const CostsRow& a, const CostsRow& b) {
    return std::tie(b.sums.cost, b.sums.records, a.values) < std::tie(a.sums.cost, a.sums.records, b.values);
  };
  std::sort(costs.rows.begin(), costs.rows.end(), dearer);
  CostsRow rest{std::vector<std::string>(by.size(), kRest), {}};
  const bool cut = top > 0 && costs.rows.size() > top;
  if (cut) {
    for (std::size_t i = top; i < costs.rows.size(); ++i) {
      rest.sums.merge(costs.rows[i].sums);
    }
    costs.rows.resize(top);
  }
  if (!by.empty() && is_time(by.front())) {
    std::stable_sort(costs.rows.begin(), costs.rows.end(),
                     [](const CostsRow& a, const CostsRow& b) { return a.values.front() < b.values.front(); });
  }
  if (cut) {
    costs.rows.push_back(std::move(rest));
  }
  return costs;
}

std::string costs_json(const Costs& costs) {
  std::string out = cat("{\"since\":\"", iso8601(costs.since).substr(0, 19), "Z\",\"until\":\"",
                        iso8601(costs.until).substr(0, 19), "Z\",\"rows\":[");
  for (const CostsRow& row : costs.rows) {
    out += out.back() == '[' ? "{" : ",{";
    for (std::size_t i = 0; i < costs.by.size(); ++i) {
      out += cat("\"", word_of(costs.by[i]), "\":");
      put_json_string(out, row.values[i]);
      out += ",";
    }
    out += json_sums(row.sums) + "}";
  }
  return cat(out, "],\"total\":{", json_sums(costs.total), "}}\n");
}

std::string costs_csv(const Costs& costs) {
  std::string out;
  for (const By by : costs.by) {
    out += cat(word_of(by), ",");
  }
  out += "records,errors";
  for (const char* kind : ledger::kKindNames) {
    out += cat(",", kind, "_tokens");
  }
  out += ",cost,generation_seconds,p50,p95,p99\r\n";
  for (const CostsRow& row : costs.rows) {
    for (const std::string& value : row.values) {
      out += csv_text(value) + ",";
    }
    out += cat(row.sums.records.value, ",", row.sums.errors.value);
    for (const ledger::Count& tokens : row.sums.tokens) {
      out += cat(",", tokens.value);
    }
    out += cat(",", row.sums.cost.exact(), ",", seconds_text(row.sums.generation_us.value));
    for (const double share : {0.5, 0.95, 0.99}) {
      out += "," + percentile(row.sums, share);
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace respand::cli
