#pragma once
// Regular expressions over names, such as "^o[134]" or "-\d{4}-\d{2}-\d{2}$": a subset whose time is bounded whatever
// the pattern and the text are (every state at once, no going back). Used for price lists. Values only; any thread.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace respand {

// Literals, \d \w \s and escaped characters, '.', [a-z] and [^a-z], groups ( ) and (?: ), '|', '?', '*', '+', {n},
// {n,m}, '^' and '$'. Anything else (look-around, back references, \b) is refused.
class NamePattern {
 public:
  // Nothing where the pattern is not of this subset, or needs more than kMaxStates.
  [[nodiscard]] static std::optional<NamePattern> parse(std::string_view pattern);

  // Whether it matches anywhere in `text`. Bytes are compared as they are. Allocates nothing.
  [[nodiscard]] bool found_in(std::string_view text) const;

  // The most states of a pattern. A search takes at most this many steps for each byte of the text.
  static constexpr std::size_t kMaxStates = 256;

 private:
  friend class NamePatternParser;
  using States = std::bitset<kMaxStates>;

  struct State {
    enum class Kind : std::uint8_t { kBytes, kSplit, kBegin, kEnd, kDone };
    Kind kind = Kind::kDone;
    std::uint16_t next = 0;
    std::uint16_t other = 0;  // of kSplit
    std::bitset<256> bytes;   // of kBytes
  };

  void add(std::size_t state, bool at_begin, bool at_end, States& set) const;

  std::vector<State> states_;
  std::uint16_t start_ = 0;
};

}  // namespace respand
