#pragma once
// A strict, slow and small judge of JSON (RFC 8259) for fuzz targets to hold respand against: it shares no code with
// the daemon or RapidJSON. It recurses, so it has a limit of depth. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace respand::fuzz {

struct Member {
  std::string name;  // decoded
  std::string_view value;
};

struct Value {
  std::string_view text;                     // as written
  std::vector<Member> members{};             // of an object
  std::vector<std::string_view> elements{};  // of an array
};

// The value that `text` is, white space around it allowed. None where it is not JSON, not UTF-8 (half a surrogate pair
// as an escape included) or nested deeper than `max_depth`.
[[nodiscard]] std::optional<Value> parse_strictly(std::string_view text, std::size_t max_depth = 64);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace respand::fuzz
