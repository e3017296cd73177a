#include "config/parts.h"

#include <algorithm>

#include "respand/base/text.h"

namespace respand::config {

std::string parts_folder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return cat(slash == std::string::npos ? "" : path.substr(0, slash + 1), "conf.d");
}

std::vector<Part> read_parts(const std::string& path, const Environment& environment, bool lenient, Loaded& said) {
  std::vector<Part> parts;
  if (!environment.list_folder) {
    return parts;
  }
  const std::string folder = parts_folder(path);
  auto names = environment.list_folder(folder);
  if (!names) {
    if (!lenient && names.error().code != ErrorCode::kNotFound) {
      said.problems.push_back(
          {folder, 0, 0, names.error().message, Problem::About::kConfiguration, names.error().code});
    }
    return parts;
  }
  std::sort(names->begin(), names->end());
  for (const std::string& name : *names) {
    const std::string file = cat(folder, '/', name);
    if (name.starts_with('.')) {
      continue;
    }
    if (name.ends_with(".yml")) {
      said.warnings.push_back({.file = file, .message = "not read: only names that end in .yaml are"});
    }
    if (!name.ends_with(".yaml")) {
      continue;
    }
    auto text = environment.read_file(file);
    if (text) {
      parts.push_back({file, std::move(*text)});
    } else if (!lenient) {
      said.problems.push_back({file, 0, 0, text.error().message, Problem::About::kConfiguration, text.error().code});
    }
  }
  return parts;
}

void set_file(Node& node, std::size_t file) {
  node.place.file = file;
  for (Node& key : node.keys) {
    set_file(key, file);
  }
  for (Node& item : node.items) {
    set_file(item, file);
  }
}

void merge(Node& below, const Node& above) {
  for (std::size_t i = 0; i < above.keys.size(); ++i) {
    const Node& name = above.keys[i];
    const auto same = std::find_if(below.keys.begin(), below.keys.end(), [&](const Node& key) {
      // A name that comes twice in one file is a mistake. It is kept twice, so that the reader of the map reports it.
      return key.text == name.text && key.kind == name.kind && key.place.file != name.place.file;
    });
    if (same == below.keys.end()) {
      below.keys.push_back(name);
      below.items.push_back(above.items[i]);
      continue;
    }
    Node& value = below.items[static_cast<std::size_t>(same - below.keys.begin())];
    if (value.kind == Node::Kind::kMap && above.items[i].kind == Node::Kind::kMap) {
      merge(value, above.items[i]);
    } else {
      value = above.items[i];
    }
    same->place = name.place;
  }
}

}  // namespace respand::config
