#include "tests/house/tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace respand::house {
namespace {

const std::filesystem::path kRoot = RESPAND_SOURCE_DIR;

bool is_source(const std::filesystem::path& path) { return path.extension() == ".h" || path.extension() == ".cc"; }

}  // namespace

std::string file(const std::string& path) {
  std::ifstream in(kRoot / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<SourceFile> sources(const std::vector<std::string>& folders) {
  std::vector<SourceFile> found;
  for (const std::string& folder : folders) {
    std::error_code missing;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             kRoot / folder, std::filesystem::directory_options::follow_directory_symlink, missing)) {
      if (is_source(entry.path())) {
        const std::string path = entry.path().lexically_relative(kRoot).generic_string();
        found.push_back({path, file(path)});
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

std::vector<std::string> source_folders(const std::string& folder) {
  std::vector<std::string> found;
  for (const SourceFile& source : sources({folder})) {
    const std::string rest = source.path.substr(folder.size() + 1);
    const std::string name = rest.substr(0, rest.find('/'));
    if (found.empty() || found.back() != name) {
      found.push_back(name);
    }
  }
  return found;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(trim(text.substr(0, end)));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r`");
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r`") + 1 - first);
}

}  // namespace respand::house
