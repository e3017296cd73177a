// Walks the tree along the table of keys, then looks at the whole.

#include <algorithm>
#include <map>
#include <tuple>

#include "config/check.h"
#include "config/credential.h"
#include "config/keys.h"
#include "config/nearest.h"
#include "config/network.h"
#include "config/node.h"
#include "config/variables.h"
#include "respand/base/text.h"
#include "respand/config/config.h"
#include "respand/config/places.h"

namespace respand::config {
namespace {

constexpr std::size_t kMostShown = 60;  // bytes of an unknown key in a message

class Loader {
 public:
  // `only`: these keys, and nothing is said of others. Empty: all. Borrowed.
  Loader(const Environment& environment, Report& report, std::span<const std::string_view> only = {})
      : environment_(environment), report_(report), only_(only) {}

  // Reads what a section holds. `section` is "" for the file itself, else a path with a dot at its end: "api.batch.".
  void read_section(const Node& node, std::string_view section) {
    if (node.kind == Node::Kind::kNull) {
      return;
    }
    if (node.kind != Node::Kind::kMap) {
      const std::string_view name = section.substr(0, section.size() - (section.empty() ? 0 : 1));
      report_.problem(node.place,
                      cat(name, name.empty() ? "" : ": ", "expected a map of keys, not ", name_of(node.kind)));
      return;
    }
    std::map<std::string_view, int> lines;  // of the keys seen, to name the first of two
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const Node& name = node.keys[i];
      if (name.kind != Node::Kind::kScalar) {
        report_.problem(name.place, cat("a key must be a name, not ", name_of(name.kind)));
        continue;
      }
      if (const auto [first, is_new] = lines.try_emplace(name.text, name.place.line); !is_new && only_.empty()) {
        report_.problem(name.place,
                        cat("duplicate key '", printable(name.text, kMostShown), "', first in line ", first->second));
        continue;
      }
      read_member(name, node.items[i], section);
    }
  }

  // What the environment says of keys counts before the file.
  void read_variables() {
    for (const Key& key : keys()) {
      if (only_.empty() || std::find(only_.begin(), only_.end(), key.path) != only_.end()) {
        read_variable(key, environment_, draft_, written_, report_);
      }
    }
  }

  [[nodiscard]] Draft& draft() { return draft_; }
  [[nodiscard]] const Written& written() const { return written_; }

 private:
  void read_member(const Node& name, const Node& value, std::string_view section) {
    const std::string path = cat(section, name.text);
    const std::string subsection = cat(path, '.');
    if (!wants(path, subsection)) {
      return;
    }
    if (name.text.find('.') != std::string::npos) {  // "api.path: x" is not the key path of api
      unknown(name, section);
      return;
    }
    bool is_section = false;
    for (const Key& key : keys()) {
      if (key.path == path) {
        read_key(key, value);
        return;
      }
      is_section = is_section || key.path.starts_with(subsection);
    }
    if (is_section) {
      read_section(value, subsection);
    } else {
      unknown(name, section);
    }
  }

  [[nodiscard]] bool wants(std::string_view path, std::string_view subsection) const {
    return only_.empty() || std::any_of(only_.begin(), only_.end(), [&](std::string_view key) {
             return key == path || key.starts_with(subsection);
           });
  }

  void read_key(const Key& key, const Node& value) {
    if (value.kind == Node::Kind::kNull) {
      return;  // the default
    }
    const std::size_t before = report_.problem_count();
    Reader reader(environment_, report_, key.path);
    if (key.read(value, reader, draft_)) {
      written_.places[key.path] = value.place;
      if (value.text.find("${") == std::string::npos) {
        written_.literal.insert(key.path);
      }
    }
    if (report_.problem_count() != before) {
      written_.wrong.insert(key.path);
    }
  }

