#include "delivery/batch_builder.h"

#include <algorithm>
#include <utility>

#include "respand/base/log.h"

namespace respand::delivery {

void Batching::fall_back(std::string_view why) {
  if (on_.exchange(false, std::memory_order_relaxed)) {
    log::warning("records are posted one by one from now on: the API does not take batches; SIGHUP tries again",
                 {{"why", why}});
  }
}

void Batching::too_large(std::uint64_t bytes) {
  // Workers may report at the same time; the limit only becomes smaller.
  const std::uint64_t half = std::max(kLeastBytes, bytes / 2);
  std::uint64_t now = max_bytes();
  while (half < now && !max_bytes_.compare_exchange_weak(now, half, std::memory_order_relaxed)) {
  }
}

void Batching::resume(const Settings& settings, bool path) {
  max_records_.store(settings.max_records, std::memory_order_relaxed);
  configured_bytes_.store(settings.max_bytes.value, std::memory_order_relaxed);
  linger_.store(settings.linger.count(), std::memory_order_relaxed);
  max_bytes_.store(settings.max_bytes.value, std::memory_order_relaxed);
  on_.store(path, std::memory_order_relaxed);
}

bool BatchBuilder::fits(std::uint64_t length) const {
  return waiting_.empty() || (waiting_.size() < batching_.max_records() && bytes_ + length <= batching_.max_bytes());
}

void BatchBuilder::add(Record record, MonoTime now) {
  if (waiting_.empty()) {
    since_ = now;
  }
  bytes_ += record.ref.length;
  waiting_.push_back(std::move(record));
}

// A batch is also full when another record of its average size would not fit any more.
bool BatchBuilder::full() const {
  return waiting_.size() >= batching_.max_records() || (!waiting_.empty() && !fits(bytes_ / waiting_.size()));
}

RecordBatch BatchBuilder::gather(Record record, MonoTime now) {
  const bool fitting = fits(record.ref.length);
  RecordBatch going = fitting ? RecordBatch{} : take();
  add(std::move(record), now);
  return fitting && full() ? take() : std::move(going);
}

std::optional<Record> BatchBuilder::take(Sequence sequence) {
  const auto take_out = [sequence](RecordBatch& records) -> std::optional<Record> {
    const auto found = std::find_if(records.begin(), records.end(),
                                    [sequence](const Record& record) { return record.ref.sequence == sequence; });
    if (found == records.end()) {
      return std::nullopt;
    }
    std::optional<Record> record(std::move(*found));
    records.erase(found);
    return record;
  };
  if (auto record = take_out(waiting_)) {
    bytes_ -= record->ref.length;
    return record;
  }
  for (auto half = halves_.begin(); half != halves_.end(); ++half) {
    if (auto record = take_out(half->records)) {
      --halved_records_;
      if (half->records.empty()) {
        halves_.erase(half);
      }
      return record;
    }
  }
  return std::nullopt;
}

MonoTime BatchBuilder::due() const { return waiting_.empty() ? MonoTime::max() : since_ + batching_.linger(); }

RecordBatch BatchBuilder::take() {
  bytes_ = 0;
  return std::exchange(waiting_, {});
}

void BatchBuilder::put_half(RecordBatch half, MonoTime due) {
  halved_records_ += half.size();
  halves_.push_back({due, std::move(half)});
}

MonoTime BatchBuilder::first_half_due() const {
  MonoTime first = MonoTime::max();
  for (const Half& half : halves_) {
    first = std::min(first, half.due);
  }
  return first;
}

std::optional<RecordBatch> BatchBuilder::take_half(MonoTime now) {
  const auto due = std::find_if(halves_.begin(), halves_.end(), [now](const Half& half) { return half.due <= now; });
  if (due == halves_.end()) {
    return std::nullopt;
  }
  RecordBatch records = std::move(due->records);
  halves_.erase(due);
  halved_records_ -= records.size();
  return records;
}

void BatchBuilder::all_due(MonoTime now) {
  for (Half& half : halves_) {
    half.due = std::min(half.due, now);
  }
}

}  // namespace respand::delivery
