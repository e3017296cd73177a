#pragma once
// JSON text that respand itself wrote in a form of its own, taken apart piece by piece without a JSON parser: lines of
// the dead letters and of a replay. Pure; any thread.

#include <charconv>
#include <cstddef>
#include <string_view>

namespace respand {

// Views into what it was given, from its front on. After a piece that is not there the rest means nothing.
class JsonPieces {
 public:
  explicit JsonPieces(std::string_view text) : rest_(text) {}

  // Takes exactly this; false, and takes nothing, where something else stands there.
  [[nodiscard]] bool skip(std::string_view text) {
    const bool there = rest_.starts_with(text);
    rest_.remove_prefix(there ? text.size() : 0);
    return there;
  }
  // The rest of a string whose opening quote is gone already, as it is written; its closing quote is taken, too.
  [[nodiscard]] bool string(std::string_view& out);
  template <typename Number>
  [[nodiscard]] bool number(Number& out) {
    const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return code == std::errc{};
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace respand
