#include "sockets/wrapping.h"

#include <algorithm>
#include <array>

#include "respand/base/text.h"
#include "respand/record/frame.h"

namespace respand::sockets {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::size_t skip_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kSpace, at), text.size());
}

// One past the string that begins at `at`; the end of the text where the string does not end.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

// One past the value that begins at `at`: at the comma, bracket or white space behind it.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0) {
        return at;
      }
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']' || kSpace.find(c) != std::string_view::npos)) {
      return at;
    }
    ++at;
    if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at;
    }
  }
  return at;
}

struct Member {
  std::string_view name{};  // empty: none was found
  std::size_t begin = 0;    // of its value
  std::size_t end = 0;
  bool only = false;  // the object has no other member
};

// The first member with this name. Escapes in names are not decoded: no client writes these names with escapes.
Member find_member(std::string_view text, std::size_t brace, std::string_view name) {
  Member found;
  bool first = true;
  for (std::size_t at = skip_space(text, brace + 1); at < text.size() && text[at] == '"'; first = false) {
    const std::size_t name_end = end_of_string(text, at);
    const std::string_view here = text.substr(at + 1, name_end - at - 2);
    const std::size_t colon = skip_space(text, name_end);
    if (colon >= text.size() || text[colon] != ':') {
      return found;
    }
    const std::size_t value = skip_space(text, colon + 1);
    const std::size_t end = end_of_value(text, value);
    const std::size_t behind = skip_space(text, end);
    const bool last = behind < text.size() && text[behind] == '}';
    if (here == name) {
      return {here, value, end, first && last};
    }
    if (behind >= text.size() || text[behind] != ',') {
      return found;
    }
    at = skip_space(text, behind + 1);
  }
  return found;
}

struct OtherRoute {
  std::string_view member;
  std::string_view route;
};
constexpr std::array<OtherRoute, 3> kOtherRoutes{{{"logs", "/api/request-logs/batch/create"},
                                                  {"data", "/api/v1/traces/ingest"},
                                                  {"resourceSpans", "/api/v2/traces"}}};

// The other route that an object was made for, where it has nothing but that route's member: here it would be one junk
// record. Null otherwise. Only the first member's name is looked at in nearly all records, because its value may be
// long.
const OtherRoute* other_route(std::string_view text, std::size_t brace) {
  const std::size_t at = skip_space(text, brace + 1);
  if (at >= text.size() || text[at] != '"') {
    return nullptr;
  }
  const std::string_view name = text.substr(at + 1, end_of_string(text, at) - at - 2);
  const auto* const found = std::find_if(kOtherRoutes.begin(), kOtherRoutes.end(),
                                         [name](const OtherRoute& one) { return one.member == name; });
  return found != kOtherRoutes.end() && find_member(text, brace, name).only ? found : nullptr;
}

Wrapped refused(std::size_t byte, std::string message) {
  Wrapped wrapped;
  wrapped.refusal = record::Refusal{record::Reason::kNotObject, byte, std::move(message)};
  return wrapped;
}

}  // namespace

Wrapped look_at_wrapping(std::string_view text, Form form) {
  const std::size_t mark = text.size() - record::without_byte_order_mark(text).size();
  const std::size_t start = skip_space(text, mark);
  const bool object = start < text.size() && text[start] == '{';
  const bool array = start < text.size() && text[start] == '[';
  Wrapped whole{.single = object, .begin = 0, .end = text.size()};
  switch (form) {
    case Form::kOtlp:
      return {.single = true, .begin = 0, .end = text.size()};
    case Form::kRecords:
      if (const OtherRoute* const other = object ? other_route(text, start) : nullptr; other != nullptr) {
        return refused(start,
                       cat("an object of nothing but \"", other->member, "\" is no record: post it to ", other->route));
      }
      return whole;
    case Form::kLogs:
    case Form::kSpans:
      break;
  }
  const std::string_view name = form == Form::kLogs ? "logs" : "data";
  if (array || (!object && start < text.size())) {
    return form == Form::kSpans && array ? whole
                                         : refused(start, cat("an object {\"", name, "\":[…]} is expected here"));
  }
  if (start >= text.size()) {
    return {.begin = text.size(), .end = text.size()};  // The framer refuses an empty text.
  }
  const Member member = find_member(text, start, name);
  if (member.name.empty() || member.end <= member.begin || text[member.begin] != '[') {
    return refused(start, form == Form::kLogs ? "an object {\"logs\":[…]} is expected here"
                                              : "an array of spans, or {\"data\":[…]}, is expected here");
  }
  const std::size_t close = end_of_value(text, start);
  if (close == text.size() && text[close - 1] != '}') {
    return refused(close, "the body ends within its object");
  }
  if (const std::size_t more = skip_space(text, close); more < text.size()) {
    return refused(more, "more text after the object");
  }
  return {.single = false, .begin = member.begin, .end = member.end};
}

}  // namespace respand::sockets
