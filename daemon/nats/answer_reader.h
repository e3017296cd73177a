#pragma once
// AnswerReader: what jetstream.h reads out of the API's JSON. It bounds what is read, and remembers the first thing
// that does not fit, so that a caller asks once, at the end. Pure; one thread at a time.

#include <string>
#include <string_view>
#include <type_traits>

#include "respand/base/text.h"
#include "respand/json/reader.h"
#include "respand/json/text.h"
#include "respand/nats/jetstream.h"

namespace respand::nats {

class AnswerReader {
 public:
  // An answer about a stream with many subjects has some KiB.
  static constexpr std::size_t kMaxAnswer = 1U << 20;
  // Names, times and descriptions; what is longer is cut.
  static constexpr std::size_t kMaxText = 256;

  // `answer` is borrowed.
  explicit AnswerReader(std::string_view answer) : answer_(answer), good_(answer.size() <= kMaxAnswer) {}

  [[nodiscard]] bool good() const { return good_; }

  // Calls visit(name, value) for each member of the whole answer, or of an object in it.
  template <typename Visit>
  void members(Visit&& visit) {
    members(answer_, visit);
  }
  template <typename Visit>
  void members(std::string_view object, Visit&& visit) {
    if (!good_) {
      return;
    }
    json::Reader reader(object);
    reader.members(visit);
    expect(reader.good() && reader.at_end());
  }
  template <typename Visit>
  void elements(std::string_view array, Visit&& visit) {
    json::Reader reader(array);
    reader.elements(visit);
    expect(reader.good());
  }
  // A string, harmless to show.
  [[nodiscard]] std::string text(std::string_view value) {
    expect(value.size() >= 2 && value.front() == '"');
    return good_ && value.size() <= 6 * kMaxText ? printable(json::decoded(value), kMaxText) : std::string();
  }
  template <typename Number>
  void number(std::string_view value, Number& out) {
    const auto found = json::number_in<Number>(value);
    expect(found.has_value());
    out = found.value_or(out);
  }
  [[nodiscard]] ApiError api_error(std::string_view value);

 private:
  void expect(bool fits) { good_ = good_ && fits; }

  std::string_view answer_;
  bool good_;
};

}  // namespace respand::nats
