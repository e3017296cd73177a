#pragma once
// What `respand top` shows, read from the daemon's metrics: MetricsSample has those of one moment, History what
// happened between several. Pure.

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/units.h"

namespace respand::cli {

struct Bucket {
  double bound = 0;  // seconds
  double count = 0;  // at most that, since the daemon's start
};
using Buckets = std::vector<Bucket>;

struct MetricsSample {
  MonoTime time{};  // of this process
  double received = 0;
  double rejected = 0;
  double delivered = 0;
  double dead_lettered = 0;
  double dropped = 0;
  double requests = 0;
  double retries = 0;
  double cost_usd = 0;
  double backlog_records = 0;
  double backlog_bytes = 0;
  double oldest_seconds = 0;
  double in_flight = 0;
  double limit = 0;
  double pace = 0;           // requests a second; 0: the API has refused none
  double failure_share = 0;  // of the last requests
  double journal_bytes = 0;
  double connections = 0;
  bool circuit_open = false;
  Buckets lag;
  Buckets request;
};
// `metrics`: Prometheus text.
[[nodiscard]] MetricsSample sample_in(std::string_view metrics, MonoTime now);

// The last samples, at most kMost: two minutes at one sample a second.
class History {
 public:
  static constexpr std::size_t kMost = 120;
  // If the daemon was restarted, its counters begin with 0 again, and earlier samples are forgotten.
  void add(MetricsSample sample);
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] const MetricsSample& last() const { return all_.back(); }
  // The counter's rate between each two samples, the oldest first.
  [[nodiscard]] std::vector<double> rates(double MetricsSample::*counter) const;
  [[nodiscard]] std::vector<double> values(double MetricsSample::*gauge) const;
  // The rate a second over the last few samples.
  [[nodiscard]] double rate(double MetricsSample::*counter) const;
  // The rate a minute over the last minute, or as far as samples go back.
  [[nodiscard]] double a_minute(double MetricsSample::*counter) const;
  // The bound below which `share` of the histogram's events in the last few samples lie; below 0: there were none.
  [[nodiscard]] double quantile(Buckets MetricsSample::*histogram, double share) const;

 private:
  [[nodiscard]] const MetricsSample& before(std::size_t steps) const;
  std::deque<MetricsSample> all_;
};

}  // namespace respand::cli
