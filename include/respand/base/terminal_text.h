#pragma once
// Makes text that others wrote safe to show on a terminal. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace respand {

// The text with control characters, line separators and changes of the writing direction written as \u001b, and bytes
// that are not UTF-8 as \x9b. Tabs and ends of lines stay.
[[nodiscard]] std::string shown_on_terminal(std::string_view text);
// The number of bytes at the end of the text that begin a character in UTF-8 and whose rest is missing.
[[nodiscard]] std::size_t incomplete_end(std::string_view text);

}  // namespace respand
