#pragma once
// StuckRecords: which records fail again and again while others are delivered, so that an operator can name them. In an
// outage nothing is stuck: nobody gets through. Shared by the workers, read by status; any thread. Costs a worker an
// atomic load a failure, and a lock only for a record that is stuck.

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
  // Failures with deliveries of others between them that make a record stuck. Stray errors come to that once in a
  // million; a record that the API can't digest within a few seconds.
  static constexpr std::uint32_t kOvertaken = 4;
  // Records that are named.
  static constexpr std::size_t kNamed = 5;

  struct State {
    std::size_t records = 0;
    std::vector<StuckRecord> longest;  // of them, those that were tried longest, the first first
  };

  // An attempt at the record has failed. Keeps in the record what it needs.
  void failed(Record& record, std::string_view why, WallTime now) EXCLUDES(mutex_);
  // Nothing more is to be done for it.
  void ended(const Record& record) EXCLUDES(mutex_);
  void delivered() { deliveries_.fetch_add(1, std::memory_order_relaxed); }
  // Others were delivered since it failed first: what it brings says nothing of the API.
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
