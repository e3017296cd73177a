#pragma once
// EdgeCounters: what an edge counts of its batches; and the gauges that show its state. Any thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/mutex.h"
#include "respand/fleet/edge_state.h"
#include "respand/metrics/metrics.h"

namespace respand::fleet {

// How a try to publish a batch ended.
enum class PublishOutcome : std::uint8_t {
  kStored,
  kDuplicate,  // the stream had it already
  kNoResponders,
  kFull,
  kTooLarge,
  kInProcess,
  kTimeout,
  kBroken,   // the connection broke
  kRefused,  // another error of JetStream
  kUnknown,  // an answer that is none
};

class EdgeCounters {
 public:
  explicit EdgeCounters(metrics::Registry& registry);

  void tried(PublishOutcome outcome) const { outcomes_[static_cast<std::size_t>(outcome)].add(); }
  // A batch is on the cluster.
  void stored(std::size_t records, std::size_t message_bytes) const {
    delivered_.add(static_cast<double>(records));
    records_.add(static_cast<double>(records));
    bytes_.add(static_cast<double>(message_bytes));
  }
  void dead_lettered() const { dead_lettered_.add(); }
  void republished() const { republished_.add(); }
  void not_kept() const { not_kept_.add(); }

 private:
  std::vector<metrics::Counter> outcomes_;
  metrics::Counter delivered_;
  metrics::Counter records_;
  metrics::Counter bytes_;
  metrics::Counter dead_lettered_;
  metrics::Counter republished_;
  metrics::Counter not_kept_;
};

// The gauges follow the state whenever the metrics page is made. `clock` is borrowed.
void register_edge_gauges(metrics::Registry& registry, const std::shared_ptr<LockGuarded<EdgeState>>& state,
                          const Clock& clock);

}  // namespace respand::fleet
