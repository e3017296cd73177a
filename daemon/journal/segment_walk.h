#pragma once
// SegmentWalk: visits a segment's sound records in order, past damage and, where it is told to, past places that can't
// be read. OpenRanges: says which records are open, asked in the same order. One thread.

#include <cstdint>
#include <memory>
#include <vector>

#include "journal/acked_set.h"
#include "journal/scanner.h"

namespace respand::journal {

class OpenRanges {
 public:
  explicit OpenRanges(std::vector<SequenceRange> ranges = {}) : ranges_(std::move(ranges)) {}
  // Whether one of [first, end) is open. Requires: `first` is not below that of the call before.
  [[nodiscard]] bool any(Sequence first, Sequence end);
  [[nodiscard]] bool contains(Sequence sequence) { return any(sequence, sequence.next()); }

 private:
  std::vector<SequenceRange> ranges_;
  std::size_t at_ = 0;
};

class SegmentWalk {
 public:
  enum class Step : std::uint8_t { kRecord, kEnd };

  SegmentWalk(std::shared_ptr<Segment> segment, Sequence limit, bool past_unreadable)
      : segment_(std::move(segment)),
        scanner_(*segment_, SegmentHeader::kSize, segment_->first(), limit),
        past_unreadable_(past_unreadable) {}

  // Moves to the next record. kEnd: there is no further sound record below the limit. An error is the disk's.
  [[nodiscard]] Result<Step> next(Scanner::Check check);
  // The bytes that next() passed over because they are no sound record; none where both are equal.
  [[nodiscard]] std::uint64_t hole_begin() const { return hole_begin_; }
  [[nodiscard]] std::uint64_t hole_end() const { return hole_end_; }

  [[nodiscard]] Scanner& scanner() { return scanner_; }
  [[nodiscard]] const Segment& segment() const { return *segment_; }

 private:
  const std::shared_ptr<Segment> segment_;
  Scanner scanner_;
  const bool past_unreadable_;
  std::uint64_t hole_begin_ = 0;
  std::uint64_t hole_end_ = 0;
};

}  // namespace respand::journal
