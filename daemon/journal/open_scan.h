#pragma once
// OpenScan: the segment from which a backlog reads references back, held open, and the scanner's place in it. Between
// two segments nothing is open. Journal thread.

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "journal/scanner.h"
#include "journal/segment.h"

namespace respand::journal {

class OpenScan {
 public:
  [[nodiscard]] bool is_open() const { return scanner_.has_value(); }
  // Opens a segment at its beginning, for records below `limit`.
  void open(std::shared_ptr<const Segment> segment, Sequence limit) {
    segment_ = std::move(segment);
    scanner_.emplace(*segment_, SegmentHeader::kSize, segment_->first(), limit);
  }
  void close() {
    scanner_.reset();
    segment_.reset();
  }
  // Closes the scan where it is in one of these segments.
  void leave(std::span<const SegmentId> segments) {
    if (segment_ && std::find(segments.begin(), segments.end(), segment_->id()) != segments.end()) {
      close();
    }
  }
  // Requires of both: is_open().
  [[nodiscard]] const std::shared_ptr<const Segment>& segment() const { return segment_; }
  [[nodiscard]] Scanner& scanner() { return *scanner_; }

 private:
  std::shared_ptr<const Segment> segment_;
  std::optional<Scanner> scanner_;
};

}  // namespace respand::journal
