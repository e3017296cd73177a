#pragma once
// StatusSource: makes a StatusSnapshot (status.h) from the state of all parts, with what is wrong and since when. A new
// one is made each time, for pages, the service manager's line and the metrics. io thread.

#include <functional>
#include <string>

#include "app/descriptors.h"
#include "app/health_issues.h"
#include "app/pipeline.h"
#include "app/rates.h"
#include "app/status.h"
#include "respand/base/clock.h"
#include "respand/config/config.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

class StatusSource {
 public:
  // Makes a text of a snapshot, such as status_text.
  using Form = std::function<std::string(const StatusSnapshot&)>;

  // All but the file's name is borrowed for its life. `config` is the configuration in force, which a reload changes.
  StatusSource(const config::Config& config, std::string config_file, const Descriptors& descriptors,
               const Pipeline& pipeline, const metrics::Registry& registry);

  [[nodiscard]] std::string make(const Form& form);
  // Keeps the present totals, for rates. To be called every Rates::kInterval.
  void sample_rates();
  // The age of the oldest record that waits; 0 where none does. May read the headers of a whole segment.
  [[nodiscard]] Duration oldest_age() const;
  // When the daemon started.
  [[nodiscard]] MonoTime started() const { return started_; }

 private:
  [[nodiscard]] HealthIssues issues(const journal::Snapshot& journal, const delivery::State& delivery,
                                    const ledger::State& ledger, const spool::Spool::State& spool, const Totals& totals,
                                    const FleetState* fleet) const;

  const config::Config& config_;
  const std::string config_file_;
  const Descriptors& descriptors_;
  const Pipeline& pipeline_;
  const metrics::Registry& registry_;
  const MonoTime started_ = system_clock().mono();
  Rates rates_{started_};
  IssueClock since_;
};

}  // namespace respand::app
