#pragma once
// DocumentWalk: one pass over a record's bytes. It accepts exactly one JSON object, with white space around it allowed,
// in valid UTF-8 (RFC 8259, without half surrogate pairs), and tells a handler of every name, value and bracket. It
// says only whether it accepts: what is wrong with a refused record is FaultFinder's to say, so that records which are
// sound, which nearly all of them are, do not pay for it. Private to RecordParser; one thread.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "respand/json/scan.h"

namespace respand::record {

class DocumentWalk {
 public:
  // `max_depth`: levels of nesting that are accepted, the outermost object included.
  explicit DocumentWalk(std::uint32_t max_depth) : closing_(max_depth) {}

  // Whether `text` is accepted. Where it is not, the handler has been told of what stands before the fault, and perhaps
  // of nothing. `Handler` has:
  //   void name(std::string_view token, bool escaped)    a member's name as written, quotes included
  //   void scalar(std::string_view token, bool escaped)  a string (quotes included), a number or a literal as written
  //   void open(std::size_t at, bool is_object)          the bracket at this offset
  //   void close(std::size_t at, bool is_empty)          the closing bracket at this offset
  // `escaped`: the string holds a backslash. Views are of `text`.
  template <typename Handler>
  [[nodiscard]] bool run(std::string_view text, Handler& handler);

 private:
  static const char* space_end(const char* at, const char* last) {
    while (at != last && json::is_space(*at)) {
      ++at;
    }
    return at;
  }
  static std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
  }

  // These return where they have ended, null where they have met a fault.
  template <typename Handler>
  static const char* name(const char* at, const char* last, Handler& handler);
  template <typename Handler>
  static const char* scalar(const char* at, const char* last, Handler& handler);
  template <typename Handler>
  static const char* literal(const char* at, const char* last, std::string_view word, Handler& handler);

  std::vector<char> closing_;  // the bracket that closes each open level
};

template <typename Handler>
bool DocumentWalk::run(std::string_view text, Handler& handler) {
  const char* const first = text.data();
  const char* const last = first + text.size();
  const char* at = space_end(first, last);
  if (at == last || *at != '{') {
    return false;
  }
  std::size_t depth = 0;
  // Each turn reads a value, all brackets that close behind it, and what leads to the next value.
  for (;;) {
    const bool opens = *at == '{' || *at == '[';
    if (opens) {
      if (depth == closing_.size()) {
        return false;
      }
      handler.open(static_cast<std::size_t>(at - first), *at == '{');
      closing_[depth++] = *at == '{' ? '}' : ']';
      ++at;
    } else if (at = scalar(at, last, handler); at == nullptr) {
      return false;
    }
    bool is_empty = opens;
    for (at = space_end(at, last); at != last && *at == closing_[depth - 1]; at = space_end(at + 1, last)) {
      handler.close(static_cast<std::size_t>(at - first), is_empty);
      is_empty = false;
      if (--depth == 0) {
        return space_end(at + 1, last) == last;
      }
    }
    if (at == last) {
      return false;
    }
    if (!is_empty) {  // a bracket that has just opened has its first item here, all others come behind a comma
      if (*at != ',') {
        return false;
      }
      at = space_end(at + 1, last);
    }
    if (closing_[depth - 1] == '}' && (at = name(at, last, handler)) == nullptr) {
      return false;
    }
    if (at == last) {
      return false;
    }
  }
}

template <typename Handler>
const char* DocumentWalk::name(const char* at, const char* last, Handler& handler) {
  if (at == last || *at != '"') {
    return nullptr;
  }
  const json::Token token = json::scan_string(at + 1, last);
  if (token.fault != json::Fault::kNone) {
    return nullptr;
  }
  handler.name(between(at, token.end + 1), token.escaped);
  at = space_end(token.end + 1, last);
  return at != last && *at == ':' ? space_end(at + 1, last) : nullptr;
}

template <typename Handler>
const char* DocumentWalk::scalar(const char* at, const char* last, Handler& handler) {
  switch (*at) {
    case '"': {
      const json::Token token = json::scan_string(at + 1, last);
      if (token.fault != json::Fault::kNone) {
        return nullptr;
      }
      handler.scalar(between(at, token.end + 1), token.escaped);
      return token.end + 1;
    }
    case 't':
      return literal(at, last, "true", handler);
    case 'f':
      return literal(at, last, "false", handler);
    case 'n':
      return literal(at, last, "null", handler);
    default: {
      const json::Token token = json::scan_number(at, last);
      if (token.fault != json::Fault::kNone) {
        return nullptr;
      }
      handler.scalar(between(at, token.end), false);
      return token.end;
    }
  }
}

template <typename Handler>
const char* DocumentWalk::literal(const char* at, const char* last, std::string_view word, Handler& handler) {
  if (!between(at, last).starts_with(word)) {
    return nullptr;
  }
  handler.scalar(between(at, at + word.size()), false);
  return at + word.size();
}

}  // namespace respand::record
