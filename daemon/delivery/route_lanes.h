#pragma once
// RouteLanes: for each route (journal::WayId), the records that one worker has taken and that are not in flight, and
// what they have in common: the upstream gate that they ask, and whether they may go out in batches. A route comes into
// being with its first body. Its worker's thread.

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>

#include "delivery/batch_builder.h"
#include "delivery/lanes.h"
#include "delivery/refusal_run.h"
#include "delivery/routes.h"
#include "delivery/upstream_gate.h"
#include "delivery/worker_context.h"
#include "respand/base/units.h"
#include "respand/journal/reader.h"

namespace respand::delivery {

struct RouteLane {
  RouteLane(journal::WayId way, UpstreamGate& gate, RefusalRun& run, Batching* limits, RouteShare* shared)
      : id(way), upstream(gate), refusals(run), batching(limits), share(shared) {
    if (batching != nullptr) {
      builder.emplace(*batching);
    }
  }

  const journal::WayId id;
  UpstreamGate& upstream;
  RefusalRun& refusals;
  Batching* const batching;               // null: its bodies go one by one
  RouteShare* const share;                // null: it is the route of records with the configuration's key
  std::optional<BatchBuilder> builder{};  // set where `batching` is
  std::array<Lane, 2> lanes{};            // by LaneName; other routes than that of records use the first only
  bool awaits_more = false;               // the journal had nothing more of it, and its bell should end the wait

  [[nodiscard]] ApiRoute route() const { return share == nullptr ? ApiRoute::kRecords : share->way.route; }
  // The name of its key in api.keys; empty: the configuration's.
  [[nodiscard]] std::string_view key() const { return share == nullptr ? std::string_view() : share->way.key; }
  [[nodiscard]] Lane& lane(const Record& record) { return lanes[record.fresh ? 1 : 0]; }
  [[nodiscard]] Lane& lane(LaneName name) { return lanes[static_cast<std::size_t>(name)]; }
  // How many records wait here; those in flight are in the InFlightTable.
  [[nodiscard]] std::size_t waiting() const {
    return lanes[0].records() + lanes[1].records() + (builder ? builder->records() : 0);
  }
  [[nodiscard]] std::size_t retries() const { return lanes[0].retry_queue.size() + lanes[1].retry_queue.size(); }
  // Bytes that have gathered for its next batch.
  [[nodiscard]] std::uint64_t gathered() const { return builder ? builder->bytes() : 0; }
  // When its batch is to go although it is not full; kNever: no batch is begun.
  [[nodiscard]] MonoTime batch_due() const { return builder ? builder->due() : kNever; }
  [[nodiscard]] MonoTime half_due() const { return builder ? builder->first_half_due() : kNever; }
  // When the first of the records that wait is to go.
  [[nodiscard]] MonoTime due() const {
    return std::min({lanes[0].retry_queue.first_due(), lanes[1].retry_queue.first_due(), batch_due(), half_due()});
  }
};

class RouteLanes {
 public:
  explicit RouteLanes(const WorkerContext& context);

  // Adds the routes that have come into being since the last call. Without Routes, the route of records stays the only
  // one.
  void add_new();
  [[nodiscard]] bool has_new() const { return routes_ != nullptr && journal_.ways() > lanes_.size(); }

  [[nodiscard]] RouteLane& records() { return lanes_.front(); }
  // The route of a record. Requires: the route is known, as it is for every record taken from it.
  [[nodiscard]] RouteLane& of(const Record& record) { return lanes_[record.ref.way]; }
  // All routes, that of records first.
  [[nodiscard]] std::deque<RouteLane>& all() { return lanes_; }

  // The record is tried again from `due` on.
  void add_retry(Record record, MonoTime due) {
    RetryQueue& queue = of(record).lane(record).retry_queue;
    queue.add(std::move(record), due);
  }
  // Retries and halves of refused batches may go at once.
  void all_due(MonoTime now);
  // Takes out the record with this sequence; none where it does not wait here. Looks at each record.
  [[nodiscard]] std::optional<Record> take(Sequence sequence);
  // Records that wait for another try.
  [[nodiscard]] std::size_t retries() const;

  // Whether the target has a path for batches of records.
  void set_batch_path(bool path) { batch_path_ = path; }
  // Whether bodies of this route go out in batches now. Spans always may: their routes take arrays.
  [[nodiscard]] bool batches(const RouteLane& route) const {
    return route.batching != nullptr && (is_spans(route.route()) || (batch_path_ && route.batching->on()));
  }
  // Whether this record may go in a batch.
  [[nodiscard]] bool batches(const RouteLane& route, const Record& record) const;

  [[nodiscard]] bool any_awaits_more() const {
    return std::any_of(lanes_.begin(), lanes_.end(), [](const RouteLane& route) { return route.awaits_more; });
  }
  // No route awaits more from now on.
  void close();

 private:
  journal::JournalReader& journal_;
  Routes* const routes_;
  Batching* const batching_;
  std::deque<RouteLane> lanes_;  // by WayId
  bool batch_path_ = false;
};

}  // namespace respand::delivery
