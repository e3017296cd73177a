#include "tests/house/private_headers.h"

#include "respand/base/text.h"

namespace respand::house {
namespace {

std::string_view module_of(const SourceFile& source) {
  const auto folders = split(source.path, '/');
  return folders.size() > 2 ? folders[1] : std::string_view();
}

// Without the marks of code: "`a/b.h`" -> "a/b.h".
std::string_view plain(std::string_view cell) {
  return cell.size() > 2 && cell.front() == '`' && cell.back() == '`' ? cell.substr(1, cell.size() - 2) : cell;
}

}  // namespace

Result<PrivateHeaders> parse_private_headers(std::string_view readme) {
  PrivateHeaders headers;
  bool in_section = false;
  int header_rows = 2;  // the titles and the line below them
  for (const std::string_view line : lines_of(readme)) {
    if (line.starts_with("#")) {
      in_section = line == "## Private headers that app and cli use";
    } else if (in_section && line.starts_with("|") && --header_rows < 0) {
      const auto cells = split(line, '|');  // the first and the last are the outsides of the table
      if (cells.size() != 5 || cells[1].empty() || cells[2].empty() || cells[3].empty()) {
        return error(ErrorCode::kInvalid, cat("private headers, row '", line, "': not headers, modules and a reason"));
      }
      for (const std::string_view header : split(cells[1], ',')) {
        for (const std::string_view module : split(cells[2], ',')) {
          headers[std::string(plain(header))].emplace(module);
        }
      }
    }
  }
  if (headers.empty()) {
    return error(ErrorCode::kNotFound, "no table of private headers");
  }
  return headers;
}

std::vector<std::string> foreign_headers(const SourceFile& source) {
  constexpr std::string_view kInclude = "#include \"";
  const std::string own = cat(module_of(source), "/");
  std::vector<std::string> found;
  for (const std::string_view line : lines_of(source.text)) {
    if (!line.starts_with(kInclude)) {
      continue;
    }
    const std::string_view name = line.substr(kInclude.size(), line.find('"', kInclude.size()) - kInclude.size());
    if (!name.starts_with("respand/") && !name.starts_with(own)) {
      found.emplace_back(name);
    }
  }
  return found;
}

std::vector<std::string> check_private_headers(const PrivateHeaders& allowed, const std::vector<SourceFile>& sources) {
  std::vector<std::string> wrong;
  PrivateHeaders unused = allowed;
  for (const SourceFile& source : sources) {
    const std::string module(module_of(source));
    for (const std::string& header : foreign_headers(source)) {
      const auto row = allowed.find(header);
      if (row == allowed.end() || !row->second.contains(module)) {
        wrong.push_back(cat(source.path, ": \"", header, "\" is private: '", module, "' uses what is in include/"));
      } else {
        unused[header].erase(module);
      }
    }
  }
  for (const auto& [header, modules] : unused) {
    for (const std::string& module : modules) {
      wrong.push_back(cat("daemon/README.md: '", module, "' does not use \"", header, "\" any more"));
    }
  }
  return wrong;
}

}  // namespace respand::house
