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

// The parts beside `path`, in the order of their names (as bytes). Files whose names begin with '.' or do not end in
// .yaml are left out, with a warning for .yml. A file that can't be read is a problem, or is left out where `lenient`.
[[nodiscard]] std::vector<Part> read_parts(const std::string& path, const Environment& environment, bool lenient,
                                           Loaded& said);

// Sets the file of each place in the tree to this file of the report.
void set_file(Node& node, std::size_t file);

// Merges the map `above` into `below`: members that only one of them has stay, maps under the same name are merged, and
// any other value of `above` replaces the one below.
// Requires: both are maps.
void merge(Node& below, const Node& above);

}  // namespace respand::config
