#pragma once
// What JavaScript leaves of an emoji that was cut in two: a \u escape that is half a surrogate pair ("\ud83d"). JSON's
// grammar has it, but no UTF-8 can be made of it: RecordParser refuses it, as the API does. Intake mends it first.
// Pure.

#include <cstddef>
#include <string>

namespace respand::record {

// Each such escape in a string of `json` becomes \ufffd, the replacement character. Nothing else changes, nor does the
// length. Returns how many. `json` need not be well formed.
[[nodiscard]] std::size_t replace_half_pairs(std::string& json);

}  // namespace respand::record
