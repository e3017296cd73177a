#include "respand/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>

#include "respand/base/mutex.h"
#include "respand/base/text.h"

namespace respand::metrics {

void Counter::add(double n) const {
  if (std::isfinite(n) && n > 0) {  // After one NaN the sum would be NaN for ever.
    impl_->Increment(n);
  }
}
double Counter::value() const { return impl_->Value(); }
void Gauge::set(double value) const { impl_->Set(value); }
void Gauge::add(double n) const { impl_->Increment(n); }
double Gauge::value() const { return impl_->Value(); }
void Histogram::observe(double value) const {
  if (std::isfinite(value)) {
    impl_->Observe(value);
  }
}

void Histogram::observe_many(const std::vector<double>& by_bucket, double sum) const {
  impl_->ObserveMultiple(by_bucket, sum);
}

struct Registry::Impl {
  template <typename Metric>
  using Families = std::map<std::string, prometheus::Family<Metric>*, std::less<>>;

  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  // Families by name, for sum(), each() and buckets(): the registry's own list can be searched only by copying all of
  // it.
  LockGuarded<Families<prometheus::Counter>> counters;
  LockGuarded<Families<prometheus::Histogram>> histograms;
  LockGuarded<Families<prometheus::Gauge>> gauges;  // for remove_gauge()
  std::vector<std::function<void()>> collectors;
};

namespace {

// The most bytes of a label's value: longer than the name of any real model.
constexpr std::size_t kMaxLabelValue = 200;

std::map<std::string, std::string> to_map(Labels labels) {
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : labels) {
    map.emplace(key, printable(value, kMaxLabelValue));
  }
  return map;
}

// The help text as the exposition format wants it. prometheus-cpp writes it as it is, and a scraper refuses the whole
// page for a backslash that stands alone.
std::string escaped(std::string_view help) {
  std::string text;
  for (const char c : help) {
    text += c == '\\' ? std::string("\\\\") : c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text;
}

// All metrics of a name, as they are now; empty where there are none.
template <typename Families>
std::vector<prometheus::ClientMetric> metrics_of(const Families& families, std::string_view name) {
  auto* const family = families.with([&](const auto& all) {
    const auto known = all.find(name);
    return known == all.end() ? nullptr : known->second;
  });
  std::vector<prometheus::ClientMetric> metrics;
  if (family != nullptr) {
    for (prometheus::MetricFamily& part : family->Collect()) {
      std::move(part.metric.begin(), part.metric.end(), std::back_inserter(metrics));
    }
  }
  return metrics;
}

std::string value_of(const prometheus::ClientMetric& metric, std::string_view label) {
  const auto found =
      std::find_if(metric.label.begin(), metric.label.end(), [&](const auto& one) { return one.name == label; });
  return found == metric.label.end() ? std::string() : found->value;
}

bool has_all(const prometheus::ClientMetric& metric, Labels labels) {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& wanted) {
    return std::any_of(metric.label.begin(), metric.label.end(),
                       [&](const auto& label) { return label.name == wanted.first && label.value == wanted.second; });
  });
}

}  // namespace

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildCounter().Name(std::string(name)).Help(escaped(help)).Register(impl_->registry);
  impl_->counters.with([&](auto& counters) { counters.try_emplace(std::string(name), &family); });
  return Counter(family.Add(to_map(labels)));
}

double Registry::sum(std::string_view name, Labels labels) const {
  double sum = 0;
  for (const prometheus::ClientMetric& metric : metrics_of(impl_->counters, name)) {
    sum += has_all(metric, labels) ? metric.counter.value : 0;
  }
  return sum;
}

void Registry::each(std::string_view name, std::initializer_list<std::string_view> labels, const Visit& visit) const {
  for (const prometheus::ClientMetric& metric : metrics_of(impl_->counters, name)) {
    std::vector<std::string> values;
    for (const std::string_view label : labels) {
      values.push_back(value_of(metric, label));
    }
    visit(values, metric.counter.value);
  }
}

// Adds up the histograms of one name over their labels; they have the same bounds, which the first one gives.
Buckets Registry::buckets(std::string_view name) const {
  Buckets sum;
  for (const prometheus::ClientMetric& metric : metrics_of(impl_->histograms, name)) {
    const auto& buckets = metric.histogram.bucket;  // the last one has no bound
    if (sum.counts.empty()) {
      sum.counts.resize(buckets.size());
      for (std::size_t i = 0; i + 1 < buckets.size(); ++i) {
        sum.bounds.push_back(buckets[i].upper_bound);
      }
    }
    for (std::size_t i = 0; i < std::min(sum.counts.size(), buckets.size()); ++i) {
      sum.counts[i] += static_cast<double>(buckets[i].cumulative_count);
    }
  }
  return sum;
}

Gauge Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildGauge().Name(std::string(name)).Help(escaped(help)).Register(impl_->registry);
  impl_->gauges.with([&](auto& gauges) { gauges.try_emplace(std::string(name), &family); });
  return Gauge(family.Add(to_map(labels)));
}

// Families live as long as the registry. One gives back the metric that it has for the labels, or makes it.
void Registry::remove_gauge(std::string_view name, Labels labels) {
  auto* const family = impl_->gauges.with([name](const auto& gauges) {
    const auto found = gauges.find(name);
    return found == gauges.end() ? nullptr : found->second;
  });
  if (family != nullptr) {
    family->Remove(&family->Add(to_map(labels)));
  }
}

Histogram Registry::histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                              Labels labels) {
  auto& family = prometheus::BuildHistogram().Name(std::string(name)).Help(escaped(help)).Register(impl_->registry);
  impl_->histograms.with([&](auto& histograms) { histograms.try_emplace(std::string(name), &family); });
  return Histogram(family.Add(to_map(labels), bounds));
}

void Registry::on_collect(std::function<void()> collect) { impl_->collectors.push_back(std::move(collect)); }

std::string Registry::expose() {
  for (const auto& collect : impl_->collectors) {
    collect();
  }
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

const std::vector<double>& latency_bounds() {
  static const std::vector<double> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                          0.25,   0.5,     1,      2.5,   5,      10,    25,   50,    100};
  return bounds;
}

}  // namespace respand::metrics
