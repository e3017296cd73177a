#include "respand/json/writer.h"

#include <array>
#include <cstdio>

#include "respand/json/text.h"

namespace respand::json {

void Object::put_name(std::string_view name) {
  if (out_.size() > 1) {
    out_.push_back(',');
  }
  put_string(out_, name);
  out_.push_back(':');
}

Object& Object::member(std::string_view name, std::string_view text) {
  put_name(name);
  put_string(out_, text);
  return *this;
}

Object& Object::fraction(std::string_view name, double number) {
  std::array<char, 400> text;  // a double has up to 309 digits in front of its point
  std::snprintf(text.data(), text.size(), "%.3f", number);
  return value(name, text.data());
}

Object& Object::value(std::string_view name, std::string_view json) {
  put_name(name);
  out_.append(json);
  return *this;
}

Array& Array::element(std::string_view json) {
  if (out_.size() > 1) {
    out_.push_back(',');
  }
  out_.append(json);
  return *this;
}

std::string array_of(const std::vector<std::string>& elements) {
  Array array;
  for (const std::string& element : elements) {
    array.element(element);
  }
  return array.text();
}

std::string string_of(std::string_view text) {
  std::string out;
  put_string(out, text);
  return out;
}

}  // namespace respand::json
