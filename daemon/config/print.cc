#include <algorithm>

#include "config/keys.h"
#include "config/reload.h"
#include "config/types.h"
#include "respand/base/text.h"
#include "respand/config/config.h"

namespace respand::config {
namespace {

// The text behind "KEY:", with a comment where the value alone would say too little.
std::string value_text(const Key& key, const Draft& draft) {
  std::string value = key.show(draft);
  if (key.path == "api.api_key" && draft.api.key_origin.kind != KeyOrigin::Kind::kNone) {
    return cat(value, "  # from ", printable(draft.api.key_origin.to_string(), 4096));
  }
  // These are printed as comments: written out, they would mean that the directory or file must exist.
  if ((key.path == "spool.directory" && !draft.spool.directory_given) ||
      (key.path == "records.prices" && !draft.records.prices_given)) {
    return cat("  # ", printable(value, 4096), ", if it exists");
  }
  return value;
}

// The indentation of a section's members; `section` is a path with a dot at its end.
std::string indentation(std::string_view section) {
  return std::string(static_cast<std::size_t>(std::count(section.begin(), section.end(), '.')) * 2, ' ');
}

}  // namespace

// The keys of a section stand side by side in the table, so a heading is due where the section changes, unless it is
// one that the lines before are in already ("api." behind "api.batch.").
std::string print(const Config& config) {
  Draft draft;
  static_cast<Config&>(draft) = config;
  draft.api_key = config.api.key;
  std::string out;
  std::string_view open;  // the section that the last line stands in, with a dot at its end
  for (const Key& key : keys()) {
    const std::string_view section = key.path.substr(0, key.path.rfind('.') + 1);
    if (section != open && !open.starts_with(section)) {
      const std::size_t shared = section.starts_with(open) ? open.size() : 0;
      const std::string_view name = section.substr(shared, section.size() - shared - 1);
      out += cat(indentation(section.substr(0, shared)), name, ":\n");
    }
    open = section;
    out += indentation(section);
    const std::string value = value_text(key, draft);
    out += cat(key.path.substr(section.size()), ":", value.empty() || value.front() == ' ' ? "" : " ", value, "\n");
  }
  return out;
}

std::vector<KeyInfo> describe() {
  const Draft defaults;
  std::vector<KeyInfo> all;
  for (const Key& key : keys()) {
    all.push_back({std::string(key.path), key.expects, key.show(defaults), std::string(key.about), reloads(key.path)});
  }
  return all;
}

}  // namespace respand::config
