#pragma once
// The files that make up a configuration: the one that is named, and the parts in conf.d beside it. Used by load.cc;
// main thread.

#include <string>
#include <vector>

#include "config/node.h"
#include "config/report.h"
#include "respand/config/config.h"

namespace respand::config {

// A file that was read.
struct Part {
  std::string path;
  std::string text;
};

// "/etc/respand/conf.d" for "/etc/respand/respand.yaml".
[[nodiscard]] std::string parts_folder(const std::string& path);

// The parts beside `path`, in the order of their names (bytes). Names that begin with '.' and those of other kinds of
// files are left out; one that ends in .yml is warned of. What can't be read is a problem, or, where `lenient`, left
// out.
[[nodiscard]] std::vector<Part> read_parts(const std::string& path, const Environment& environment, bool lenient,
                                           Loaded& said);

// Says of each node of the tree that it is in this file of the report.
void set_file(Node& node, std::size_t file);

// Puts a map over another: what only one has stays, maps under the same name merge, anything else is replaced.
// Requires: both are maps.
void merge(Node& below, const Node& above);

}  // namespace respand::config
