#include "cli/record_lines.h"

#include <algorithm>
#include <utility>

#include "cli/text_kind.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::uint64_t line_ends(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// Makes one line of a record: line ends between its tokens become spaces. False where one stands within a string: that
// is no JSON, and a space in its place would change the record.
bool make_line(std::string_view record, std::string& out) {
  const std::size_t before = out.size();
  bool in_string = false;
  bool escaped = false;
  for (const char c : record) {
    const bool line_end = c == '\n' || c == '\r';
    if (in_string && line_end) {
      out.resize(before);
      return false;
    }
    if (in_string) {
      in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else {
      in_string = c == '"';
    }
    out.push_back(line_end ? ' ' : c);
  }
  out.push_back('\n');
  return true;
}

}  // namespace

RecordLines::RecordLines(std::string& out, Origins& origins, Refused refused, Bytes max_record)
    : out_(out), origins_(origins), refused_(std::move(refused)), max_record_(max_record) {}

void RecordLines::begin(std::uint32_t file) {
  file_ = file;
  line_ = 1;
  at_start_ = true;
  state_ = State::kHead;
  head_.clear();
}

void RecordLines::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::kHead:
        head(bytes, false);
        break;
      case State::kLineStart:
      case State::kLine:
      case State::kDrop:
        line(bytes);
        break;
      case State::kElements:
        elements(bytes);
        break;
      case State::kSkip:
        return;
    }
  }
}

void RecordLines::finish() {
  while (state_ == State::kHead) {  // Each round takes at least one text.
    std::string_view nothing;
    head(nothing, true);
  }
  if (state_ == State::kLine) {
    out_.push_back('\n');
  }
  if (state_ == State::kElements && framer_->finish() == record::Frame::kBroken) {
    refuse(line_, framer_->refusal().message);
  }
  framer_.reset();
  state_ = State::kHead;
}

// Decides how the text that begins here is read. Until that can be told its bytes are collected.
void RecordLines::head(std::string_view& bytes, bool whole) {
  std::string collected;
  std::string_view text = bytes;
  if (!head_.empty()) {
    collected = std::exchange(head_, {});
    text = collected.append(bytes);
  }
  if (at_start_ && (whole || text.size() >= kByteOrderMark.size() || !kByteOrderMark.starts_with(text))) {
    text.remove_prefix(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    at_start_ = false;
  }
  const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  line_ += line_ends(text.substr(0, begin));
  text.remove_prefix(begin);
  switch (at_start_ ? TextKind::kUndecided : kind_of(text, whole)) {
    case TextKind::kUndecided:
      head_ = text;
      bytes = {};
      return;
    case TextKind::kLines:
      state_ = State::kLineStart;
      break;
    case TextKind::kElements:
      state_ = State::kElements;
      framer_.emplace(max_record_);
      array_ = text.front() == '[';
      between_ = false;
      break;
  }
  if (collected.empty()) {
    bytes = text;
  } else {
    bytes = {};
    feed(text);  // Does not come back here, because head_ is empty now.
  }
}

// Takes a piece of a line: white space before it, what is in it, or its end.
void RecordLines::line(std::string_view& bytes) {
  if (state_ == State::kLineStart) {
    const std::size_t begin = std::min(bytes.find_first_not_of(kSpace), bytes.size());
    line_ += line_ends(bytes.substr(0, begin));
    bytes.remove_prefix(begin);
    if (bytes.empty()) {
      return;
    }
    if (bytes.front() == '{' || bytes.front() == '[') {
      state_ = State::kLine;
      origins_.add({file_, line_});
    } else {
      state_ = State::kDrop;
      refuse(line_, "not a JSON object");
    }
  }
  const std::size_t end = bytes.find('\n');
  const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
  if (state_ == State::kLine) {
    out_.append(bytes.substr(0, taken));
  }
  if (end != std::string_view::npos) {
    ++line_;
    state_ = State::kLineStart;
  }
  bytes.remove_prefix(taken);
}

// Takes bytes up to the end of the next element or of the text. Another text may follow.
void RecordLines::elements(std::string_view& bytes) {
  const bool ends = array_ends(bytes);
  std::string_view given = ends ? bytes.substr(0, bytes.find(']') + 1) : bytes;
  const std::size_t size = given.size();
  const record::Frame frame = framer_->next(given);
  const std::string_view taken = bytes.substr(0, size - given.size());
  line_ += line_ends(taken);
  bytes.remove_prefix(taken.size());
  switch (frame) {
    case record::Frame::kNone:
      between_ = between_ && taken.find_first_not_of(kSpace) == std::string_view::npos;
      if (ends) {
        framer_.reset();
        state_ = State::kHead;
      }
      break;
    case record::Frame::kComplete:
      element(framer_->frame());
      between_ = array_;
      if (!array_) {
        framer_.reset();
        state_ = State::kHead;
      }
      break;
    case record::Frame::kTooLarge:
      refuse(line_, cat("a record is larger than ", to_text(max_record_)));
      between_ = false;
      break;
    case record::Frame::kBroken:
      refuse(line_, cat(framer_->refusal().message, "; the rest of the file is not read"));
      framer_.reset();
      state_ = State::kSkip;
      break;
  }
}

void RecordLines::element(std::string_view frame) {
  const std::uint64_t line = line_ - line_ends(frame);
  if (frame.front() != '{') {
    refuse(line, "not a JSON object");
  } else if (make_line(frame, out_)) {
    origins_.add({file_, line});
  } else {
    refuse(line, "a line end stands in a string");
  }
}

// Whether the next character that is no white space ends the array.
bool RecordLines::array_ends(std::string_view bytes) const {
  const std::size_t next = bytes.find_first_not_of(kSpace);
  return between_ && next != std::string_view::npos && bytes[next] == ']';
}

}  // namespace respand::cli
