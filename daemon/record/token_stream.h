#pragma once
// The stream that RapidJSON reads a record from. RapidJSON copies every string and number to a stack, byte by byte,
// refuses numbers that no double holds (1e400, which are JSON and the application's), and lets half a surrogate pair
// through. So the stream scans each such token itself when RapidJSON takes its first byte, and shows RapidJSON the
// shortest token of the same kind: "" for a string, one digit (with its sign) for a number. RapidJSON judges all the
// rest: objects, arrays, literals, and what may follow what. Where a token is faulty the stream ends at it, and fault()
// tells. Private to FaultFinder.

#include <cstddef>
#include <string_view>

#include "respand/json/scan.h"

namespace respand::record {

class TokenStream {
 public:
  using Ch = char;

  // `text` is borrowed for the stream's life.
  explicit TokenStream(std::string_view text)
      : begin_(text.data()), last_(begin_ + text.size()), at_(begin_), token_begin_(begin_), token_end_(begin_) {}

  // RapidJSON's side. A NUL byte looks like the end of the text: who reads must compare Tell() with the size.
  [[nodiscard]] char Peek() const { return at_ == last_ ? '\0' : *at_; }
  char Take() {
    if (at_ == last_) {
      return '\0';
    }
    const char c = *at_++;
    // Bytes before token_end_ are the rest of a token that has been scanned.
    if (at_ > token_end_) {
      if (c == '"') {
        string();
      } else if (json::is_digit(c) || c == '-') {
        number(c);
      }
    }
    return c;
  }
  [[nodiscard]] std::size_t Tell() const { return static_cast<std::size_t>(at_ - begin_); }
  // RapidJSON wants these to compile; it calls them only when it parses in place.
  char* PutBegin() { return nullptr; }
  void Put(char) {}
  void Flush() {}
  std::size_t PutEnd(char*) { return 0; }

  // The last string (quotes included) or number, as written.
  [[nodiscard]] std::string_view token() const { return between(token_begin_, token_end_); }
  [[nodiscard]] bool escaped() const { return escaped_; }  // of a string: it holds a backslash
  [[nodiscard]] std::string_view text(std::size_t from, std::size_t to) const {
    return between(begin_ + from, begin_ + to);
  }
  [[nodiscard]] json::Fault fault() const { return fault_; }
  [[nodiscard]] std::size_t fault_byte() const { return fault_byte_; }

 private:
  static std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
  }

  void string() {
    token_begin_ = at_ - 1;
    const json::Token token = json::scan_string(at_, last_);
    if (token.fault != json::Fault::kNone) {
      return fail(token);
    }
    at_ = token.end;  // RapidJSON sees the closing quote next
    token_end_ = token.end + 1;
    escaped_ = token.escaped;
  }

  void number(char first) {
    token_begin_ = at_ - 1;
    const json::Token token = json::scan_number(token_begin_, last_);
    if (token.fault != json::Fault::kNone) {
      return fail(token);
    }
    // Behind a sign RapidJSON wants one digit: the last one. No byte follows that it would take for more of the number.
    at_ = first == '-' ? token.end - 1 : token.end;
    token_end_ = token.end;
  }

  void fail(const json::Token& token) {
    fault_ = token.fault;
    fault_byte_ = static_cast<std::size_t>(token.end - begin_);
    at_ = token_end_ = last_;
  }

  const char* begin_;
  const char* last_;
  const char* at_;
  const char* token_begin_;
  const char* token_end_;
  bool escaped_ = false;
  json::Fault fault_ = json::Fault::kNone;
  std::size_t fault_byte_ = 0;
};

}  // namespace respand::record
