#pragma once
// A JSON object as it is put together, member by member, for the answers of the status page and the control socket.
// Texts are cut and made printable; numbers are JSON's. Values only.

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/text.h"
#include "respand/json/text.h"

namespace respand::app {

class JsonObject {
 public:
  JsonObject& member(std::string_view name, std::string_view text) {
    key(name);
    json::put_string(out_, printable(text, 1024));
    return *this;
  }
  JsonObject& member(std::string_view name, std::uint64_t number) {
    key(name);
    out_ += std::to_string(number);
    return *this;
  }
  JsonObject& member(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
    return *this;
  }
  JsonObject& fraction(std::string_view name, double number) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.3f", number);
    key(name);
    out_ += text.data();
    return *this;
  }
  JsonObject& object(std::string_view name, const JsonObject& inner) { return object(name, inner.text()); }
  // One that is made already, or an array.
  JsonObject& object(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
    return *this;
  }
  [[nodiscard]] std::string text() const { return out_ + "}"; }

 private:
  void key(std::string_view name) { out_ += cat(out_.size() == 1 ? "\"" : ",\"", name, "\":"); }
  std::string out_ = "{";
};

// Of elements that are JSON already.
inline std::string array_of(const std::vector<std::string>& elements) {
  std::string out = "[";
  for (const std::string& element : elements) {
    out += cat(out.size() == 1 ? "" : ",", element);
  }
  return out + "]";
}

}  // namespace respand::app
