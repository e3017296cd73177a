#include "delivery/route_lanes.h"

#include <utility>

#include "delivery/in_flight_table.h"

namespace respand::delivery {

RouteLanes::RouteLanes(const WorkerContext& context)
    : journal_(context.journal), routes_(context.routes), batching_(context.batching) {
  lanes_.emplace_back(journal::WayId{0}, context.upstream, context.refusals, batching_, nullptr);
  batch_path_ = batching_ != nullptr && batching_->on();
  add_new();
}

void RouteLanes::add_new() {
  while (has_new()) {
    const auto way = static_cast<journal::WayId>(lanes_.size());
    RouteShare& share = routes_->of(way, journal_.way(way));
    const ApiRoute route = share.way.route;
    Batching* const limits = is_spans(route) ? &share.arrays : route == ApiRoute::kRecords ? batching_ : nullptr;
    lanes_.emplace_back(way, share.upstream, share.refusals, limits, &share);
  }
}

void RouteLanes::all_due(MonoTime now) {
  for (RouteLane& route : lanes_) {
    for (Lane& lane : route.lanes) {
      lane.retry_queue.all_due(now);
    }
    if (route.builder) {
      route.builder->all_due(now);
    }
  }
}

std::optional<Record> RouteLanes::take(Sequence sequence) {
  for (RouteLane& route : lanes_) {
    if (auto gathered = route.builder ? route.builder->take(sequence) : std::nullopt) {
      return gathered;
    }
    for (Lane& lane : route.lanes) {
      if (auto record = lane.take(sequence)) {
        return record;
      }
    }
  }
  return std::nullopt;
}

std::size_t RouteLanes::retries() const {
  std::size_t retries = 0;
  for (const RouteLane& route : lanes_) {
    retries += route.retries();
  }
  return retries;
}

bool RouteLanes::batches(const RouteLane& route, const Record& record) const {
  return batches(route) && !record.alone && !InFlightTable::is_large(record.ref.length) &&
         !route.batching->goes_alone(record.ref.length);
}

void RouteLanes::close() {
  for (RouteLane& route : lanes_) {
    route.awaits_more = false;
  }
}

}  // namespace respand::delivery
