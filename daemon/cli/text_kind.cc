#include "cli/text_kind.h"

#include <algorithm>
#include <vector>

namespace respand::cli {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// The brackets that a line leaves open.
struct Open {
  std::vector<char> brackets;  // { and [ that are not closed
  bool in_string = false;
  char last = 0;  // the last character that is no white space
};

// Reads a line, up to the point where its first bracket is closed.
Open scan(std::string_view line) {
  Open open;
  bool escaped = false;
  for (const char c : line) {
    if (kSpace.find(c) == std::string_view::npos) {
      open.last = c;
    }
    if (open.in_string) {
      open.in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (c == '"') {
      open.in_string = true;
    } else if (c == '{' || c == '[') {
      open.brackets.push_back(c);
    } else if ((c == '}' || c == ']') && !open.brackets.empty()) {
      open.brackets.pop_back();
      if (open.brackets.empty()) {
        break;
      }
    }
  }
  return open;
}

// Whether `next` may follow in an object whose line was broken after `open.last`.
bool goes_on(const Open& open, char next) {
  switch (open.last) {
    case '{':
      return next == '"' || next == '}';
    case ',':
      return next == '"' || open.brackets.back() == '[';
    case '[':
    case ':':
      return true;
    default:
      return false;
  }
}

}  // namespace

TextKind kind_of(std::string_view head, bool whole) {
  if (head.empty()) {
    return whole ? TextKind::kLines : TextKind::kUndecided;
  }
  if (head.front() != '{' && head.front() != '[') {
    return TextKind::kLines;
  }
  const bool last_chance = whole || head.size() >= kHeadLimit;
  const std::size_t end = head.find('\n');
  const Open open = scan(head.substr(0, end));
  if (open.brackets.empty()) {
    return TextKind::kLines;
  }
  if (end == std::string_view::npos && !last_chance) {
    return TextKind::kUndecided;
  }
  if (head.front() == '[') {
    return TextKind::kElements;
  }
  if (end == std::string_view::npos || open.in_string) {
    return TextKind::kLines;
  }
  const std::size_t next = head.find_first_not_of(kSpace, end);
  if (next == std::string_view::npos) {
    return last_chance || !goes_on(open, '"') ? TextKind::kLines : TextKind::kUndecided;
  }
  return goes_on(open, head[next]) ? TextKind::kElements : TextKind::kLines;
}

}  // namespace respand::cli
