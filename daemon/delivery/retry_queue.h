#pragma once
// RetryQueue: records that wait for another try, by the time when they are due. Of the records that are due, the oldest
// comes first: where many became due while nothing might leave, they go in the order of their age, not of their jitter.
// It holds references only; the bytes stay in the journal. Used by RouteLanes, on the worker's thread.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "respand/base/units.h"
#include "respand/journal/reader.h"

namespace respand::delivery {

// A record that a worker has taken and not yet acknowledged.
struct Record {
  journal::Ref ref;
  std::uint32_t attempts = 0;    // so far
  std::uint32_t unread = 0;      // reads in a row that failed
  MonoTime unread_since{};       // the first of them
  WallTime failing_since{};      // its first failure
  std::uint64_t deliveries = 0;  // deliveries of all records at its last failure (StuckRecords)
  std::uint32_t overtaken = 0;   // its failures between which others were delivered
  bool fresh = false;            // it belongs to the fresh lane (lanes.h)
  bool by_hand = false;          // an operator wants it among the dead letters: it is not tried again
  bool alone = false;            // it is sent in no batch any more: the answer to it alone decides
};

class RetryQueue {
 public:
  void add(Record record, MonoTime due) { push(waiting_, {due, std::move(record)}, later); }
  // Whether a record is due. If so, first() and take_first() give the oldest one that is.
  [[nodiscard]] bool any_due(MonoTime now) {
    while (!waiting_.empty() && waiting_.front().due <= now) {
      push(due_, pop(waiting_, later), younger);
    }
    return !due_.empty();
  }
  // Requires: any_due().
  [[nodiscard]] const Record& first() const { return due_.front().record; }
  [[nodiscard]] Record take_first() { return pop(due_, younger).record; }
  // When the next record is due; MonoTime::min() where one is due already and known to any_due().
  [[nodiscard]] MonoTime first_due() const {
    return !due_.empty() ? MonoTime::min() : waiting_.empty() ? MonoTime::max() : waiting_.front().due;
  }
  // Takes out the record with this sequence; none where it is not here. Looks at each record.
  [[nodiscard]] std::optional<Record> take(Sequence sequence) {
    auto record = take_from(waiting_, later, sequence);
    return record ? std::move(record) : take_from(due_, younger, sequence);
  }
  // Makes all records due, because the operator says that the reason to wait is over.
  void all_due(MonoTime now) {
    for (Entry& entry : waiting_) {
      entry.due = std::min(entry.due, now);
    }
    std::make_heap(waiting_.begin(), waiting_.end(), later);
  }
  [[nodiscard]] std::size_t size() const { return waiting_.size() + due_.size(); }

 private:
  struct Entry {
    MonoTime due;
    Record record;
  };
  using Heap = std::vector<Entry>;
  using Order = bool (*)(const Entry&, const Entry&);
  static bool later(const Entry& a, const Entry& b) { return a.due > b.due; }
  static bool younger(const Entry& a, const Entry& b) { return a.record.ref.sequence > b.record.ref.sequence; }

  static void push(Heap& heap, Entry entry, Order order) {
    heap.push_back(std::move(entry));
    std::push_heap(heap.begin(), heap.end(), order);
  }
  static Entry pop(Heap& heap, Order order) {
    std::pop_heap(heap.begin(), heap.end(), order);
    Entry entry = std::move(heap.back());
    heap.pop_back();
    return entry;
  }
  static std::optional<Record> take_from(Heap& heap, Order order, Sequence sequence) {
    const auto found = std::find_if(heap.begin(), heap.end(),
                                    [&](const Entry& entry) { return entry.record.ref.sequence == sequence; });
    if (found == heap.end()) {
      return std::nullopt;
    }
    std::optional<Record> record(std::move(found->record));
    if (found != heap.end() - 1) {
      *found = std::move(heap.back());
    }
    heap.pop_back();
    std::make_heap(heap.begin(), heap.end(), order);
    return record;
  }

  Heap waiting_;  // by the time when they are due
  Heap due_;      // by age
};

}  // namespace respand::delivery
