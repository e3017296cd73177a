#pragma once
// Rules about the text of a file that need no compiler. Each returns what is wrong: "daemon/fs/a.cc:7: …". For the
// tests of this folder.

#include <string>
#include <vector>

#include "tests/house/tree.h"

namespace respand::house {

// A header begins with `#pragma once` and, on the next line, a paragraph that says what it is for.
[[nodiscard]] std::vector<std::string> check_opening(const SourceFile& header);
// No mark of unfinished work: none of the three words, as whole words.
[[nodiscard]] std::vector<std::string> check_marks(const SourceFile& source);
// Nothing sleeps: no call of a function that waits for time alone. Comments do not count.
[[nodiscard]] std::vector<std::string> check_sleeps(const SourceFile& source);
// Only the clock and the source of randomness in base ask the machine for time or random numbers.
[[nodiscard]] std::vector<std::string> check_seams(const SourceFile& source);
// None of the words that the glossary has replaced (docs/glossary.md), in names or comments; strings do not count.
[[nodiscard]] std::vector<std::string> check_vocabulary(const SourceFile& header);

}  // namespace respand::house
