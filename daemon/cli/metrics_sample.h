#pragma once
// What `respand top` shows, out of the daemon's metrics: those of one moment, and what happened between two. Pure.

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

// The last two minutes at most.
class History {
 public:
  static constexpr std::size_t kMost = 120;
  // A daemon that has started anew counts from 0: what was before is forgotten then.
  void add(MetricsSample sample);
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] const MetricsSample& last() const { return all_.back(); }
  // One value a step between two moments, oldest first.
  [[nodiscard]] std::vector<double> rates(double MetricsSample::*counter) const;
  [[nodiscard]] std::vector<double> values(double MetricsSample::*gauge) const;
  // A second, over the last few moments.
  [[nodiscard]] double rate(double MetricsSample::*counter) const;
  // A minute, over the last one, or as long as it is.
  [[nodiscard]] double a_minute(double MetricsSample::*counter) const;
  // Of what ended in the last few moments: the bound below which `share` of them lie; below 0: there were none.
  [[nodiscard]] double quantile(Buckets MetricsSample::*histogram, double share) const;

 private:
  [[nodiscard]] const MetricsSample& before(std::size_t steps) const;
  std::deque<MetricsSample> all_;
};

}  // namespace respand::cli
