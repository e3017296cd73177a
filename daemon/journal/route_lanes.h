#pragma once
// RouteLanes: for each way (reader.h) the ring of its references, and how far the way is behind. The ways of routes are
// there from the start, those of keys come into being with their first body, and none is removed. Journal thread, but
// for find() and size().

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/reference_ring.h"
#include "respand/base/api_route.h"
#include "respand/journal/reader.h"

namespace respand::journal {

// Whether bodies of a way wait in the segments, because its ring was full or the way was not known.
struct Behind {
  bool behind = false;   // bodies from `next` on wait in the segments
  bool reading = false;  // and are read back now
  Sequence next;
};

// `id`, `way` and take() of the ring: any thread; all else: journal thread.
struct RouteLane : Behind {
  RouteLane(WayId number, Way where, std::size_t references) : id(number), way(std::move(where)), ring(references) {}
  const WayId id;
  const Way way;
  ReferenceRing ring;
};

class RouteLanes {
 public:
  // `references`: of each lane's ring.
  explicit RouteLanes(std::size_t references) : references_(references) {}

  // Any thread. Requires: 0 < id < size(). The lane lives as long as this.
  [[nodiscard]] RouteLane* find(WayId id) const { return lanes_[id].load(std::memory_order_acquire); }
  // The number of ways, with the way 0, which has no lane here.
  [[nodiscard]] std::size_t size() const noexcept { return known_.load(std::memory_order_acquire); }

  // Null where there is none yet.
  [[nodiscard]] RouteLane* find(ApiRoute route, std::string_view key) const;
  [[nodiscard]] bool full() const { return owned_.size() + 1 >= kMostWays; }
  // Requires: !full(), and there is none for this way.
  RouteLane& make(Way way, const Behind& from);

  [[nodiscard]] auto begin() const { return owned_.begin(); }
  [[nodiscard]] auto end() const { return owned_.end(); }

 private:
  const std::size_t references_;
  std::array<std::atomic<RouteLane*>, kMostWays> lanes_{};  // by WayId; journal thread sets, each once
  std::atomic<std::size_t> known_{1};                       // the same: ways that lanes_ has, with 0

  // Journal thread.
  std::vector<std::unique_ptr<RouteLane>> owned_;
  std::map<std::pair<ApiRoute, std::string>, RouteLane*, std::less<>> by_way_;
};

}  // namespace respand::journal
