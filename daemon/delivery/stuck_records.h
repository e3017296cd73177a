#pragma once
// StuckRecords: lists the records that fail again and again while others are delivered, so that an operator can deal
// with them. In an outage no record is stuck, because none gets through. Shared by the workers, read by status; any
// thread. Costs a worker an atomic load for each failure, and a lock only for a record that is stuck.

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/retry_queue.h"
#include "respand/base/mutex.h"
#include "respand/base/units.h"

namespace respand::delivery {

struct StuckRecord {
  Sequence sequence;
  std::uint32_t attempts = 0;
  WallTime since{};  // of the first failure
  std::string why;   // the last one: "500", "timeout", "dead letters"
};

class StuckRecords {
 public:
  // A record is stuck after so many failures with deliveries of others between them. Stray errors come to that for one
  // record in a million; a record that the API can't digest comes to it within a few seconds.
  static constexpr std::uint32_t kOvertaken = 4;
  // How many records the state names.
  static constexpr std::size_t kNamed = 5;

  struct State {
    std::size_t records = 0;
    std::vector<StuckRecord> longest;  // those that have failed longest, the longest first
  };

  // An attempt at the record has failed. Keeps in the record what it needs.
  void failed(Record& record, std::string_view why, WallTime now) EXCLUDES(mutex_);
  // The record is acknowledged or lost: it is not listed any more.
  void ended(const Record& record) EXCLUDES(mutex_);
  void delivered() { deliveries_.fetch_add(1, std::memory_order_relaxed); }
  // Whether others were delivered since the record failed first. Then its failures say nothing of the API.
  [[nodiscard]] bool is_overtaken(const Record& record) const {
    return record.overtaken > 0 ||
           (record.failing_since != WallTime{} && record.deliveries != deliveries_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] static bool is_stuck(const Record& record) { return record.overtaken >= kOvertaken; }

  [[nodiscard]] State state() const EXCLUDES(mutex_);

 private:
  std::atomic<std::uint64_t> deliveries_ = 0;  // of all workers; only whether it has moved counts, hence relaxed
  mutable Mutex mutex_;
  std::map<std::uint64_t, StuckRecord> records_ GUARDED_BY(mutex_);  // by sequence; no more than records are open
};

}  // namespace respand::delivery
