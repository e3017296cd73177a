#pragma once
// UsageMetrics: the metrics of language-model calls (docs/operations.md), by model. They follow what is committed, so
// that a record is in them once. The first kMostModels models of this run have labels of their own, the rest is
// `other`. The ledger's thread.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/store.h"
#include "respand/metrics/metrics.h"

namespace respand::ledger {

class UsageMetrics {
 public:
  // A page of metrics has about 28 lines a model.
  static constexpr std::size_t kMostModels = 50;

  explicit UsageMetrics(metrics::Registry& registry);

  // The series of one model, and the durations of it that wait for their commit.
  struct Series;
  // That of the model, or of `other`. Lives as long as this.
  [[nodiscard]] Series& series(const std::string& model);
  // A record took so long; it counts with the next publish().
  static void observe(Series& series, Duration generation_time);
  // Counts rows that are committed, and what was observed of their records.
  void publish(const Rows& rows);
  // Forgets what was observed: its records are not committed, and will be read again.
  void discard();

  ~UsageMetrics();

 private:
  metrics::Registry& registry_;
  std::map<std::string, std::unique_ptr<Series>, std::less<>> series_;
};

}  // namespace respand::ledger
