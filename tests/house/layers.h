#pragma once
// Reads the layer table of daemon/README.md and checks #includes against it. The table is the only place where the rule
// is written. For the tests of this folder.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "tests/house/tree.h"

namespace respand::house {

struct Module {
  int layer = 0;
  bool wires = false;               // it puts the other modules together: it may use all, and see private headers
  std::set<std::string> modules;    // that it may use, whole; itself not among them
  std::set<std::string> headers;    // single ones of other modules: "journal/intake.h"
  std::set<std::string> libraries;  // as the table calls them
};
using Layers = std::map<std::string, Module>;

// Reads the table under "## Layers". An error where a row is not whole, names an unknown module or library, or a module
// may use one that is not of a lower layer.
[[nodiscard]] Result<Layers> parse_layers(std::string_view readme);

// What is wrong with the file's #includes: "daemon/fs/a.cc:7: …". Its module is the folder it lies in.
[[nodiscard]] std::vector<std::string> check_includes(const Layers& layers, const SourceFile& source);

// What is wrong with the USES of a module's CMakeLists.txt.
[[nodiscard]] std::vector<std::string> check_links(const Layers& layers, const std::string& module,
                                                   std::string_view cmake);

}  // namespace respand::house
