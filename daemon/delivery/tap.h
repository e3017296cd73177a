#pragma once
// Tap: shows watchers what becomes of each record as it happens, one JSON line a record. The workers never wait for a
// watcher: lines that it does not take in time are left out for it, and counted. Without a watcher the tap costs the
// workers one atomic load an answer. Any thread.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/mutex.h"
#include "respand/base/units.h"
#include "respand/delivery/tap_outcome.h"
#include "respand/http/client.h"
#include "respand/record/record_parser.h"

namespace respand::delivery {

// What is shown of one record after one attempt. All views are borrowed for the call.
struct TapEntry {
  TapOutcome outcome = TapOutcome::kDelivered;
  Sequence sequence;
  std::uint32_t attempts = 0;
  const http::Answer& answer;
  std::string_view record;   // JSON as it was posted
  std::string_view route{};  // the API's path; empty: that of records
  std::string_view key{};    // the name of its key in api.keys; empty: the configuration's
};

// One watcher, with the records that it wants to see. One thread reads; the workers add.
class Watcher {
 public:
  // Bytes of lines that wait for it. Lines that come while so many wait are left out.
  static constexpr std::size_t kMostBytes = 4U << 20;
  // Of a larger record only the size is shown.
  static constexpr std::size_t kMostRecord = 1U << 20;

  struct Filter {
    std::string model = {};     // empty: any
    std::string customer = {};  // empty: any
    std::optional<TapOutcome> outcome = {};
  };

  // `wake` is called on a worker's thread when there is a line to take and was none before. It must not block.
  Watcher(Filter filter, std::function<void()> wake) : filter_(std::move(filter)), wake_(std::move(wake)) {}

  // Appends lines that wait to `out`, up to about `most` bytes. Where lines were left out, {"left_out":N} comes first.
  void take(std::string& out, std::size_t most) EXCLUDES(mutex_);
  // wake() is not called any more when this has returned.
  void close() EXCLUDES(mutex_);

 private:
  friend class Tap;
  [[nodiscard]] bool wants(TapOutcome outcome) const { return !filter_.outcome || *filter_.outcome == outcome; }
  [[nodiscard]] bool wants(std::string_view model, std::string_view customer) const;
  void add(const std::string& line) EXCLUDES(mutex_);

  const Filter filter_;
  Mutex mutex_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
  std::deque<std::string> lines_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t left_out_ GUARDED_BY(mutex_) = 0;
};

class Tap {
 public:
  // Each watcher costs the workers time, and nobody needs more.
  static constexpr std::size_t kMostWatchers = 8;

  explicit Tap(const Clock& clock) : clock_(clock) {}

  // Adds a watcher. Null where there are too many.
  [[nodiscard]] std::shared_ptr<Watcher> watch(Watcher::Filter filter, std::function<void()> wake) EXCLUDES(mutex_);
  void leave(const std::shared_ptr<Watcher>& watcher) EXCLUDES(mutex_);

  // watch() and leave() write it, the workers read it. Relaxed: a record more or less does not matter.
  [[nodiscard]] bool watched() const { return watched_.load(std::memory_order_relaxed); }
  // `parser`: the caller's own.
  void show(const TapEntry& entry, record::RecordParser& parser) EXCLUDES(mutex_);

 private:
  [[nodiscard]] std::string line_of(const TapEntry& entry, std::string_view model, std::string_view customer) const;

  const Clock& clock_;
  std::atomic<bool> watched_ = false;
  Mutex mutex_;
  std::vector<std::shared_ptr<Watcher>> watchers_ GUARDED_BY(mutex_);
};

// The records of a batch's body, {"logs":[…]}, in order.
[[nodiscard]] std::vector<std::string_view> records_in(std::string_view batch);

}  // namespace respand::delivery
