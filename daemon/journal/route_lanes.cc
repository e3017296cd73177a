#include "journal/route_lanes.h"

namespace respand::journal {

RouteLane* RouteLanes::find(ApiRoute route, std::string_view key) const {
  const auto known = by_way_.find(std::pair(route, std::string(key)));
  return known != by_way_.end() ? known->second : nullptr;
}

RouteLane& RouteLanes::make(Way way, const Behind& from) {
  const auto id = static_cast<WayId>(owned_.size() + 1);
  RouteLane& lane = *owned_.emplace_back(std::make_unique<RouteLane>(id, std::move(way), references_));
  static_cast<Behind&>(lane) = from;
  by_way_.emplace(std::pair(lane.way.route, lane.way.key), &lane);
  // The lane is published before the number of lanes: a worker that sees the number finds the lane, complete.
  lanes_[id].store(&lane, std::memory_order_release);
  known_.store(std::size_t{id} + 1, std::memory_order_release);
  return lane;
}

}  // namespace respand::journal
