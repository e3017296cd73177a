#pragma once
// Framing: finds where one record ends and the next begins, in a stream that arrives in pieces. Both framers look only
// for boundaries; RecordParser judges what is between. The views that they hand out hold until the next call, or until
// the input that was given goes away. Used by sockets and spool. One thread each.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/units.h"
#include "respand/record/record_parser.h"

namespace respand::record {

// The bytes that some editors and exports put in front of a text in UTF-8. They are no part of the text, and are
// skipped at the beginning of a stream, a body and a datagram.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
[[nodiscard]] inline std::string_view without_byte_order_mark(std::string_view text) {
  return text.substr(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
}

// What a call found.
enum class Frame : std::uint8_t {
  kNone,      // the input is used up; what is incomplete is kept for the next call
  kComplete,  // a frame, which frame() gives
  kTooLarge,  // a frame over the limit: its bytes are discarded as they come, and this is said once, when the limit is
              // passed
  kBroken,    // ElementFramer only: the text is not what it can read; refusal() says why, and so does every later call
};

// Takes lines that end with \n or \r\n. A frame is a line without its end; blank lines are frames too (the caller skips
// them). The limit is for a frame, without the line's end.
class LineFramer {
 public:
  // `at_start`: the stream begins here, and a byte order mark may stand in front.
  explicit LineFramer(Bytes max_line, bool at_start = true) : max_line_(max_line), at_start_(at_start) {}

  // Takes bytes from the front of `input` up to the end of the next line. A line that lies in `input` as a whole is
  // handed out as a view into it, with no copy.
  [[nodiscard]] Frame next(std::string_view& input);
  // The stream has ended. A last line without \n is a frame (kComplete); kNone where there is none.
  [[nodiscard]] Frame finish();
  // The frame that was found last.
  [[nodiscard]] std::string_view frame() const { return frame_; }
  // Bytes of memory that are held for an incomplete line: at most twice the limit. They are given back at the call
  // after a long line.
  [[nodiscard]] std::size_t memory() const { return partial_.capacity(); }
  // For another process that goes on with the stream: what is held of an incomplete line, whether a line that was too
  // large is being thrown away, and, in that process, to go on throwing it away.
  [[nodiscard]] std::string_view partial() const { return partial_used_ ? std::string_view() : partial_; }
  [[nodiscard]] bool discarding() const { return discarding_; }
  void discard() { discarding_ = true; }
  // Whether a line has begun and not ended.
  [[nodiscard]] bool in_line() const { return (!partial_.empty() && !partial_used_) || discarding_; }

 private:
  void drop_used();
  Frame part(std::string_view piece);
  Frame judged();
  [[nodiscard]] bool too_large(std::string_view piece) const;
  [[nodiscard]] std::size_t mark_in_front(std::string_view piece) const;

  Bytes max_line_;
  bool at_start_;  // no line has ended: a byte order mark may stand in front
  std::string partial_;
  std::string_view frame_;
  bool partial_used_ = false;  // frame_ points into partial_, which is to be emptied at the next call
  bool discarding_ = false;
};

// Takes the records of a JSON text: of `{…}` the object itself, of `[v, v, …]` each element as it is written, with
// white space around it. Used for array lines, HTTP bodies and *.json spool files of any size. It holds in memory the
// element that is being read.
class ElementFramer {
 public:
  // The limit is for an element.
  explicit ElementFramer(Bytes max_element) : max_element_(max_element) {}

  // Takes bytes from the front of `input` up to the end of the next element.
  [[nodiscard]] Frame next(std::string_view& input);
  // The text has ended: kNone where it was complete, kBroken where it was cut off or is empty.
  [[nodiscard]] Frame finish();
  // The frame that was found last.
  [[nodiscard]] std::string_view frame() const { return frame_; }
  // Where that frame, or the one that was too large, begins in the whole text, in bytes from 0.
  [[nodiscard]] std::uint64_t offset() const { return frame_offset_; }
  // Why the text is broken.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

 private:
  enum class State : std::uint8_t { kStart, kBeforeFirst, kElement, kAfterElement, kBeforeNext, kDone, kBroken };
  void drop_used();
  Frame between(std::string_view& input);
  Frame begin_element(char first);
  Frame element(std::string_view& input);
  bool scan(const char*& at, const char* last);
  Frame broken(std::string_view why);

  Bytes max_element_;
  State state_ = State::kStart;
  bool array_ = false;
  std::size_t mark_ = 0;    // bytes of a byte order mark taken at the start
  bool in_string_ = false;  // of the element that is being read, as are escaped_ and depth_
  bool escaped_ = false;
  bool discarding_ = false;
  bool partial_used_ = false;
  std::uint64_t depth_ = 0;     // brackets open, of any kind
  std::uint64_t position_ = 0;  // bytes of the text taken so far
  std::uint64_t frame_offset_ = 0;
  std::string partial_;
  std::string_view frame_;
  Refusal refusal_;
};

}  // namespace respand::record
