#include "journal/acked_set.h"

#include <algorithm>
#include <iterator>

#include "respand/base/leb128.h"

namespace respand::journal {
namespace {

void put_number(std::vector<std::byte>& out, std::uint64_t value) {
  put_leb128(value, [&out](std::uint8_t byte) { out.push_back(std::byte{byte}); });
}

}  // namespace

bool AckedSet::contains(Sequence sequence) const {
  if (sequence.value < floor_) {
    return true;
  }
  const auto after = ranges_.upper_bound(sequence.value);
  return after != ranges_.begin() && sequence.value < std::prev(after)->second;
}

std::uint64_t AckedSet::add_range(Sequence first_sequence, Sequence end_sequence) {
  std::uint64_t first = std::max(first_sequence.value, floor_);
  std::uint64_t end = end_sequence.value;
  if (first >= end) {
    return 0;
  }
  std::uint64_t fresh = end - first;  // less what turns out to be acknowledged already
  // All ranges that overlap or touch [first, end) become one with it.
  auto range = ranges_.upper_bound(first);
  if (range != ranges_.begin() && std::prev(range)->second >= first) {
    --range;
  }
  while (range != ranges_.end() && range->first <= end) {
    const std::uint64_t low = std::max(range->first, first);
    const std::uint64_t high = std::min(range->second, end);
    fresh -= high > low ? high - low : 0;
    first = std::min(first, range->first);
    end = std::max(end, range->second);
    range = ranges_.erase(range);
  }
  above_ += fresh;
  // A range that begins at the floor raises the floor, so that in order delivery, which is usual, leaves no range
  // behind.
  if (first == floor_) {
    above_ -= end - first;
    floor_ = end;
  } else {
    ranges_.emplace_hint(range, first, end);
  }
  return fresh;
}

// The open ranges are the gaps between the acknowledged ones. The walk begins at the range that holds the first record,
// or at the next one behind it.
std::vector<SequenceRange> AckedSet::open_in(Sequence first, Sequence end) const {
  std::vector<SequenceRange> open;
  std::uint64_t from = std::max(first.value, floor_);
  auto range = ranges_.upper_bound(from);
  if (range != ranges_.begin() && std::prev(range)->second > from) {
    --range;
  }
  for (; range != ranges_.end() && range->first < end.value; ++range) {
    if (range->first > from) {
      open.push_back({Sequence{from}, Sequence{range->first}});
    }
    from = range->second;
  }
  if (from < end.value) {
    open.push_back({Sequence{from}, end});
  }
  return open;
}

std::uint64_t AckedSet::open_count(Sequence first, Sequence end) const {
  std::uint64_t count = 0;
  for (const SequenceRange& range : open_in(first, end)) {
    count += range.end.value - range.first.value;
  }
  return count;
}

std::vector<std::byte> AckedSet::encode(std::size_t limit) const {
  std::vector<std::byte> body;
  std::uint64_t written = 0;
  std::uint64_t last = floor_;
  for (const auto& [first, end] : ranges_) {
    if (body.size() + 4 * kMaxLeb128 > limit) {  // two numbers in front of all, and the two of this range
      break;
    }
    put_number(body, first - last);
    put_number(body, end - first);
    last = end;
    ++written;
  }
  std::vector<std::byte> out;
  out.reserve(body.size() + 2 * kMaxLeb128);
  put_number(out, floor_);
  put_number(out, written);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

std::optional<AckedSet> AckedSet::decode(std::span<const std::byte> encoded) {
  std::string_view bytes(reinterpret_cast<const char*>(encoded.data()), encoded.size());
  const auto floor = take_leb128(bytes);
  const auto count = take_leb128(bytes);
  if (!floor || !count) {
    return std::nullopt;
  }
  AckedSet set(Sequence{*floor});
  std::uint64_t last = *floor;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto distance = take_leb128(bytes);
    const auto length = take_leb128(bytes);
    if (!distance || !length || *distance == 0 || *length == 0 || *distance > ~last || *length > ~(last + *distance)) {
      return std::nullopt;
    }
    set.add_range(Sequence{last + *distance}, Sequence{last + *distance + *length});
    last += *distance + *length;
  }
  return set;
}

}  // namespace respand::journal
