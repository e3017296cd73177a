#pragma once
// Whether a text of records is read by lines (NDJSON) or by elements (a JSON array, or an object that is spread over
// several lines). Pure.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respand::cli {

enum class TextKind : std::uint8_t {
  kUndecided,  // more of the text must be seen
  kLines,      // each line stands for itself; a broken one hurts no other
  kElements,   // a JSON text that goes over lines
};

// As much of a text as is looked at: a pretty-printed object breaks its first line long before.
inline constexpr std::size_t kHeadLimit = 64 * 1024;

// Judges by the first line and the first character behind it. By elements go: an array that its first line does not
// close; an object that its first line leaves open where every pretty-printer breaks lines (behind { [ , :) and that
// goes on as an object must. All else goes by lines, so that an NDJSON file whose first line was cut off is still read
// line by line. `head` is the text's first kHeadLimit bytes or more, or what there is of it; `whole`: nothing follows.
// Requires: head does not begin with white space.
[[nodiscard]] TextKind kind_of(std::string_view head, bool whole);

}  // namespace respand::cli
