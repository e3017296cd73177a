#pragma once
// Functions on paths that need no look at the disk. Pure; any thread.

#include <string>

namespace respand {

// The folder that the last name of `path` stands in: "." for a name alone, "/" for one in the root.
[[nodiscard]] inline std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace respand
