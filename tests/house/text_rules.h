#pragma once
// Rules about the text of a file that need no compiler. Each returns what is wrong: "daemon/fs/a.cc:7: …". For the
// tests of this folder.

#include <string>
#include <vector>

#include "tests/house/tree.h"

namespace respand::house {

// A header begins with `#pragma once` and, on the next line, a paragraph that says what it is for.
[[nodiscard]] std::vector<std::string> check_opening(const SourceFile& header);
// No work is left lying about: none of the three marks, as whole words.
[[nodiscard]] std::vector<std::string> check_marks(const SourceFile& source);
// Nothing sleeps: no call of a function that waits for time alone. Comments do not count.
[[nodiscard]] std::vector<std::string> check_sleeps(const SourceFile& source);
// The clock and the source of chance (base) are the only ones: nobody else asks the machine for time or chance.
[[nodiscard]] std::vector<std::string> check_seams(const SourceFile& source);
// The house's words, and none of those that they have replaced (docs/glossary.md); in comments, too, not in strings.
[[nodiscard]] std::vector<std::string> check_vocabulary(const SourceFile& header);

}  // namespace respand::house
