#include "respand/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <map>

#include "respand/base/text.h"

namespace respand::metrics {

void Counter::add(double n) const {
  if (std::isfinite(n) && n > 0) {  // One NaN, and the sum would be NaN for good.
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
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  std::vector<std::function<void()>> collectors;
};

namespace {

// Longer than any honest model's name.
constexpr std::size_t kMaxLabelValue = 200;

std::map<std::string, std::string> to_map(Labels labels) {
  std::map<std::string, std::string> map;
  for (const auto& [key, value] : labels) {
    map.emplace(key, printable(value, kMaxLabelValue));
  }
  return map;
}

}  // namespace

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(impl_->registry);
  return Counter(family.Add(to_map(labels)));
}

Gauge Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  auto& family = prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(impl_->registry);
  return Gauge(family.Add(to_map(labels)));
}

Histogram Registry::histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                              Labels labels) {
  auto& family = prometheus::BuildHistogram().Name(std::string(name)).Help(std::string(help)).Register(impl_->registry);
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
