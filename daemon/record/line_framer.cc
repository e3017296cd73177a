#include <utility>

#include "record/kept_buffer.h"
#include "respand/record/frame.h"

namespace respand::record {

Frame LineFramer::next(std::string_view& input) {
  drop_used();
  while (!input.empty()) {
    const std::size_t newline = input.find('\n');
    const bool ended = newline != std::string_view::npos;
    const std::string_view piece = input.substr(0, newline);
    input.remove_prefix(ended ? newline + 1 : input.size());
    if (discarding_) {
      discarding_ = !ended;
      continue;
    }
    if (!ended) {
      return part(piece);
    }
    if (partial_.empty()) {
      frame_ = piece;
      return judged();
    }
    if (too_large(piece)) {
      empty(partial_);
      at_start_ = false;
      return Frame::kTooLarge;
    }
    partial_.append(piece);
    partial_used_ = true;
    frame_ = partial_;
    return judged();
  }
  return Frame::kNone;
}

Frame LineFramer::finish() {
  drop_used();
  discarding_ = false;
  if (partial_.empty()) {
    return Frame::kNone;
  }
  partial_used_ = true;
  frame_ = partial_;
  return judged();
}

void LineFramer::drop_used() {
  frame_ = {};
  if (partial_used_) {
    empty(partial_);
    partial_used_ = false;
  }
}

// Keeps the beginning of a line whose rest comes with the next input.
Frame LineFramer::part(std::string_view piece) {
  if (too_large(piece)) {
    empty(partial_);
    at_start_ = false;
    discarding_ = true;
    return Frame::kTooLarge;
  }
  partial_.append(piece);
  return Frame::kNone;
}

// The line in frame_, without its \r, and the first one without a byte order mark.
Frame LineFramer::judged() {
  if (std::exchange(at_start_, false)) {
    frame_ = without_byte_order_mark(frame_);
  }
  if (frame_.ends_with('\r')) {
    frame_.remove_suffix(1);
  }
  if (frame_.size() > max_line_.value) {
    frame_ = {};
    return Frame::kTooLarge;
  }
  return Frame::kComplete;
}

// Whether the line so far, with `piece` at its end, is over the limit. A \r counts for nothing while it may turn out to
// be the line's end; nor does what may be a byte order mark.
bool LineFramer::too_large(std::string_view piece) const {
  const char last = piece.empty() ? partial_.back() : piece.back();
  const std::size_t size = partial_.size() + piece.size() - (last == '\r' ? 1 : 0);
  return size > max_line_.value + (at_start_ ? mark_in_front(piece) : 0);
}

// Bytes at the line's front that are, or may become, a byte order mark.
std::size_t LineFramer::mark_in_front(std::string_view piece) const {
  std::string front = partial_.substr(0, kByteOrderMark.size());
  front += piece.substr(0, kByteOrderMark.size() - front.size());
  return kByteOrderMark.starts_with(front) ? front.size() : 0;
}

}  // namespace respand::record
