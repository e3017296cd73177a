#include "fleet/edge_counters.h"

#include <algorithm>
#include <string_view>

#include "fleet/stream_watch.h"

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
                                      "Records refused for good, by status or reason", {{"reason", "too_large"}})),
      republished_(registry.counter("respand_nats_republished_total",
                                    "Kept messages that were published again after a loss of the NATS stream")),
      not_kept_(registry.counter("respand_nats_not_kept_total",
                                 "Messages that the NATS stream has taken and that could not be kept")) {
  for (int outcome = 0; outcome <= static_cast<int>(PublishOutcome::kUnknown); ++outcome) {
    outcomes_.push_back(registry.counter("respand_nats_published_total",
                                         "Tries to publish a batch to the NATS stream, by how they ended",
                                         {{"outcome", label_of(static_cast<PublishOutcome>(outcome))}}));
  }
}

void register_edge_gauges(metrics::Registry& registry, const std::shared_ptr<LockGuarded<EdgeState>>& state,
                          const Clock& clock) {
  const auto connected = registry.gauge("respand_nats_connected", "1 while there is a connection to a NATS server");
  const auto lost = registry.gauge("respand_nats_stream_lost",
                                   "1 after the NATS stream was lost, until a reload confirms that somebody knows");
  const auto in_flight = registry.gauge("respand_nats_in_flight", "Batches that were published and not answered yet");
  const auto kept =
      registry.gauge("respand_nats_kept_bytes", "Bytes of messages that an edge keeps in case the NATS stream is lost");
  const auto waiting = registry.gauge("respand_nats_republish_pending",
                                      "Kept messages that are still to be published again after a loss of the stream");
  const StreamGauges stream(registry);
  registry.on_collect([state, &clock, stream, connected, lost, in_flight, kept, waiting] {
    state->with([&](const EdgeState& now) {
      connected.set(now.connected ? 1 : 0);
      stream.set(now.depth, clock.wall());
      lost.set(now.stream_lost ? 1 : 0);
      in_flight.set(static_cast<double>(now.in_flight));
      kept.set(static_cast<double>(now.kept_bytes));
      const Republishing& again = now.republishing;
      waiting.set(again.runs ? static_cast<double>(again.of - std::min(again.of, again.done)) : 0);
    });
  });
}

}  // namespace respand::fleet
