#pragma once
// StatusSource: puts one look at the daemon together from its parts (status.h), with what is wrong and since when. Each
// look is made anew; for pages, the service manager's line and the metrics. io thread.

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
  // What is made of a look, e.g. status_text.
  using Form = std::function<std::string(const StatusSnapshot&)>;

  // All but the file's name is borrowed for its life; `config` is the one in force, whatever a reload makes of it.
  StatusSource(const config::Config& config, std::string config_file, const Descriptors& descriptors,
               const Pipeline& pipeline, const metrics::Registry& registry);

  [[nodiscard]] std::string make(const Form& form);
  // Keeps the totals of now, for rates. Every Rates::kInterval.
  void sample_rates();
  // Of the oldest record that waits; 0 where none does. Reads up to a segment's headers.
  [[nodiscard]] Duration oldest_age() const;
  // When the daemon started.
  [[nodiscard]] MonoTime started() const { return started_; }

 private:
  [[nodiscard]] HealthIssues issues(const journal::Snapshot& journal, const delivery::State& delivery,
                                    const ledger::State& ledger, const spool::Spool::State& spool,
                                    const Totals& totals) const;

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
