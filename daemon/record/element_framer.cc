#include "record/kept_buffer.h"
#include "record/refusals.h"
#include "respand/json/scan.h"
#include "respand/record/frame.h"

namespace respand::record {
namespace {

// Whether `c` ends a number or a word, or whatever bytes stand where one should.
bool ends_word(char c) { return json::is_space(c) || std::string_view(",:\"[]{}").find(c) != std::string_view::npos; }

}  // namespace

Frame ElementFramer::next(std::string_view& input) {
  drop_used();
  if (state_ == State::kBroken) {
    return Frame::kBroken;
  }
  while (!input.empty()) {
    const Frame frame = state_ == State::kElement ? element(input) : between(input);
    if (frame != Frame::kNone) {
      return frame;
    }
  }
  return Frame::kNone;
}

Frame ElementFramer::finish() {
  drop_used();
  switch (state_) {
    case State::kDone:
      return Frame::kNone;
    case State::kBroken:
      return Frame::kBroken;
    case State::kStart:
      return broken("there is no text but white space");
    case State::kBeforeFirst:
    case State::kElement:
    case State::kAfterElement:
    case State::kBeforeNext:
      break;
  }
  return broken(array_ ? "the text ends inside the array" : "the text ends inside the object");
}

void ElementFramer::drop_used() {
  frame_ = {};
  if (partial_used_) {
    empty(partial_);
    partial_used_ = false;
  }
}

// Takes one byte that stands between elements, or begins an element with it.
Frame ElementFramer::between(std::string_view& input) {
  const char c = input.front();
  State after = state_;
  if (position_ == mark_ && mark_ < kByteOrderMark.size() && c == kByteOrderMark[mark_]) {
    ++mark_;
  } else if (mark_ > 0 && mark_ < kByteOrderMark.size()) {
    return broken("it begins with neither { nor [");
  } else if (!json::is_space(c)) {
    switch (state_) {
      case State::kStart:
        if (c == '{') {
          return begin_element(c);
        }
        if (c != '[') {
          return broken("it begins with neither { nor [");
        }
        array_ = true;
        after = State::kBeforeFirst;
        break;
      case State::kBeforeFirst:
        if (c != ']') {
          return begin_element(c);
        }
        after = State::kDone;
        break;
      case State::kBeforeNext:
        return begin_element(c);
      case State::kAfterElement:
        if (c != ',' && c != ']') {
          return broken("missing a comma or ] after an array element");
        }
        after = c == ',' ? State::kBeforeNext : State::kDone;
        break;
      case State::kDone:
        return broken(array_ ? "more text after the array" : "more text after the object");
      case State::kElement:
      case State::kBroken:
        break;
    }
  }
  state_ = after;
  input.remove_prefix(1);
  ++position_;
  return Frame::kNone;
}

Frame ElementFramer::begin_element(char first) {
  if (first == ',' || first == ':' || first == ']' || first == '}') {
    return broken("an array element is missing");
  }
  state_ = State::kElement;
  frame_offset_ = position_;
  in_string_ = first == '"';
  depth_ = first == '{' || first == '[' ? 1 : 0;
  return Frame::kNone;
}

// Takes what `input` has of the element. kNone: it goes on in the next input, or an end of what is discarded was found.
Frame ElementFramer::element(std::string_view& input) {
  const char* at = input.data();
  if (position_ == frame_offset_) {
    ++at;  // begin_element() has seen it
  }
  const bool ended = scan(at, input.data() + input.size());
  const std::string_view piece = input.substr(0, static_cast<std::size_t>(at - input.data()));
  input.remove_prefix(piece.size());
  position_ += piece.size();
  if (ended) {
    state_ = array_ ? State::kAfterElement : State::kDone;
  }
  if (discarding_) {
    discarding_ = !ended;
    return Frame::kNone;
  }
  if (partial_.size() + piece.size() > max_element_.value) {
    empty(partial_);
    discarding_ = !ended;
    return Frame::kTooLarge;
  }
  if (ended && partial_.empty()) {
    frame_ = piece;
    return Frame::kComplete;
  }
  partial_.append(piece);
  if (!ended) {
    return Frame::kNone;
  }
  partial_used_ = true;
  frame_ = partial_;
  return Frame::kComplete;
}

// Moves `at` to the end of the element, or to `last`; true where the element has ended.
bool ElementFramer::scan(const char*& at, const char* last) {
  while (at != last) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
        ++at;
        continue;
      }
      at = json::find_quote(at, last);
      if (at == last) {
        return false;
      }
      escaped_ = *at == '\\';
      in_string_ = escaped_;
      ++at;
      if (!in_string_ && depth_ == 0) {
        return true;
      }
      continue;
    }
    if (depth_ == 0 && ends_word(*at)) {
      return true;
    }
    const char c = *at++;
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      return true;
    }
  }
  return false;
}

Frame ElementFramer::broken(std::string_view why) {
  state_ = State::kBroken;
  refusal_ = refuse(Reason::kNotJson, static_cast<std::size_t>(position_), why);
  empty(partial_);
  return Frame::kBroken;
}

}  // namespace respand::record
