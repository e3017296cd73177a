#include "record/words.h"

#include <algorithm>

namespace respand::record {
namespace {

constexpr std::size_t kUnicode = 5;  // the u and four digits behind a backslash

// Whether the backslashes that end right before `at` are odd in number: the last one is no escaped one.
bool behind_backslash(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && text[begin - 1] == '\\') {
    --begin;
  }
  return (at - begin) % 2 == 1;
}

}  // namespace

std::size_t inner_escape(std::string_view text, std::size_t at) {
  if (at >= text.size() || !behind_backslash(text, at)) {
    return 0;
  }
  switch (text[at]) {
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return 1;
    case 'u':
      return json::hex4(text.data() + at + 1, text.data() + text.size()) >= 0 ? kUnicode : 0;
    default:
      return 0;
  }
}

bool begins_word(std::string_view text, std::size_t at) {
  if (at == 0 || !is_word(text[at - 1])) {
    return true;
  }
  return inner_escape(text, at - 1) == 1 || (at >= kUnicode && inner_escape(text, at - kUnicode) == kUnicode);
}

}  // namespace respand::record
