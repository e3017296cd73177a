#include "fleet/sequence_set.h"

#include <algorithm>
#include <limits>

#include "respand/base/leb128.h"

namespace respand::fleet {

// The first range that does not end before the sequence.
std::vector<SequenceSet::Range>::const_iterator SequenceSet::find(std::uint64_t sequence) const {
  if (!ranges_.empty() && ranges_.back().last < sequence) {
    return ranges_.end();  // the usual case
  }
  return std::lower_bound(ranges_.begin(), ranges_.end(), sequence,
                          [](const Range& range, std::uint64_t value) { return range.last < value; });
}

bool SequenceSet::add(Sequence sequence) {
  const std::uint64_t value = sequence.value;
  const auto found = ranges_.begin() + (find(value) - ranges_.cbegin());
  if (found != ranges_.end() && found->first <= value) {
    return false;
  }
  const bool follows = found != ranges_.begin() && (found - 1)->last + 1 == value;
  const bool leads = found != ranges_.end() && found->first == value + 1;
  if (follows && leads) {
    (found - 1)->last = found->last;
    ranges_.erase(found);
  } else if (follows) {
    (found - 1)->last = value;
  } else if (leads) {
    found->first = value;
  } else {
    ranges_.insert(found, Range{value, value});
  }
  return true;
}

bool SequenceSet::remove(Sequence sequence) {
  const std::uint64_t value = sequence.value;
  const auto found = ranges_.begin() + (find(value) - ranges_.cbegin());
  if (found == ranges_.end() || found->first > value) {
    return false;
  }
  const Range whole = *found;
  if (whole.first == whole.last) {
    ranges_.erase(found);
  } else if (value == whole.first) {
    found->first = value + 1;
  } else if (value == whole.last) {
    found->last = value - 1;
  } else {
    found->last = value - 1;
    ranges_.insert(found + 1, Range{value + 1, whole.last});
  }
  return true;
}

bool SequenceSet::contains(Sequence sequence) const {
  const auto found = find(sequence.value);
  return found != ranges_.end() && found->first <= sequence.value;
}

std::uint64_t SequenceSet::count() const {
  std::uint64_t count = 0;
  for (const Range& range : ranges_) {
    count += range.last - range.first + 1;
  }
  return count;
}

std::size_t SequenceSet::keep_highest(std::size_t most) {
  const std::size_t forgotten = ranges_.size() > most ? ranges_.size() - most : 0;
  ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(forgotten));
  return forgotten;
}

void SequenceSet::encode(std::string& out) const {
  const auto put = [&out](std::uint8_t byte) { out += static_cast<char>(byte); };
  put_leb128(ranges_.size(), put);
  std::uint64_t end = 0;
  for (const Range& range : ranges_) {
    put_leb128(range.first - end, put);
    put_leb128(range.last - range.first, put);
    end = range.last;
  }
}

std::optional<SequenceSet> SequenceSet::decode(std::string_view& bytes, std::size_t most) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const auto count = take_leb128(bytes);
  if (!count || *count > most || *count > bytes.size() / 2) {
    return std::nullopt;
  }
  SequenceSet set;
  set.ranges_.reserve(*count);
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto gap = take_leb128(bytes);
    const auto length = gap ? take_leb128(bytes) : std::nullopt;
    // Two ranges that touch would be one; 0 is no sequence, and the last one has no successor.
    if (!length || *gap < (i == 0 ? 1U : 2U) || *gap >= kMost - end || *length >= kMost - end - *gap) {
      return std::nullopt;
    }
    set.ranges_.push_back({end + *gap, end + *gap + *length});
    end += *gap + *length;
  }
  return set;
}

}  // namespace respand::fleet
