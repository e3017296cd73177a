#include "tests/house/layers.h"

#include <algorithm>
#include <array>

#include "respand/base/text.h"

namespace respand::house {
namespace {

struct Library {
  std::string_view name;    // in the table
  std::string_view prefix;  // of its headers
};
constexpr std::array kLibraries{
    Library{"tl::expected", "tl/"},      Library{"spdlog", "spdlog/"},       Library{"prometheus-cpp", "prometheus/"},
    Library{"yaml-cpp", "yaml-cpp/"},    Library{"RapidJSON", "rapidjson/"}, Library{"xxHash", "xxhash.h"},
    Library{"libcurl", "curl/"},         Library{"Asio", "boost/asio"},      Library{"Beast", "boost/beast"},
    Library{"inotify", "sys/inotify.h"}, Library{"zlib", "zlib.h"},          Library{"zstd", "zstd"},
    Library{"SQLite", "sqlite3"},        Library{"libsystemd", "systemd/"},  Library{"CLI11", "CLI/"},
    Library{"OpenSSL", "openssl/"},
};
// The only library that may be named in include/: Result consists of it.
constexpr std::string_view kPublicLibrary = "tl::expected";

// Headers of the C library, the kernel and the compiler, which belong to nobody. C++ ones have no '.'.
bool is_system(std::string_view header) {
  constexpr std::array<std::string_view, 5> kFolders{"sys/", "linux/", "netinet/", "arpa/", "net/"};
  constexpr std::array<std::string_view, 17> kFiles{
      "dirent.h",  "emmintrin.h", "fcntl.h", "getopt.h", "grp.h",    "immintrin.h", "malloc.h", "netdb.h", "poll.h",
      "pthread.h", "pwd.h",       "sched.h", "signal.h", "stdlib.h", "termios.h",   "time.h",   "unistd.h"};
  const auto begins = [&](std::string_view folder) { return header.starts_with(folder); };
  return header.find('.') == std::string_view::npos || std::any_of(kFolders.begin(), kFolders.end(), begins) ||
         std::find(kFiles.begin(), kFiles.end(), header) != kFiles.end();
}

const Library* library_of(std::string_view header) {
  const auto* found = std::find_if(kLibraries.begin(), kLibraries.end(),
                                   [&](const Library& library) { return header.starts_with(library.prefix); });
  return found == kLibraries.end() ? nullptr : found;
}

bool is_library(std::string_view name) {
  return std::any_of(kLibraries.begin(), kLibraries.end(),
                     [&](const Library& library) { return library.name == name; });
}

// A cell's items. "–" and "" are none.
std::set<std::string> items(std::string_view cell) {
  std::set<std::string> found;
  for (const std::string_view item : split(cell, ',')) {
    if (!item.empty() && item != "–") {
      found.emplace(item);
    }
  }
  return found;
}

Error table_error(std::string_view row, std::string_view what) {
  return error(ErrorCode::kInvalid, cat("layer table, row '", row, "': ", what));
}

Status parse_row(std::string_view line, Layers& layers) {
  const auto cells = split(line, '|');  // the first and the last are the outsides of the table
  if (cells.size() != 8) {
    return table_error(line, "not six columns");
  }
  Module module;
  const std::string_view layer = cells[1];
  if (layer.size() != 1 || layer[0] < '0' || layer[0] > '9') {
    return table_error(line, "the layer is not a digit");
  }
  module.layer = layer[0] - '0';
  for (const std::string& item : items(cells[4])) {
    (item.find('/') == std::string::npos ? module.modules : module.headers).insert(item);
  }
  module.libraries = items(cells[5]);
  for (const std::string& library : module.libraries) {
    if (!is_library(library)) {
      return table_error(line, cat("no such library: ", library));
    }
  }
  if (cells[2].empty() || !layers.emplace(cells[2], std::move(module)).second) {
    return table_error(line, "no module, or one that has a row already");
  }
  return {};
}

// Replaces "all" by the modules, and checks that every row uses lower layers only.
Status resolve(Layers& layers) {
  for (auto& [name, module] : layers) {
    module.wires = module.modules.erase("all") > 0;
    if (module.wires) {
      for (const auto& [other, below] : layers) {
        if (below.layer < module.layer) {
          module.modules.insert(other);
        }
      }
    }
    std::set<std::string> named = module.modules;
    for (const std::string& header : module.headers) {
      named.insert(header.substr(0, header.find('/')));
    }
    for (const std::string& other : named) {
      const auto found = layers.find(other);
      if (found == layers.end() || found->second.layer >= module.layer) {
        return table_error(name, cat("may not use '", other, "': not a module of a lower layer"));
      }
    }
  }
  return {};
}

// "respand/fs/file_system.h" -> public, "fs", "fs/file_system.h"; "fs/posix_file.h" -> private.
struct Included {
  bool is_public;
  std::string module;
  std::string header;
};

Included included(std::string_view path) {
  constexpr std::string_view kPublic = "respand/";
  const bool is_public = path.starts_with(kPublic);
  path.remove_prefix(is_public ? kPublic.size() : 0);
  return {is_public, std::string(path.substr(0, path.find('/'))), std::string(path)};
}

// Empty where the inclusion is right.
std::string refuse_own(const Layers& layers, const std::string& from, bool from_public, std::string_view path) {
  const Included target = included(path);
  if (!layers.contains(target.module)) {
    return cat("\"", path, "\" is of no module");
  }
  if (from_public && !target.is_public) {
    return cat("\"", path, "\" is private: include/ may not name it");
  }
  if (target.module == from) {
    return "";
  }
  const Module& module = layers.at(from);
  if (!module.modules.contains(target.module) && !(target.is_public && module.headers.contains(target.header))) {
    return cat("'", from, "' may not use \"", path, "\"");
  }
  if (!target.is_public && !module.wires) {
    return cat("\"", path, "\" is private to '", target.module, "'");
  }
  return "";
}

std::string refuse_foreign(const Layers& layers, const std::string& from, bool from_public, std::string_view header) {
  const Library* library = library_of(header);
  if (library == nullptr) {
    return is_system(header) ? "" : cat("<", header, "> is of no library of the table");
  }
  if (!layers.at(from).libraries.contains(std::string(library->name))) {
    return cat("'", from, "' may not use ", library->name, " (<", header, ">)");
  }
  if (from_public && library->name != kPublicLibrary) {
    return cat(library->name, " may not be named in include/ (<", header, ">)");
  }
  return "";
}

}  // namespace

Result<Layers> parse_layers(std::string_view readme) {
  Layers layers;
  bool in_section = false;
  int header_rows = 2;  // the titles and the line below them
  for (const std::string_view line : lines_of(readme)) {
    if (line.starts_with("#")) {
      in_section = line == "## Layers";
    } else if (in_section && line.starts_with("|") && --header_rows < 0) {
      if (auto parsed = parse_row(line, layers); !parsed) {
        return parsed.error();
      }
    }
  }
  if (layers.empty()) {
    return error(ErrorCode::kNotFound, "no layer table");
  }
  if (auto resolved = resolve(layers); !resolved) {
    return resolved.error();
  }
  return layers;
}

std::vector<std::string> check_includes(const Layers& layers, const SourceFile& source) {
  const auto folders = split(source.path, '/');
  const bool in_public = folders[0] == "include";
  const std::string module(folders.size() > (in_public ? 3U : 2U) ? folders[in_public ? 2 : 1] : "");
  if (!layers.contains(module)) {
    return {cat(source.path, ": lies in no module's folder")};
  }
  std::vector<std::string> wrong;
  const auto lines = lines_of(source.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = trim(lines[i]);
    if (!line.starts_with('#')) {
      continue;
    }
    line = trim(line.substr(1));
    if (!line.starts_with("include")) {
      continue;
    }
    line = trim(line.substr(7));
    const bool quoted = line.starts_with('"');
    const std::size_t end = line.find(quoted ? '"' : '>', 1);
    std::string why = "an #include that cannot be read";
    if ((quoted || line.starts_with('<')) && end != std::string_view::npos) {
      const std::string_view name = line.substr(1, end - 1);
      // A header of ours in angle brackets is still a header of ours.
      const bool ours =
          quoted || name.starts_with("respand/") || layers.contains(std::string(name.substr(0, name.find('/'))));
      why = ours ? refuse_own(layers, module, in_public, name) : refuse_foreign(layers, module, in_public, name);
    }
    if (!why.empty()) {
      wrong.push_back(cat(source.path, ":", i + 1, ": ", why));
    }
  }
  return wrong;
}

std::vector<std::string> check_links(const Layers& layers, const std::string& module, std::string_view cmake) {
  std::vector<std::string> wrong;
  const std::size_t call = cmake.find(cat("respand_module(", module));
  const std::size_t uses = cmake.find("USES", call);
  if (call == std::string_view::npos || uses == std::string_view::npos || uses > cmake.find(')', call)) {
    return wrong;
  }
  std::string words(cmake.substr(uses + 4, cmake.find(')', call) - uses - 4));
  std::replace(words.begin(), words.end(), '\n', ' ');
  for (const std::string_view word : split(words, ' ')) {
    if (word == "LIBRARIES" || word == "PUBLIC_LIBRARIES" || word == "SOURCES") {
      break;
    }
    const Module& row = layers.at(module);
    const bool by_header = std::any_of(row.headers.begin(), row.headers.end(),
                                       [&](const std::string& header) { return header.starts_with(cat(word, "/")); });
    if (!word.empty() && !by_header && !row.modules.contains(std::string(word))) {
      wrong.push_back(cat("daemon/", module, "/CMakeLists.txt: '", module, "' may not link '", word, "'"));
    }
  }
  return wrong;
}

}  // namespace respand::house
