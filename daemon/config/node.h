#pragma once
// Parses YAML to a tree of values with their places, without types and defaults. It is the only user of yaml-cpp, whose
// exceptions end here. The size of the tree is bounded whatever the text holds. Anchors and aliases are refused, so
// that a small file can't stand for a large one. Used by load.cc; main thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"

namespace respand::config {

// The most bytes of a file. A configuration with comments has some 10 KiB; a larger file than this is the wrong one.
inline constexpr std::size_t kMaxText = std::size_t{1} << 20;
// The deepest nesting. Sections nest three deep; the rest is room for records.defaults, which every record carries.
inline constexpr std::size_t kMaxDepth = 32;
// The most values in a file. The largest list (socket.allow_uids) may hold 1024.
inline constexpr std::size_t kMaxNodes = 10'000;
// The most '[', '{' and ',' in a file. yaml-cpp keeps every token of a flow collection in memory (a KiB for four of
// them) until the collection ends, before it reports anything; this many cost it 3 MiB.
inline constexpr std::size_t kMaxFlowMarks = 10'000;

struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar in quotes or a block: text, whatever it looks like
  Place place;
  std::string text;         // of a scalar, after YAML's own escapes, before ${NAME}
  std::vector<Node> keys;   // of a map: keys[i] names items[i]
  std::vector<Node> items;  // of a list or a map
};

// "text", "a list", "a map" or "nothing", for messages.
[[nodiscard]] std::string_view name_of(Node::Kind kind);

// The value of a map's member; null where there is none, or where `map` is no map.
[[nodiscard]] const Node* member(const Node& map, std::string_view name);

// The one document of `yaml` (a null for an empty one); nothing where the text is not YAML, not UTF-8 or over a limit.
// Mistakes are reported in either case.
[[nodiscard]] std::optional<Node> parse(std::string_view yaml, Report& report);

}  // namespace respand::config
