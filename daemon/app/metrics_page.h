#pragma once
// MetricsPage: the metrics as Prometheus reads them, with those that are only brought up to date when somebody looks:
// the gauges that mirror `status` (vitals.h), and what the log has dropped. io thread.

#include <cstdint>

#include "app/page_server.h"
#include "app/status_source.h"
#include "app/vitals.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

class MetricsPage {
 public:
  // Both are borrowed for its life.
  MetricsPage(metrics::Registry& registry, StatusSource& source);

  [[nodiscard]] Page make();

 private:
  metrics::Registry& registry_;
  StatusSource& source_;
  Vitals vitals_;
  const metrics::Counter log_lines_dropped_;
  std::uint64_t log_lines_counted_ = 0;  // of log_lines_dropped_
};

}  // namespace respand::app
