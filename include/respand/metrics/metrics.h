#pragma once
// Counters, gauges and histograms with Prometheus text output (prometheus-cpp behind it). Register at start, keep the
// handle, add on any thread. Handles are pointers into the Registry and live as long as it does.

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace respand::metrics {

// Names and values of a metric's labels. The texts are copied.
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// The handle of a number that only grows. All handles may be copied, and used on any thread.
class Counter {
 public:
  // For Registry; the same for the other handles.
  explicit Counter(prometheus::Counter& impl) : impl_(&impl) {}
  // A number that is not positive and finite adds nothing.
  void add(double n = 1) const;
  // The number at present.
  [[nodiscard]] double value() const;

 private:
  prometheus::Counter* impl_;
};

// The handle of a number that rises and falls.
class Gauge {
 public:
  // For Registry.
  explicit Gauge(prometheus::Gauge& impl) : impl_(&impl) {}
  // Replaces the number, or changes it by `n`, which may be negative; and the number at present.
  void set(double value) const;
  void add(double n) const;
  [[nodiscard]] double value() const;

 private:
  prometheus::Gauge* impl_;
};

// The handle of a distribution of values.
class Histogram {
 public:
  // For Registry.
  explicit Histogram(prometheus::Histogram& impl) : impl_(&impl) {}
  // Counts a value, where it is finite.
  void observe(double value) const;
  // Counts many values at once: how many fell into each bucket, of which the last one is above all bounds, and their
  // sum. Requires: one more bucket than bounds; a finite sum.
  void observe_many(const std::vector<double>& by_bucket, double sum) const;

 private:
  prometheus::Histogram* impl_;
};

// What the histograms of one name have counted, added up over their labels.
struct Buckets {
  std::vector<double> bounds = {};  // the buckets' upper bounds; the last bucket has none
  std::vector<double> counts = {};  // of values up to each bound, lower ones included; the last one: of all values
};

// All metrics of the process.
class Registry {
 public:
  Registry();
  ~Registry();
  // Registers a metric and returns its handle; the same name and labels give a handle of the same metric. Names are
  // listed in docs/operations.md; `help` ends without a full stop. Values of labels may come from anybody: they are
  // made printable and cut, because a scraper throws away a whole page for one byte that is not UTF-8. Any thread.
  [[nodiscard]] Counter counter(std::string_view name, std::string_view help, Labels labels = {});
  [[nodiscard]] Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
  [[nodiscard]] Histogram histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                                    Labels labels = {});
  // Takes the gauge with these labels off the page, where there is one. Its handles must not be used any more. Any
  // thread.
  void remove_gauge(std::string_view name, Labels labels);
  // Has `collect` called at the beginning of each expose(), on its thread: there gauges are set that mirror a state.
  // Requires: called before threads start.
  void on_collect(std::function<void()> collect);
  // The sum of the counters of this name that have all of these labels; 0 where there are none. Any thread.
  [[nodiscard]] double sum(std::string_view name, Labels labels = {}) const;
  // Calls `visit` for each counter of this name with its values of these labels (empty where it has no such label) and
  // its count. Any thread.
  using Visit = std::function<void(const std::vector<std::string>& values, double count)>;
  void each(std::string_view name, std::initializer_list<std::string_view> labels, const Visit& visit) const;
  // What the histograms of this name, which all have the same bounds, have counted; empty where there are none. Any
  // thread.
  [[nodiscard]] Buckets buckets(std::string_view name) const;
  // All metrics in the Prometheus text format, version 0.0.4. Any thread, one at a time.
  [[nodiscard]] std::string expose();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Bounds for histograms of seconds, from 100 µs to 100 s, three a decade: requests, commits.
[[nodiscard]] const std::vector<double>& latency_bounds();

}  // namespace respand::metrics
