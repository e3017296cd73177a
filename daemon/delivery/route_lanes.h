#pragma once
// RouteLanes: what of each route (journal::WayId) is in one worker's hands and not in flight, and what the route's
// records have in common: the upstream that they go to, and whether they may go out together. Routes come into being
// with their first body. Its worker's thread.

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
  std::optional<BatchBuilder> builder{};  // where there is a `batching`
  std::array<Lane, 2> lanes{};            // by LaneName; other routes than that of records use the first only
  bool awaits_more = false;               // the journal had nothing more of it: its bell is to end the wait

  [[nodiscard]] ApiRoute route() const { return share == nullptr ? ApiRoute::kRecords : share->way.route; }
  // The name of its key in api.keys; empty: the configuration's.
  [[nodiscard]] std::string_view key() const { return share == nullptr ? std::string_view() : share->way.key; }
  [[nodiscard]] Lane& lane(const Record& record) { return lanes[record.fresh ? 1 : 0]; }
  [[nodiscard]] Lane& lane(LaneName name) { return lanes[static_cast<std::size_t>(name)]; }
  // Records that wait here; those in flight are in the InFlightTable.
  [[nodiscard]] std::size_t waiting() const {
    return lanes[0].records() + lanes[1].records() + (builder ? builder->records() : 0);
  }
  [[nodiscard]] std::size_t retries() const { return lanes[0].retry_queue.size() + lanes[1].retry_queue.size(); }
  // Bytes that are gathered for its next batch.
  [[nodiscard]] std::uint64_t gathered() const { return builder ? builder->bytes() : 0; }
  // When its batch is to go although it is not full; kNever: none is begun.
  [[nodiscard]] MonoTime batch_due() const { return builder ? builder->due() : kNever; }
  [[nodiscard]] MonoTime half_due() const { return builder ? builder->first_half_due() : kNever; }
  // When something is to go that waits now.
  [[nodiscard]] MonoTime due() const {
    return std::min({lanes[0].retry_queue.first_due(), lanes[1].retry_queue.first_due(), batch_due(), half_due()});
  }
};

class RouteLanes {
 public:
  explicit RouteLanes(const WorkerContext& context);

  // Meets the routes that have come since. Where there are no Routes, that of records stays the only one.
  void add_new();
  [[nodiscard]] bool has_new() const { return routes_ != nullptr && journal_.ways() > lanes_.size(); }

  [[nodiscard]] RouteLane& records() { return lanes_.front(); }
  // Requires: known. Of what was taken from it, it is.
  [[nodiscard]] RouteLane& of(const Record& record) { return lanes_[record.ref.way]; }
  // All of them, that of records first.
  [[nodiscard]] std::deque<RouteLane>& all() { return lanes_; }

  // The record is tried again from `due` on.
  void add_retry(Record record, MonoTime due) {
    RetryQueue& queue = of(record).lane(record).retry_queue;
    queue.add(std::move(record), due);
  }
  // What waits for another try, or for others, may go at once.
  void all_due(MonoTime now);
  // Takes out the record with this sequence; none where it does not wait here. Looks at each.
  [[nodiscard]] std::optional<Record> take(Sequence sequence);
  // Records that wait for another try.
  [[nodiscard]] std::size_t retries() const;

  // Whether the target has a path for batches of records.
  void set_batch_path(bool path) { batch_path_ = path; }
  // Whether bodies of this route go out together now. Spans always may: their routes take arrays.
  [[nodiscard]] bool batches(const RouteLane& route) const {
    return route.batching != nullptr && (is_spans(route.route()) || (batch_path_ && route.batching->on()));
  }
  // Whether this record does.
  [[nodiscard]] bool batches(const RouteLane& route, const Record& record) const;

  [[nodiscard]] bool any_awaits_more() const {
    return std::any_of(lanes_.begin(), lanes_.end(), [](const RouteLane& route) { return route.awaits_more; });
  }
  // Nothing more is taken.
  void close();

 private:
  journal::JournalReader& journal_;
  Routes* const routes_;
  Batching* const batching_;
  std::deque<RouteLane> lanes_;  // by WayId
  bool batch_path_ = false;
};

}  // namespace respand::delivery
