#pragma once
// Walks once through JSON that was checked before. A visitor of a member or an element must take its value or skip it.
// Where an object or a list is expected and something else stands there, that is skipped. Pure; any thread.

#include <string_view>

#include "respand/json/members.h"
#include "respand/json/scan.h"

namespace respand::json {

// A place in the text, which only moves forward. The text is borrowed.
class Cursor {
 public:
  // Requires: well-formed JSON, from brace to brace.
  explicit Cursor(std::string_view text) : at_(text.data()), last_(text.data() + text.size()) {}

  // Calls `visit(name)` at each member's value: the name as written, without its quotes.
  template <typename Visit>
  void members(const Visit& visit) {
    if (*at_ != '{') {
      skip();
      return;
    }
    for (at_ = skip_space(at_ + 1); *at_ == '"';) {
      const Token quote = scan_string(at_ + 1, last_);
      const std::string_view name(at_ + 1, static_cast<std::size_t>(quote.end - at_ - 1));
      at_ = skip_space(skip_space(quote.end + 1) + 1);
      visit(name);
      at_ = skip_space(at_);
      at_ = *at_ == ',' ? skip_space(at_ + 1) : at_;
    }
    ++at_;
  }
  // Calls `visit()` at each element.
  template <typename Visit>
  void elements(const Visit& visit) {
    if (*at_ != '[') {
      skip();
      return;
    }
    for (at_ = skip_space(at_ + 1); *at_ != ']';) {
      visit();
      at_ = skip_space(at_);
      at_ = *at_ == ',' ? skip_space(at_ + 1) : at_;
    }
    ++at_;
  }
  // Passes over the value here.
  void skip() { static_cast<void>(value()); }
  // The value here, as written.
  std::string_view value() {
    const char* const begin = at_;
    if (is_digit(*at_)) {
      while (*at_ != ',' && *at_ != '}' && *at_ != ']' && !is_space(*at_)) {
        ++at_;
      }
    } else {
      at_ = value_end(at_, last_);
    }
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }

 private:
  const char* at_;
  const char* const last_;
};

}  // namespace respand::json
