#include "ledger/duration_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "respand/base/leb128.h"

namespace respand::ledger {
namespace {

constexpr int kBits = 4;  // 16 buckets to a doubling
constexpr std::uint32_t kExact = 1U << kBits;

// Small values have a bucket each. Of larger ones the highest five bits count: the doubling, and which sixteenth of it.
std::uint32_t index_of(std::uint64_t value) {
  if (value < kExact) {
    return static_cast<std::uint32_t>(value);
  }
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kBits;
  return (static_cast<std::uint32_t>(shift) << kBits) + static_cast<std::uint32_t>(value >> shift);
}

constexpr std::uint32_t kLastIndex = (37U << kBits) + 31U;  // of kLongest

// The middle of a bucket.
std::uint64_t value_of(std::uint32_t index) {
  if (index < 2 * kExact) {
    return index;
  }
  const std::uint32_t shift = (index >> kBits) - 1;
  const std::uint64_t low = std::uint64_t{(index & (kExact - 1)) | kExact} << shift;
  return low + ((std::uint64_t{1} << shift) / 2);
}

void put_number(std::string& out, std::uint64_t value) {
  put_leb128(value, [&out](std::uint8_t byte) { out.push_back(static_cast<char>(byte)); });
}

}  // namespace

void DurationHistogram::add(Duration time) {
  const std::uint32_t index = index_of(std::min(static_cast<std::uint64_t>(time.count()), kLongest));
  const auto at = std::lower_bound(buckets_.begin(), buckets_.end(), Bucket{index, 0});
  if (at != buckets_.end() && at->first == index) {
    ++at->second;
  } else {
    buckets_.insert(at, {index, 1});
  }
}

void DurationHistogram::merge(const DurationHistogram& more) {
  std::vector<Bucket> merged;
  merged.reserve(buckets_.size() + more.buckets_.size());
  auto mine = buckets_.begin();
  for (const Bucket& other : more.buckets_) {
    for (; mine != buckets_.end() && mine->first < other.first; ++mine) {
      merged.push_back(*mine);
    }
    merged.push_back(other);
    if (mine != buckets_.end() && mine->first == other.first) {
      merged.back().second += mine->second;
      ++mine;
    }
  }
  merged.insert(merged.end(), mine, buckets_.end());
  buckets_ = std::move(merged);
}

std::uint64_t DurationHistogram::count() const {
  std::uint64_t count = 0;
  for (const Bucket& bucket : buckets_) {
    count += bucket.second;
  }
  return count;
}

Duration DurationHistogram::percentile(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count())));
  std::uint64_t below = 0;
  for (const Bucket& bucket : buckets_) {
    below += bucket.second;
    if (below >= rank) {
      return Duration{static_cast<std::int64_t>(value_of(bucket.first))};
    }
  }
  return Duration{static_cast<std::int64_t>(value_of(buckets_.back().first))};
}

std::string DurationHistogram::encode() const {
  std::string out;
  std::uint32_t last = 0;
  for (const Bucket& bucket : buckets_) {
    put_number(out, bucket.first - last);
    put_number(out, bucket.second);
    last = bucket.first;
  }
  return out;
}

// Anybody may have written to the file: what add() and merge() rely on is checked here.
DurationHistogram DurationHistogram::decode(std::string_view bytes) {
  DurationHistogram times;
  std::uint64_t index = 0;
  while (!bytes.empty()) {
    const auto distance = take_leb128(bytes);
    const auto count = take_leb128(bytes);
    // The sum of all counts stays in 64 bits: a bucket holds less than 2^53.
    if (!distance || !count || *distance > kLastIndex - index || *count == 0 || *count >= (std::uint64_t{1} << 53) ||
        (*distance == 0 && !times.buckets_.empty())) {
      break;
    }
    index += *distance;
    times.buckets_.emplace_back(static_cast<std::uint32_t>(index), *count);
  }
  return times;
}

}  // namespace respand::ledger