  void unknown(const Node& name, std::string_view section) {
    std::vector<std::string_view> known;
    for (const Key& key : keys()) {
      if (key.path.starts_with(section)) {
        std::string_view rest = key.path.substr(section.size());
        rest = rest.substr(0, rest.find('.'));
        if (known.empty() || known.back() != rest) {
          known.push_back(rest);
        }
      }
    }
    std::string message = cat("unknown key '", printable(name.text, kMostShown), "'");
    message += section.empty() ? "" : cat(" in ", section.substr(0, section.size() - 1));
    if (const auto meant = nearest(name.text, known)) {
      message += cat(": did you mean '", *meant, "'?");
    } else {
      message += ": known are ";
      for (const std::string_view key : known) {
        message += cat(key == known.front() ? "" : ", ", key);
      }
    }
    report_.problem(name.place, std::move(message));
  }

  const Environment& environment_;
  Report& report_;
  const std::span<const std::string_view> only_;
  Draft draft_;
  Written written_;
};

// RESPAN_BASE_URL counts where the file says nothing.
void base_url_from_environment(Draft& draft, const Written& written, const Environment& environment, Report& report) {
  const auto url = environment.variable("RESPAN_BASE_URL");
  if (!url || url->empty() || written.has("api.base_url") || written.wrong.contains("api.base_url")) {
    return;
  }
  if (!BaseUrl::parse(*url, draft.api.base_url)) {
    report.environment_problem(cat("RESPAN_BASE_URL: expected ", BaseUrl::expects()));
  }
}

void sort_by_place(std::vector<Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tuple(a.line == 0, a.line, a.column) < std::tuple(b.line == 0, b.line, b.column);
  });
}

}  // namespace

Loaded load_text(std::string_view yaml, const std::string& file_name, const Environment& environment) {
  Report report(file_name);
  Loaded loaded;
  if (const auto root = parse(yaml, report)) {
    Loader loader(environment, report);
    loader.read_section(*root, "");
    loader.read_variables();
    base_url_from_environment(loader.draft(), loader.written(), environment, report);
    find_key(loader.draft(), loader.written(), environment, report);
    find_named_keys(loader.draft(), loader.written(), environment, report);
    loader.draft().spool.directory_given = loader.written().has("spool.directory");
    loader.draft().records.prices_given = loader.written().has("records.prices");
    check(loader.draft(), loader.written(), environment, report);
    loaded.config = std::move(static_cast<Config&>(loader.draft()));
  }
  loaded.problems = std::move(report.problems());
  loaded.warnings = std::move(report.warnings());
  sort_by_place(loaded.problems);
  sort_by_place(loaded.warnings);
  return loaded;
}

Loaded load_keys(const std::string& path, const Environment& environment, std::span<const std::string_view> keys) {
  auto text = environment.read_file(path);
  if (!text && text.error().code == ErrorCode::kNotFound && path == kDefaultFile) {
    text = std::string();
  }
  if (!text) {
    Loaded loaded;
    loaded.problems.push_back({path, 0, 0, text.error().message});
    return loaded;
  }
  Report report(path);
  Loaded loaded;
  if (const auto root = parse(*text, report)) {
    Loader loader(environment, report, keys);
    loader.read_section(*root, "");
    loader.read_variables();
    loader.draft().records.prices_given = loader.written().has("records.prices");
    loaded.config = std::move(static_cast<Config&>(loader.draft()));
  }
  loaded.problems = std::move(report.problems());
  sort_by_place(loaded.problems);
  return loaded;
}

Loaded load_file(const std::string& path, const Environment& environment) {
  const auto text = environment.read_file(path);
  if (!text) {
    const bool missing = text.error().code == ErrorCode::kNotFound;
    if (missing && path == kDefaultFile) {
      return load_text("", path, environment);
    }
    Loaded loaded;
    loaded.problems.push_back(
        {path, 0, 0,
         missing ? "no such file; write one from /usr/share/doc/respand/respand.yaml" : text.error().message});
    return loaded;
  }
  return load_text(*text, path, environment);
}

}  // namespace respand::config
