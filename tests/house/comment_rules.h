#pragma once
// The rule about comments: a reader of a public header finds out there what each thing is that it declares. For the
// tests of this folder.

#include <string>
#include <vector>

#include "tests/house/tree.h"

namespace respand::house {

// What a header declares without a word about it: "include/respand/x/a.h:7: …". Looked at is what stands at the scope
// of a namespace, and the public functions and data of its classes. Each has a comment above it or behind it on its
// lines. A run (no blank line between) may share the comment above its first; a class has one of its own.
// No comment is needed by what its form explains: forward declarations, friends, default constructors, copies, moves,
// destructors, what is defaulted or deleted, and overrides, which their base class explains; and by what stands in a
// namespace `detail`.
[[nodiscard]] std::vector<std::string> check_comments(const SourceFile& header);

}  // namespace respand::house
