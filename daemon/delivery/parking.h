#pragma once
// Parking: records that wait for another try, by the time when it is due. References only: their bytes stay in the
// journal. Used by Worker, on its thread.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "respand/base/units.h"
#include "respand/journal/outlet.h"

namespace respand::delivery {

// A record in a worker's hands.
struct Record {
  journal::Ref ref;
  std::uint32_t attempts = 0;    // so far
  std::uint32_t unread = 0;      // reads of it that failed, one after the other
  MonoTime unread_since{};       // the first of them
  WallTime failing_since{};      // of its first failure
  std::uint64_t deliveries = 0;  // of others, at its last failure (StuckRecords)
  std::uint32_t overtaken = 0;   // failures since the one before which others were delivered
  bool fresh = false;            // of the fresh lane (lanes.h)
  bool by_hand = false;          // an operator wants it among the dead letters: it is not tried again
  bool alone = false;            // what the API said of it in a batch does not count: its own answer decides
};

class Parking {
 public:
  void add(Record record, MonoTime due) {
    heap_.push_back({due, std::move(record)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  // The one that is due first. Requires: not empty.
  [[nodiscard]] const Record& first() const { return heap_.front().record; }
  [[nodiscard]] MonoTime first_due() const { return heap_.empty() ? MonoTime::max() : heap_.front().due; }
  // Requires: not empty.
  [[nodiscard]] Record take_first() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Record record = std::move(heap_.back().record);
    heap_.pop_back();
    return record;
  }
  // The one with this sequence; none where it is not in here. Looks at each.
  [[nodiscard]] std::optional<Record> take(Sequence sequence) {
    const auto found = std::find_if(heap_.begin(), heap_.end(),
                                    [&](const Place& place) { return place.record.ref.sequence == sequence; });
    if (found == heap_.end()) {
      return std::nullopt;
    }
    std::optional<Record> record(std::move(found->record));
    if (found != heap_.end() - 1) {
      *found = std::move(heap_.back());
    }
    heap_.pop_back();
    std::make_heap(heap_.begin(), heap_.end(), later);
    return record;
  }
  // Makes all due: what kept them away is said to be over.
  void all_due(MonoTime now) {
    for (Place& place : heap_) {
      place.due = std::min(place.due, now);
    }
    std::make_heap(heap_.begin(), heap_.end(), later);
  }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  struct Place {
    MonoTime due;
    Record record;
  };
  static bool later(const Place& a, const Place& b) { return a.due > b.due; }

  std::vector<Place> heap_;
};

}  // namespace respand::delivery
