#pragma once
// KeyMask: hides the API key in what a server says. A server or a proxy may echo the request's headers in its own
// format: with JSON escapes (\/, \u002f), URL encoding (%2F) or HTML references (&#47;, &amp;), one inside another, and
// mixed with plain characters. All of these are found, and so is a key that is cut off at the end of the text. Used by
// Route; immutable; any thread.

#include <string>
#include <string_view>

namespace respand::http {

class KeyMask {
 public:
  // A shorter "key" may be part of any word and is not looked for; no real one is that short.
  static constexpr std::size_t kShortest = 4;
  static constexpr std::string_view kMask = "********";

  explicit KeyMask(std::string key) : key_(std::move(key)) {}
  // Replaces the key, however it is spelled.
  void apply(std::string& text) const;

 private:
  struct Layer;
  [[nodiscard]] std::size_t match(std::string_view text, std::size_t at) const;
  void mask(Layer& layer) const;

  std::string key_;
};

}  // namespace respand::http
