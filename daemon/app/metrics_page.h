#pragma once
// MetricsPage: the metrics as Prometheus reads them. Some are brought up to date only when the page is made: the gauges
// that mirror `status` (vitals.h), and the count of lines that the log has dropped. io thread.

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
  std::uint64_t log_lines_counted_ = 0;  // how many of the dropped lines log_lines_dropped_ has counted
};

}  // namespace respand::app
