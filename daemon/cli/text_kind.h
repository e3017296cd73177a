#pragma once
// Whether a text of records is read by lines (NDJSON) or by elements (a JSON array, or an object that is spread over
// several lines). Pure.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respand::cli {

enum class TextKind : std::uint8_t {
  kUndecided,  // more of the text must be seen
  kLines,      // each line is a record; a broken one does not harm the others
  kElements,   // a JSON text that may span lines
};

// How much of a text is looked at: a pretty-printed object breaks its first line long before that.
inline constexpr std::size_t kHeadLimit = 64 * 1024;

// Judges by the first line and the first character after it. Read by elements: an array that the first line does not
// close; and an object that the first line leaves open at a place where every pretty-printer breaks lines (after { [ ,
// :) and that goes on as an object must. Everything else is read by lines, so that an NDJSON file whose first line was
// cut off is still read line by line. `head` is the text's first kHeadLimit bytes or more, or what there is of it;
// `whole`: nothing follows. Requires: head does not begin with white space.
[[nodiscard]] TextKind kind_of(std::string_view head, bool whole);

}  // namespace respand::cli
