#pragma once
// Text that others wrote, for a terminal. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace respand {

// The text as it is, but for what printable() leaves out: control characters, line separators and changes of the
// writing direction as \u001b, invalid UTF-8 as \x9b. Tabs and ends of lines stay.
[[nodiscard]] std::string shown_on_terminal(std::string_view text);
// How many bytes at the end of the text are the beginning of a character in UTF-8 whose rest is missing.
[[nodiscard]] std::size_t incomplete_end(std::string_view text);

}  // namespace respand
