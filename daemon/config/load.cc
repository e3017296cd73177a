// Loads a configuration: walks each file's tree along the table of keys, reads the environment's variables over that,
// and then checks the whole. All mistakes are collected, so that an operator sees them at once.

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "config/check.h"
#include "config/credential.h"
#include "config/keys.h"
#include "config/nats.h"
#include "config/nearest.h"
#include "config/network.h"
#include "config/node.h"
#include "config/parts.h"
#include "config/variables.h"
#include "respand/base/text.h"
#include "respand/config/config.h"
#include "respand/config/places.h"

namespace respand::config {
namespace {

// The two ways to write the key.
constexpr std::string_view kKey = "api.api_key";
constexpr std::string_view kKeyFile = "api.api_key_file";

class Loader {
 public:
  // `only`: the keys that are read; nothing is reported of others. Empty: all keys. All is borrowed.
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

  // Reads the variables that stand for keys: they count over the files. Where the environment gives the API key in one
  // of the two ways, what the files say in the other way does not count.
  void read_variables() {
    const auto is_set = [this](std::string_view key) {
      const auto text = environment_.variable(variable_of(key));
      return text && !text->empty();
    };
    if (is_set(kKeyFile) != is_set(kKey)) {
      forget(is_set(kKey) ? kKeyFile : kKey);
    }
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
    if (name.text.find('.') != std::string::npos) {  // "api.path: x" is not the key `path` of `api`
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

  void read_key(const Key& key, const Node& given) {
    if (given.kind == Node::Kind::kNull) {
      forget(key.path);  // "key:" without a value means the default, whatever an earlier file says
      return;
    }
    replace_other_way(key.path, given.place.file);
    const Node& value = with_earlier(key.path, given);
    const std::size_t before = report_.problem_count();
    Reader reader(environment_, report_, key.path);
    if (key.read(value, reader, draft_)) {
      written_.places[key.path] = value.place;
      written_.literal.erase(key.path);
      if (value.text.find("${") == std::string::npos) {
        written_.literal.insert(key.path);
      }
    }
    if (report_.problem_count() != before) {
      written_.wrong.insert(key.path);
    }
  }

  // The value to read for a key: a map adds to the map that an earlier file has under the same key, so the merged map
  // is read as a whole. Anything else replaces what was there.
  const Node& with_earlier(std::string_view path, const Node& given) {
    if (given.kind != Node::Kind::kMap) {
      maps_.erase(path);
      return given;
    }
    const auto [earlier, is_first] = maps_.try_emplace(path, given);
    if (!is_first) {
      merge(earlier->second, given);
      earlier->second.place = given.place;
    }
    return earlier->second;
  }

  // The two ways to give the API key contradict each other within one file. Over several files the later one counts.
  void replace_other_way(std::string_view path, std::size_t file) {
    const std::string_view other = path == kKey ? kKeyFile : path == kKeyFile ? kKey : std::string_view{};
    if (const auto found = written_.places.find(other); found != written_.places.end() && found->second.file < file) {
      forget(other);
    }
  }

  // Makes it as if the key had not been written.
  void forget(std::string_view path) {
    maps_.erase(path);
    written_.literal.erase(path);
    if (written_.places.erase(path) == 0) {
      return;
    }
    const auto key = std::find_if(keys().begin(), keys().end(), [&](const Key& known) { return known.path == path; });
    key->copy(Draft{}, draft_);
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
  std::map<std::string_view, Node> maps_;  // values that are maps, by key, merged over the files read so far
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

// Sorts by file, and by the place in each; problems without a place come last.
void sort_by_place(std::vector<Problem>& problems, const std::vector<std::string>& files) {
  const auto file_of = [&](const Problem& problem) {
    return std::find(files.begin(), files.end(), problem.file) - files.begin();
  };
  std::stable_sort(problems.begin(), problems.end(), [&](const Problem& a, const Problem& b) {
    return std::tuple(a.line == 0, file_of(a), a.line, a.column) <
           std::tuple(b.line == 0, file_of(b), b.line, b.column);
  });
}

// Reads the files one after the other, each over what came before. False where one is not YAML at all: checks of the
// whole would then report keys that are only missing because of that.
bool read_files(const std::vector<Part>& files, Loader& loader, Report& report) {
  bool good = true;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::size_t file = i == 0 ? 0 : report.add_file(files[i].path);
    Report own(files[i].path);
    auto root = parse(files[i].text, own);
    std::move(own.problems().begin(), own.problems().end(), std::back_inserter(report.problems()));
    good = good && root.has_value();
    if (root) {
      set_file(*root, file);
      loader.read_section(*root, "");
    }
  }
  return good;
}

// Loads from these files. `said`: problems, warnings and names of files from the search for them.
Loaded load_parts(const std::vector<Part>& files, const Environment& environment, Loaded said) {
  Report report(files.front().path);
  Loader loader(environment, report);
  if (read_files(files, loader, report)) {
    loader.read_variables();
    base_url_from_environment(loader.draft(), loader.written(), environment, report);
    find_key(loader.draft(), loader.written(), environment, report);
    find_named_keys(loader.draft(), loader.written(), environment, report);
    complete_nats(loader.draft(), loader.written(), environment, report);
    loader.draft().spool.directory_given = loader.written().has("spool.directory");
    loader.draft().records.prices_given = loader.written().has("records.prices");
    check(loader.draft(), loader.written(), environment, report);
    loader.draft().files = std::move(said.config.files);
    said.config = std::move(static_cast<Config&>(loader.draft()));
  }
  std::move(report.problems().begin(), report.problems().end(), std::back_inserter(said.problems));
  std::move(report.warnings().begin(), report.warnings().end(), std::back_inserter(said.warnings));
  sort_by_place(said.problems, report.files());
  sort_by_place(said.warnings, report.files());
  return said;
}

// The file and its parts. Empty where the file itself can't be read, which is reported. Only the default file may be
// missing: that counts as an empty file.
std::vector<Part> files_of(const std::string& path, const Environment& environment, bool lenient, Loaded& said) {
  auto text = environment.read_file(path);
  const bool missing = !text && text.error().code == ErrorCode::kNotFound;
  if (!text && !(missing && path == kDefaultFile)) {
    said.problems.push_back(
        {path, 0, 0,
         missing ? "no such file; write one from /usr/share/doc/respand/respand.yaml" : text.error().message,
         Problem::About::kConfiguration, text.error().code});
    return {};
  }
  if (text) {
    said.config.files.push_back(path);
  }
  std::vector<Part> files = read_parts(path, environment, lenient, said);
  for (const Part& part : files) {
    said.config.files.push_back(part.path);
  }
  files.insert(files.begin(), {path, text ? std::move(*text) : std::string()});
  return files;
}

}  // namespace

Loaded load_text(std::string_view yaml, const std::string& file_name, const Environment& environment) {
  return load_parts({{file_name, std::string(yaml)}}, environment, {});
}

Loaded load_file(const std::string& path, const Environment& environment) {
  Loaded said;
  const std::vector<Part> files = files_of(path, environment, false, said);
  return files.empty() ? said : load_parts(files, environment, std::move(said));
}

// Nothing is checked but the keys that are read: the rest may be wrong, or readable for the daemon only.
Loaded load_keys(const std::string& path, const Environment& environment, std::span<const std::string_view> keys) {
  Loaded said;
  const std::vector<Part> files = files_of(path, environment, true, said);
  if (files.empty()) {
    return said;
  }
  Report report(path);
  Loader loader(environment, report, keys);
  if (read_files(files, loader, report)) {
    loader.read_variables();
    loader.draft().records.prices_given = loader.written().has("records.prices");
    said.config = std::move(static_cast<Config&>(loader.draft()));
  }
  said.warnings.clear();
  said.problems = std::move(report.problems());
  sort_by_place(said.problems, report.files());
  return said;
}

}  // namespace respand::config
