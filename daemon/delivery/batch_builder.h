#pragma once
// Batching: whether records go out in batches now, and within which limits. All workers share it. Any thread: no other
// memory depends on its atomics, hence they are relaxed.
//
// BatchBuilder: the records of one worker that wait to go out together, and the halves of batches that were refused.
// Its worker's thread.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "delivery/retry_queue.h"
#include "respand/base/units.h"

namespace respand::delivery {

class Batching {
 public:
  struct Settings {
    std::uint32_t max_records = 500;
    Bytes max_bytes = mebibytes(8);
    Duration linger = std::chrono::milliseconds{20};  // how long the first record of a batch waits for others
  };
  // A record of more than an eighth of max_bytes goes alone: all others of its batch would have to wait for it.
  static constexpr std::uint64_t kLargeShare = 8;
  // Where the API refuses batches for their size, the limit is never lowered below this.
  static constexpr std::uint64_t kLeastBytes = 64 * 1024;

  // `path`: whether the target has a path for batches.
  Batching(const Settings& settings, bool path) { resume(settings, path); }

  [[nodiscard]] std::uint32_t max_records() const { return max_records_.load(std::memory_order_relaxed); }
  // The configured limit; max_bytes() is the one in force and may be less.
  [[nodiscard]] std::uint64_t configured_bytes() const { return configured_bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] Duration linger() const { return Duration{linger_.load(std::memory_order_relaxed)}; }
  [[nodiscard]] bool on() const { return on_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool goes_alone(std::uint64_t length) const { return length > max_bytes() / kLargeShare; }
  // From now on records go one by one: the API does not take batches, or its answers to them can't be relied on. Logs
  // that once.
  void fall_back(std::string_view why);
  // A batch of so many bytes was too large: halves the limit.
  void too_large(std::uint64_t bytes);
  // On a reload: batches are tried again, within these limits.
  void resume(const Settings& settings, bool path);

 private:
  std::atomic<std::uint32_t> max_records_ = 0;
  std::atomic<std::uint64_t> configured_bytes_ = 0;
  std::atomic<Duration::rep> linger_ = 0;
  std::atomic<bool> on_ = false;
  std::atomic<std::uint64_t> max_bytes_ = 0;
};

// Records that go out in one request, in this order.
using RecordBatch = std::vector<Record>;

class BatchBuilder {
 public:
  explicit BatchBuilder(const Batching& batching) : batching_(batching) {}

  // Whether a record of this length can join those that wait.
  [[nodiscard]] bool fits(std::uint64_t length) const;
  void add(Record record, MonoTime now);
  [[nodiscard]] bool full() const;
  // Adds the record and returns the batch that is to go now because of it: those that waited, where it did not fit
  // beside them; all with it, where it filled the batch; else nothing.
  [[nodiscard]] RecordBatch gather(Record record, MonoTime now);
  // Takes out the record with this sequence; none where it is not here. Looks at each record.
  [[nodiscard]] std::optional<Record> take(Sequence sequence);
  // When the records that wait are to go, full batch or not.
  [[nodiscard]] MonoTime due() const;
  // Takes all records that wait.
  [[nodiscard]] RecordBatch take();

  // Keeps half of a refused batch, to be sent as it is, not before `due`. Nothing is added to it: that would hide the
  // record that is wrong.
  void put_half(RecordBatch half, MonoTime due);
  [[nodiscard]] std::optional<RecordBatch> take_half(MonoTime now);
  [[nodiscard]] MonoTime first_half_due() const;
  void all_due(MonoTime now);

  [[nodiscard]] std::size_t records() const { return waiting_.size() + halved_records_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  // of the records that wait, without the halves

 private:
  struct Half {
    MonoTime due;
    RecordBatch records;
  };

  const Batching& batching_;
  RecordBatch waiting_;
  std::uint64_t bytes_ = 0;
  MonoTime since_{};  // when the first of them came
  std::deque<Half> halves_;
  std::size_t halved_records_ = 0;
};

}  // namespace respand::delivery
