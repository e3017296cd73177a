#pragma once
// Which private headers of other modules app and cli include, and which they may: the table in daemon/README.md under
// "## Private headers that app and cli use" is the only place where that is written, each with its reason. The list may
// only shrink. For the tests of this folder.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "tests/house/tree.h"

namespace respand::house {

// By header, "journal/journal.h": the modules that may include it.
using PrivateHeaders = std::map<std::string, std::set<std::string>>;

// Reads the table. An error where a row is not whole or gives no reason, or there is no table.
[[nodiscard]] Result<PrivateHeaders> parse_private_headers(std::string_view readme);

// The private headers of other modules that a file in daemon/ includes.
[[nodiscard]] std::vector<std::string> foreign_headers(const SourceFile& source);

// What is wrong: an #include that the table does not allow, or a line of the table that is not needed any more.
// `sources`: all files of the modules in question.
[[nodiscard]] std::vector<std::string> check_private_headers(const PrivateHeaders& allowed,
                                                             const std::vector<SourceFile>& sources);

}  // namespace respand::house
