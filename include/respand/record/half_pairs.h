#pragma once
// Half surrogate pairs: the \u escape ("\ud83d") that JavaScript leaves of an emoji that was cut in two. JSON's grammar
// allows it, but no UTF-8 can be made of it, so RecordParser refuses it, as the API does. RecordEncoder replaces it
// first. Pure.

#include <cstddef>
#include <string>

namespace respand::record {

// Turns each such escape in a string of `json` into \ufffd, the replacement character. Nothing else changes, and the
// length stays. Returns how many there were. `json` need not be well formed.
[[nodiscard]] std::size_t replace_half_pairs(std::string& json);

}  // namespace respand::record
