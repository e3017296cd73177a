#pragma once
// Parts: the parts of a worker without the worker's loop, with the journal, the API and the clock of world.h: for tests
// of one part, which need the others. No threads.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "world.h"

namespace respand::delivery {

struct Parts {
  explicit Parts(Retry with = {}, const std::optional<Batching::Settings>& batch = std::nullopt,
                 bool other_routes = false)
      : retry(std::move(with)),
        batching(batch.value_or(Batching::Settings{}), batch.has_value()),
        context{journal,
                upstream,
                dead_letters,
                refusals,
                stuck,
                give_ups,
                registry,
                clock,
                batch ? &batching : nullptr,
                nullptr,
                other_routes ? &routes : nullptr} {}

  // A record that was taken from the journal and has not been tried.
  [[nodiscard]] Record record(std::uint64_t sequence, std::uint32_t length = 32) {
    journal::Ref ref;
    ref.sequence = Sequence{sequence};
    ref.length = length;
    ref.received = clock.wall();
    return {ref, 0};
  }
  [[nodiscard]] Permits permits(std::uint32_t wanted = 1) { return upstream.admit(0, clock.mono(), wanted); }
  // Takes the answers that have come by now; waits for one if there is none yet.
  [[nodiscard]] std::vector<http::Answer> answers() {
    std::vector<http::Answer> out;
    client.poll(
        clock.mono() + std::chrono::hours{1}, [] { return true; }, out);
    return out;
  }
  [[nodiscard]] RetryQueue& retries() { return lanes.records().lane(LaneName::kBacklog).retry_queue; }
  [[nodiscard]] std::string dead() const { return disk.exists(World::kFile) ? disk.content(World::kFile) : ""; }

  Retry retry;
  ManualClock clock;
  FakeOutlet journal;
  fs::FaultFileSystem disk;
  metrics::Registry registry;
  UpstreamGate upstream{{1, 256, {}, retry, 7, 256}};
  DeadLetters dead_letters{{"/dead", mebibytes(64)}, disk, clock};
  RefusalRun refusals;
  StuckRecords stuck;
  GiveUpRequests give_ups{1};
  Batching batching;
  Routes routes{{1, 256, {}, Retry{}, 7, 256}};
  WorkerContext context;
  FakeClient client{clock, [](std::uint64_t, MonoTime) { return status(200); }};
  Counters counters{registry};
  PayloadPool payloads;
  InFlightTable in_flight;
  RouteLanes lanes{context};
  RecordOutcomes outcomes{context, lanes, counters, payloads, retry, 11};
  TargetInbox inbox{client, context.batching, lanes, in_flight, outcomes};
  WorkerPermits worker_permits{0, client, inbox};
  RequestSender sender{context, client, lanes, in_flight, payloads, outcomes};
};

}  // namespace respand::delivery
