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

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Counter {
 public:
  explicit Counter(prometheus::Counter& impl) : impl_(&impl) {}
  void add(double n = 1) const;  // what is not a positive finite number adds nothing
  [[nodiscard]] double value() const;

 private:
  prometheus::Counter* impl_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& impl) : impl_(&impl) {}
  void set(double value) const;
  void add(double n) const;
  [[nodiscard]] double value() const;

 private:
  prometheus::Gauge* impl_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& impl) : impl_(&impl) {}
  void observe(double value) const;  // what is not finite is left out
  // Many at once: how many fell into each bucket, the last one being above all bounds, and their sum. Requires: as many
  // as there are bounds, and one; a finite sum.
  void observe_many(const std::vector<double>& by_bucket, double sum) const;

 private:
  prometheus::Histogram* impl_;
};

// What the histograms of one name have counted, added up over their labels.
struct Buckets {
  std::vector<double> bounds = {};  // upper ones; the last bucket has none
  std::vector<double> counts = {};  // of values up to that bound, or below; one more than there are bounds: all values
};

class Registry {
 public:
  Registry();
  ~Registry();
  // The same name and labels give the same handle. Names are listed in docs/operations.md; `help` ends without a full
  // stop. Values of labels may be anybody's: they are made printable and cut, for a scraper throws away a whole page
  // for one byte that is not UTF-8.
  [[nodiscard]] Counter counter(std::string_view name, std::string_view help, Labels labels = {});
  [[nodiscard]] Gauge gauge(std::string_view name, std::string_view help, Labels labels = {});
  [[nodiscard]] Histogram histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                                    Labels labels = {});
  // Called on the exposing thread before each expose(): where gauges that mirror a state are set. Register before
  // threads start.
  void on_collect(std::function<void()> collect);
  // Of the counters of this name those with all of these labels, added up; 0 where there are none. Any thread.
  [[nodiscard]] double sum(std::string_view name, Labels labels = {}) const;
  // Calls `visit` for each counter of this name with its values of these labels (empty where it has no such label) and
  // its count. Any thread.
  using Visit = std::function<void(const std::vector<std::string>& values, double count)>;
  void each(std::string_view name, std::initializer_list<std::string_view> labels, const Visit& visit) const;
  // Of the histograms of this name, which have the same bounds; nothing where there are none. Any thread.
  [[nodiscard]] Buckets buckets(std::string_view name) const;
  // All metrics in the Prometheus text format, version 0.0.4. Any thread, one at a time.
  [[nodiscard]] std::string expose();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Bounds in seconds from 100 µs to 100 s, three a decade: requests, commits.
[[nodiscard]] const std::vector<double>& latency_bounds();

}  // namespace respand::metrics
