#include "respand/json/reader.h"

#include <algorithm>

namespace respand::json {

bool Reader::at_end() {
  skip_space();
  return rest_.empty();
}

bool Reader::skip(char c) {
  skip_space();
  const bool there = good_ && rest_.starts_with(c);
  rest_.remove_prefix(there ? 1 : 0);
  return there;
}

bool Reader::string(std::string_view& inside) {
  if (!good_ || !rest_.starts_with('"')) {
    return false;
  }
  const std::string_view from = rest_;
  skip_string();
  if (good_) {
    inside = from.substr(1, from.size() - rest_.size() - 2);
  }
  return good_;
}

std::string_view Reader::value() {
  skip_space();
  const std::string_view from = rest_;
  std::size_t depth = 0;
  do {
    skip_piece(depth);
  } while (good_ && depth > 0);
  return from.substr(0, from.size() - rest_.size());
}

void Reader::skip_space() {
  const std::size_t first = rest_.find_first_not_of(" \t\r\n");
  rest_.remove_prefix(std::min(first, rest_.size()));
}

// Passes over a bracket, a string, a word, or a comma or colon inside of brackets, and keeps count of the depth. It
// does not recurse, so that no depth of the text can overflow the stack.
void Reader::skip_piece(std::size_t& depth) {
  skip_space();
  if (rest_.empty()) {
    good_ = false;
    return;
  }
  const char c = rest_.front();
  if (c == '"') {
    skip_string();
    return;
  }
  if (c == '{' || c == '[') {
    expect(++depth <= kMaxDepth);
  } else if (c == '}' || c == ']') {
    expect(depth > 0);
    depth -= depth > 0 ? 1 : 0;
  } else if (c == ',' || c == ':') {
    expect(depth > 0);
  } else {
    rest_.remove_prefix(std::min(rest_.find_first_of(" \t\r\n,:{}[]\""), rest_.size()));
    return;
  }
  rest_.remove_prefix(1);
}

void Reader::skip_string() {
  std::size_t at = 1;
  while (at < rest_.size() && rest_[at] != '"') {
    at += rest_[at] == '\\' ? 2U : 1U;
  }
  expect(at < rest_.size());
  rest_.remove_prefix(std::min(at + 1, rest_.size()));
}

}  // namespace respand::json
