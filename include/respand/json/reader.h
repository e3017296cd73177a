#pragma once
// Walks over JSON that nobody has checked yet: answers of the API, lines that respand itself or another process wrote.
// It looks at the structure only, hands out views into the text, and stops for good at the first thing that does not
// fit. Nothing is allocated. Pure; any thread.

#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

namespace respand::json {

// A place in the text, which only moves forward.
class Reader {
 public:
  // The deepest nesting of a value that is passed over. No text that respand reads here is nested as deep.
  static constexpr std::size_t kMaxDepth = 32;

  // `text` is borrowed: the views point into it.
  explicit Reader(std::string_view text) : rest_(text) {}

  // False once something did not fit. What the reader has given since then means nothing.
  [[nodiscard]] bool good() const { return good_; }
  // Whether only white space is left.
  [[nodiscard]] bool at_end();
  // What has not been read yet.
  [[nodiscard]] std::string_view rest() const { return rest_; }

  // Takes the character behind any white space; false, and takes nothing else, where another one stands there.
  bool skip(char c);
  // Takes exactly this text, white space included, as in a form that respand wrote; false, and takes nothing, where
  // something else stands there.
  [[nodiscard]] bool skip(std::string_view text) {
    const bool there = good_ && rest_.starts_with(text);
    rest_.remove_prefix(there ? text.size() : 0);
    return there;
  }
  // The string at the front, without its quotes, escapes as they are written. False where there is none.
  [[nodiscard]] bool string(std::string_view& inside);
  // The number at the front, as far as it is one of this type.
  template <typename Number>
  [[nodiscard]] bool number(Number& out) {
    const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return good_ && code == std::errc{};
  }
  // The value at the front, as it is written. Empty where the text ends before it.
  std::string_view value();

  // Calls visit(value) for each element of the array at the front.
  template <typename Visit>
  void elements(Visit&& visit) {
    expect(skip('['));
    if (skip(']')) {
      return;
    }
    do {
      visit(value());
    } while (good_ && skip(','));
    expect(skip(']'));
  }
  // Calls visit(name, value) for each member of the object at the front; the name without its quotes. Where the text is
  // cut off within a value, that value is empty.
  template <typename Visit>
  void members(Visit&& visit) {
    expect(skip('{'));
    if (skip('}')) {
      return;
    }
    do {
      const std::string_view name = value();
      expect(name.size() >= 2 && name.front() == '"' && skip(':'));
      const std::string_view member = value();
      if (name.size() >= 2) {
        visit(name.substr(1, name.size() - 2), good_ ? member : std::string_view{});
      }
    } while (good_ && skip(','));
    expect(skip('}'));
  }

 private:
  void expect(bool fits) { good_ = good_ && fits; }
  void skip_space();
  void skip_piece(std::size_t& depth);
  void skip_string();

  std::string_view rest_;
  bool good_ = true;
};

// A whole number that is all of `value`; nothing where that is something else.
template <typename Number>
[[nodiscard]] std::optional<Number> number_in(std::string_view value) {
  Number number{};
  const char* const last = value.data() + value.size();
  const auto [end, code] = std::from_chars(value.data(), last, number);
  return code == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

}  // namespace respand::json
