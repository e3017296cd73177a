#pragma once
// Rules about size: how long a file is, and how many members a class has. Both count in the text, without a compiler;
// that is good enough for code in this project's layout, and their tests show what they count. For the tests of this
// folder.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/house/declarations.h"
#include "tests/house/tree.h"

namespace respand::house {

// Small enough to be kept in mind as a whole.
inline constexpr std::size_t kMostLines = 400;
inline constexpr std::size_t kMostMembers = 40;

// The classes that a header defines, in the order in which they end. A member is a function or a data member. These do
// not count: a type, an alias, a friend, a constant (static constexpr), a deleted function, a static_assert. A nested
// class is counted by itself.
[[nodiscard]] std::vector<ClassSize> class_sizes(std::string_view header);

struct Sized {
  std::string name;  // "daemon/fs/a.cc", or "daemon/fs/a.h Class"
  std::size_t size = 0;
};
// What is larger than `most`, a text each. `unit`: what is counted.
[[nodiscard]] std::vector<std::string> check_sizes(const std::vector<Sized>& all, std::size_t most,
                                                   std::string_view unit);

}  // namespace respand::house
