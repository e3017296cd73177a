#pragma once
// A made-up machine for the tests of the configuration: its variables and files, and a key in RESPAN_API_KEY. Nothing
// of the real one is looked at.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/text.h"
#include "respand/config/config.h"

namespace respand::config {

struct World {
  std::map<std::string, std::string> variables{{"RESPAN_API_KEY", "key-of-tests"}};
  std::map<std::string, std::string> files{};
  std::set<std::string> open_files{};  // those that everybody can read

  [[nodiscard]] Environment environment() const {
    Environment out;
    out.variable = [this](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    out.read_file = [this](const std::string& path) -> Result<std::string> {
      const auto found = files.find(path);
      if (found == files.end()) {
        return error(ErrorCode::kNotFound, cat("cannot read ", path, ": No such file or directory"));
      }
      return found->second;
    };
    out.list_folder = [this](const std::string& folder) -> Result<std::vector<std::string>> {
      std::vector<std::string> names;
      for (const auto& [path, text] : files) {
        if (path.starts_with(folder + "/")) {
          names.push_back(path.substr(folder.size() + 1));
        }
      }
      return names.empty() ? Result<std::vector<std::string>>(error(ErrorCode::kNotFound, "no folder")) : names;
    };
    out.readable_by_all = [this](const std::string& path) { return open_files.contains(path); };
    return out;
  }

  [[nodiscard]] Loaded load(std::string_view yaml) const { return load_text(yaml, "f", environment()); }
};

// "line:column: message" of each, without a place the message alone.
inline std::vector<std::string> texts(const std::vector<Problem>& problems) {
  std::vector<std::string> out;
  for (const Problem& problem : problems) {
    out.push_back(problem.line == 0 ? problem.message : cat(problem.line, ':', problem.column, ": ", problem.message));
  }
  return out;
}

}  // namespace respand::config
