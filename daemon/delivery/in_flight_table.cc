#include "delivery/in_flight_table.h"

#include <algorithm>
#include <utility>

#include "respand/base/check.h"

namespace respand::delivery {

void InFlightTable::reserve_batches(std::uint64_t bytes) { small_.most = std::max(kMaxSmallBytes, 2 * bytes); }

// What has gathered for a batch will be read into memory with it, so it counts beside a small record.
bool InFlightTable::fits(std::uint64_t length, std::uint64_t gathered) const {
  const Load& load = is_large(length) ? large_ : small_;
  const std::uint64_t beside = is_large(length) ? 0 : gathered;
  return load.records == 0 || load.bytes + beside + length <= load.most;
}

// A batch consists of small records and counts as small, whatever its size.
InFlightTable::Load& InFlightTable::load_of(const InFlightRequest& request) {
  return request.batch.empty() && is_large(request.record.ref.length) ? large_ : small_;
}

std::uint32_t InFlightTable::open(InFlightRequest request) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(requests_.size()));
    requests_.emplace_back();
  }
  const std::uint32_t id = free_.back();
  free_.pop_back();
  const journal::WayId way = request.first().ref.way;
  if (way >= records_by_way_.size()) {
    records_by_way_.resize(way + std::size_t{1});
  }
  records_by_way_[way] += request.records();
  Load& load = load_of(request);
  load.bytes += request.bytes;
  load.records += request.records();
  requests_[id].request = std::move(request);
  requests_[id].open = true;
  return id;
}

InFlightRequest InFlightTable::close(std::uint64_t id) {
  RESPAND_CHECK(id < requests_.size() && requests_[id].open);
  requests_[id].open = false;
  free_.push_back(static_cast<std::uint32_t>(id));
  InFlightRequest request = std::move(requests_[id].request);
  records_by_way_[request.first().ref.way] -= request.records();
  Load& load = load_of(request);
  load.bytes -= request.bytes;
  load.records -= request.records();
  return request;
}

bool InFlightTable::give_up(Sequence sequence) {
  const auto mark = [sequence](Record& record) {
    const bool is_it = record.ref.sequence == sequence;
    record.by_hand = record.by_hand || is_it;
    return is_it;
  };
  return std::any_of(requests_.begin(), requests_.end(), [&mark](Slot& slot) {
    InFlightRequest& request = slot.request;
    return slot.open && (request.batch.empty() ? mark(request.record)
                                               : std::any_of(request.batch.begin(), request.batch.end(), mark));
  });
}

}  // namespace respand::delivery
