#pragma once
// Writes JSON objects and arrays, member by member and without white space. Whatever in respand makes JSON uses it, or
// put_string() (text.h) where a text is not an object. Values only; any thread.

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace respand::json {

// An object. Members come out in the order in which they were added; nothing looks for one that is there twice.
class Object {
 public:
  // A string. Requires: valid UTF-8.
  Object& member(std::string_view name, std::string_view text);
  Object& member(std::string_view name, const std::string& text) { return member(name, std::string_view(text)); }
  Object& member(std::string_view name, const char* text) { return member(name, std::string_view(text)); }
  // A number, or true or false.
  template <typename Number>
  requires std::integral<Number> Object& member(std::string_view name, Number number) {
    if constexpr (std::is_same_v<Number, bool>) {
      return value(name, number ? "true" : "false");
    } else {
      return value(name, std::to_string(number));
    }
  }
  // A number with three digits behind the point.
  Object& fraction(std::string_view name, double number);
  Object& object(std::string_view name, const Object& inner) { return value(name, inner.text()); }
  // A value that is JSON already.
  Object& value(std::string_view name, std::string_view json);

  // The object as far as it is there, with its closing brace.
  [[nodiscard]] std::string text() const { return out_ + "}"; }

 private:
  void put_name(std::string_view name);

  std::string out_ = "{";
};

// An array, whose elements are JSON already.
class Array {
 public:
  // Adds one at the end.
  Array& element(std::string_view json);
  Array& element(const Object& object) { return element(object.text()); }
  // The array as far as it is there, with its closing bracket.
  [[nodiscard]] std::string text() const { return out_ + "]"; }

 private:
  std::string out_ = "[";
};

// Of elements that are JSON already.
[[nodiscard]] std::string array_of(const std::vector<std::string>& elements);
// `text` as a JSON string. Requires: valid UTF-8.
[[nodiscard]] std::string string_of(std::string_view text);

}  // namespace respand::json
