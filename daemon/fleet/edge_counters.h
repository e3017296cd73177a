#pragma once
// EdgeCounters: what an edge counts of its batches. Any thread.

#include <cstddef>
#include <cstdint>
#include <vector>

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

 private:
  std::vector<metrics::Counter> outcomes_;
  metrics::Counter delivered_;
  metrics::Counter records_;
  metrics::Counter bytes_;
  metrics::Counter dead_lettered_;
};

}  // namespace respand::fleet
