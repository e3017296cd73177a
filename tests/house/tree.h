#pragma once
// Reads the source tree for the rules: its files and their lines. For the tests of this folder.

#include <string>
#include <string_view>
#include <vector>

namespace respand::house {

struct SourceFile {
  std::string path;  // relative to the root: "daemon/fs/posix_file.cc"
  std::string text;
};

// The C++ files below these folders of the root, in order of path; a folder that does not exist has none.
[[nodiscard]] std::vector<SourceFile> sources(const std::vector<std::string>& folders);
// Names of the folders in a folder of the root that have a C++ file in them.
[[nodiscard]] std::vector<std::string> source_folders(const std::string& folder);
// A text file of the root; empty where it does not exist.
[[nodiscard]] std::string file(const std::string& path);

[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);  // the parts trimmed

}  // namespace respand::house
