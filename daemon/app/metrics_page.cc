#include "app/metrics_page.h"

#include <utility>

#include "respand/base/log_output.h"

namespace respand::app {

MetricsPage::MetricsPage(metrics::Registry& registry, StatusSource& source)
    : registry_(registry),
      source_(source),
      vitals_(registry),
      log_lines_dropped_(registry.counter("respand_log_lines_dropped_total", "Log lines that stderr did not take")) {}

// The log is below the metrics and can't count into them, so its drops are added here.
Page MetricsPage::make() {
  const std::uint64_t dropped = log::dropped_lines();
  log_lines_dropped_.add(static_cast<double>(dropped - std::exchange(log_lines_counted_, dropped)));
  static_cast<void>(source_.make([this](const StatusSnapshot& look) {
    vitals_.show(look);
    return std::string();
  }));
  return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = registry_.expose()};
}

}  // namespace respand::app
