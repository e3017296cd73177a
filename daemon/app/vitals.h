#pragma once
// Vitals: the gauges that mirror what `status` says, for alerts, and those that Prometheus' clients have for every
// process (process_*). All exist from the start. io thread.

#include <map>
#include <string_view>

#include "app/status.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

class Vitals {
 public:
  explicit Vitals(metrics::Registry& registry);
  // Sets all of them. To be called before the metrics are shown.
  void show(const StatusSnapshot& look);

 private:
  void show_process();

  metrics::Gauge ready_;
  metrics::Gauge journal_max_bytes_;
  metrics::Gauge journal_full_in_;
  metrics::Gauge journal_disk_free_;
  metrics::Gauge next_try_;
  metrics::Gauge dead_letters_bytes_;
  metrics::Gauge dead_letters_max_bytes_;
  std::map<IssueKind, metrics::Gauge> paused_;
  metrics::Counter cpu_seconds_;
  metrics::Gauge open_descriptors_;
  metrics::Gauge most_descriptors_;
  metrics::Gauge virtual_bytes_;
  metrics::Gauge resident_bytes_;
  metrics::Gauge start_time_;
  double cpu_counted_ = 0;
};

}  // namespace respand::app
