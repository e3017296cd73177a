#include "fleet/edge_counters.h"

#include <string_view>

namespace respand::fleet {
namespace {

std::string_view label_of(PublishOutcome outcome) {
  switch (outcome) {
    case PublishOutcome::kStored:
      return "stored";
    case PublishOutcome::kDuplicate:
      return "duplicate";
    case PublishOutcome::kNoResponders:
      return "no_responders";
    case PublishOutcome::kFull:
      return "stream_full";
    case PublishOutcome::kTooLarge:
      return "too_large";
    case PublishOutcome::kInProcess:
      return "in_process";
    case PublishOutcome::kTimeout:
      return "timeout";
    case PublishOutcome::kBroken:
      return "broken";
    case PublishOutcome::kRefused:
      return "refused";
    case PublishOutcome::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace

// The records count as delivered: the stream has them, and the relays do the rest.
EdgeCounters::EdgeCounters(metrics::Registry& registry)
    : delivered_(registry.counter("respand_records_delivered_total", "Records that the API has taken")),
      records_(registry.counter("respand_nats_records_total", "Records that the NATS stream has taken")),
      bytes_(registry.counter("respand_nats_message_bytes_total", "Bytes of messages to or from the NATS stream")),
      dead_lettered_(registry.counter("respand_records_dead_lettered_total",
                                      "Records refused for good, by status or reason", {{"reason", "too_large"}})) {
  for (int outcome = 0; outcome <= static_cast<int>(PublishOutcome::kUnknown); ++outcome) {
    outcomes_.push_back(registry.counter("respand_nats_published_total",
                                         "Tries to publish a batch to the NATS stream, by how they ended",
                                         {{"outcome", label_of(static_cast<PublishOutcome>(outcome))}}));
  }
}

}  // namespace respand::fleet
