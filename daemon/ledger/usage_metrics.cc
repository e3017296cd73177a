#include "ledger/usage_metrics.h"

#include <algorithm>
#include <array>

namespace respand::ledger {
namespace {

// Seconds. Language models answer within half a second to minutes.
const std::vector<double>& bounds() {
  static const std::vector<double> all{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250};
  return all;
}

std::array<metrics::Counter, 5> token_counters(metrics::Registry& registry, const std::string& model) {
  const auto counter = [&](Kind kind) {
    return registry.counter("respand_llm_tokens_total", "Tokens of the records in the ledger",
                            {{"model", model}, {"kind", kKindNames[static_cast<std::size_t>(kind)]}});
  };
  return {counter(Kind::kPrompt), counter(Kind::kCompletion), counter(Kind::kCachedPrompt), counter(Kind::kCacheWrite),
          counter(Kind::kReasoning)};
}

}  // namespace

struct UsageMetrics::Series {
  Series(metrics::Registry& registry, const std::string& model)
      : cost(registry.counter("respand_llm_cost_usd_total", "Cost of the records in the ledger", {{"model", model}})),
        unpriced(
            registry.counter("respand_llm_unpriced_records_total",
                             "Records that used something, and what it costs is not known: the cost above is too low",
                             {{"model", model}})),
        tokens(token_counters(registry, model)),
        generation(registry.histogram("respand_llm_generation_seconds", "Generation time of the records in the ledger",
                                      bounds(), {{"model", model}})),
        waiting(bounds().size() + 1) {}
  metrics::Counter cost;
  metrics::Counter unpriced;
  std::array<metrics::Counter, 5> tokens;
  metrics::Histogram generation;
  std::vector<double> waiting;  // by bucket
  double waiting_seconds = 0;
  bool any = false;
};

UsageMetrics::UsageMetrics(metrics::Registry& registry) : registry_(registry) {}
UsageMetrics::~UsageMetrics() = default;

UsageMetrics::Series& UsageMetrics::series(const std::string& model) {
  auto found = series_.find(model);
  if (found == series_.end()) {
    const std::string label = series_.size() < kMostModels ? model : std::string(kOther);
    found = series_.find(label);
    if (found == series_.end()) {
      found = series_.emplace(label, std::make_unique<Series>(registry_, label)).first;
    }
  }
  return *found->second;
}

void UsageMetrics::observe(Series& series, Duration generation_time) {
  const double seconds = std::chrono::duration<double>(generation_time).count();
  const auto bucket = std::lower_bound(bounds().begin(), bounds().end(), seconds) - bounds().begin();
  series.waiting[static_cast<std::size_t>(bucket)] += 1;
  series.waiting_seconds += seconds;
  series.any = true;
}

void UsageMetrics::publish(const Rows& rows) {
  for (const auto& [key, totals] : rows) {
    Series& of_model = series(key.names[static_cast<std::size_t>(Name::kModel)]);
    of_model.cost.add(totals.cost.approximate());
    of_model.unpriced.add(static_cast<double>(totals.unpriced.value));
    for (std::size_t kind = 0; kind < totals.tokens.size(); ++kind) {
      of_model.tokens[kind].add(static_cast<double>(totals.tokens[kind].value));
    }
  }
  for (const auto& [label, one] : series_) {
    if (one->any) {
      one->generation.observe_many(one->waiting, one->waiting_seconds);
    }
  }
  discard();
}

void UsageMetrics::discard() {
  for (const auto& [label, one] : series_) {
    std::fill(one->waiting.begin(), one->waiting.end(), 0.0);
    one->waiting_seconds = 0;
    one->any = false;
  }
}

}  // namespace respand::ledger
