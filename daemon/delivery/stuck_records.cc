#include "delivery/stuck_records.h"

#include <algorithm>

namespace respand::delivery {

// A failure counts only if others were delivered since the record's last one: then the API works, and the record is
// what fails.
void StuckRecords::failed(Record& record, std::string_view why, WallTime now) {
  const std::uint64_t deliveries = deliveries_.load(std::memory_order_relaxed);
  if (record.failing_since == WallTime{}) {
    record.failing_since = now;
  } else if (record.deliveries != deliveries) {
    ++record.overtaken;
  }
  record.deliveries = deliveries;
  if (is_stuck(record)) {
    const MutexLock lock(mutex_);
    records_[record.ref.sequence.value] = {record.ref.sequence, record.attempts, record.failing_since,
                                           std::string(why)};
  }
}

void StuckRecords::ended(const Record& record) {
  if (is_stuck(record)) {
    const MutexLock lock(mutex_);
    records_.erase(record.ref.sequence.value);
  }
}

StuckRecords::State StuckRecords::state() const {
  State state;
  {
    const MutexLock lock(mutex_);
    state.records = records_.size();
    for (const auto& [sequence, record] : records_) {
      state.longest.push_back(record);
    }
  }
  const auto named = state.longest.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, state.records));
  std::partial_sort(state.longest.begin(), named, state.longest.end(),
                    [](const StuckRecord& a, const StuckRecord& b) { return a.since < b.since; });
  state.longest.erase(named, state.longest.end());
  return state;
}

}  // namespace respand::delivery
