#include "cli/metrics_sample.h"

#include <algorithm>
#include <cstdlib>

namespace respand::cli {
namespace {

constexpr std::size_t kFewSteps = 5;
constexpr std::size_t kStepsOfAMinute = 60;

double number_of(std::string_view text) { return std::strtod(std::string(text).c_str(), nullptr); }

double seconds(Duration duration) { return std::max(std::chrono::duration<double>(duration).count(), 0.001); }

// Adds a sample of a histogram, over all its labels.
void add_to(Buckets& buckets, std::string_view labels, double count) {
  const std::size_t le = labels.find("le=\"");
  if (le == std::string_view::npos) {
    return;
  }
  const std::string_view bound_text = labels.substr(le + 4, labels.find('"', le + 4) - le - 4);
  if (bound_text == "+Inf") {
    return;
  }
  const double bound = number_of(bound_text);
  const auto at = std::find_if(buckets.begin(), buckets.end(), [&](const Bucket& b) { return b.bound == bound; });
  if (at == buckets.end()) {
    buckets.push_back({bound, count});
  } else {
    at->count += count;
  }
}

}  // namespace

MetricsSample sample_in(std::string_view metrics, MonoTime now) {
  MetricsSample out;
  out.time = now;
  const std::pair<std::string_view, double MetricsSample::*> totals[] = {
      {"respand_records_received_total", &MetricsSample::received},
      {"respand_records_rejected_total", &MetricsSample::rejected},
      {"respand_records_delivered_total", &MetricsSample::delivered},
      {"respand_records_dead_lettered_total", &MetricsSample::dead_lettered},
      {"respand_records_dropped_total", &MetricsSample::dropped},
      {"respand_requests_total", &MetricsSample::requests},
      {"respand_retries_total", &MetricsSample::retries},
      {"respand_llm_cost_usd_total", &MetricsSample::cost_usd},
      {"respand_backlog_records", &MetricsSample::backlog_records},
      {"respand_backlog_bytes", &MetricsSample::backlog_bytes},
      {"respand_backlog_oldest_seconds", &MetricsSample::oldest_seconds},
      {"respand_in_flight", &MetricsSample::in_flight},
      {"respand_concurrency_limit", &MetricsSample::limit},
      {"respand_pace_requests_per_second", &MetricsSample::pace},
      {"respand_failure_share", &MetricsSample::failure_share},
      {"respand_journal_bytes", &MetricsSample::journal_bytes},
      {"respand_connections", &MetricsSample::connections}};
  while (!metrics.empty()) {
    const std::string_view line = metrics.substr(0, metrics.find('\n'));
    metrics.remove_prefix(std::min(metrics.size(), line.size() + 1));
    const std::size_t space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string_view::npos) {
      continue;
    }
    const std::string_view name = line.substr(0, line.find_first_of("{ "));
    const std::string_view labels = line.substr(name.size(), space - name.size());
    const double value = number_of(line.substr(space + 1));
    for (const auto& [known, field] : totals) {
      out.*field += name == known ? value : 0;
    }
    if (name == "respand_delivery_lag_seconds_bucket") {
      add_to(out.lag, labels, value);
    } else if (name == "respand_request_seconds_bucket") {
      add_to(out.request, labels, value);
    } else if (name == "respand_circuit_open") {
      out.circuit_open = value != 0;
    }
  }
  return out;
}

void History::add(MetricsSample sample) {
  if (!all_.empty() && sample.received < all_.back().received) {
    all_.clear();
  }
  all_.push_back(std::move(sample));
  if (all_.size() > kMost) {
    all_.pop_front();
  }
}

const MetricsSample& History::before(std::size_t steps) const {
  return all_[all_.size() - std::min(all_.size(), steps + 1)];
}

std::vector<double> History::rates(double MetricsSample::*counter) const {
  std::vector<double> out;
  for (std::size_t i = 1; i < all_.size(); ++i) {
    out.push_back(std::max(0.0, all_[i].*counter - all_[i - 1].*counter) / seconds(all_[i].time - all_[i - 1].time));
  }
  return out;
}

std::vector<double> History::values(double MetricsSample::*gauge) const {
  std::vector<double> out;
  for (const MetricsSample& sample : all_) {
    out.push_back(sample.*gauge);
  }
  return out;
}

double History::rate(double MetricsSample::*counter) const {
  const MetricsSample& from = before(kFewSteps);
  return std::max(0.0, last().*counter - from.*counter) / seconds(last().time - from.time);
}

double History::a_minute(double MetricsSample::*counter) const {
  const MetricsSample& from = before(kStepsOfAMinute);
  return 60 * std::max(0.0, last().*counter - from.*counter) / seconds(last().time - from.time);
}

double History::quantile(Buckets MetricsSample::*histogram, double share) const {
  const Buckets& now = last().*histogram;
  const Buckets& then = before(kFewSteps).*histogram;
  const auto ended = [&](std::size_t i) { return now[i].count - (i < then.size() ? then[i].count : 0); };
  if (now.empty() || ended(now.size() - 1) <= 0 || &now == &then) {
    return -1;
  }
  const double wanted = share * ended(now.size() - 1);
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (ended(i) >= wanted) {
      return now[i].bound;
    }
  }
  return now.back().bound;
}

}  // namespace respand::cli
