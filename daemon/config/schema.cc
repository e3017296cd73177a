// `respand check --schema`: the table of keys as JSON Schema.

#include <map>

#include "config/json.h"
#include "config/keys.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

// A section of the file; a key's own schema is a leaf.
struct Section {
  std::string leaf;
  std::vector<std::string> names;  // in the table's order
  std::map<std::string, Section> inner;
};

// ${NAME} may stand for any value, and a key without a value is one that is not written.
std::string leaf_of(const Key& key) {
  std::string out = R"({"description":)";
  const std::string shown = key.show(Draft());
  put_json_string(cat(key.about, " (", key.expects, shown.empty() ? "" : cat("; default ", shown), ")"), out);
  return cat(out, R"(,"anyOf":[{)", key.schema, R"(},{"type":"string","pattern":"\\$\\{"},{"type":"null"}]})");
}

void put(const Section& section, std::string& out) {
  if (!section.leaf.empty()) {
    out += section.leaf;
    return;
  }
  out += R"({"type":["object","null"],"additionalProperties":false,"properties":{)";
  bool first = true;
  for (const std::string& name : section.names) {
    out += first ? "" : ",";
    first = false;
    put_json_string(name, out);
    out += ':';
    put(section.inner.at(name), out);
  }
  out += "}}";
}

}  // namespace

std::string json_schema() {
  Section root;
  for (const Key& key : keys()) {
    Section* at = &root;
    for (std::string_view rest = key.path; !rest.empty();) {
      const std::size_t dot = std::min(rest.find('.'), rest.size());
      const std::string name(rest.substr(0, dot));
      rest.remove_prefix(std::min(dot + 1, rest.size()));
      if (!at->inner.contains(name)) {
        at->names.push_back(name);
      }
      at = &at->inner[name];
    }
    at->leaf = leaf_of(key);
  }
  std::string out;
  put(root, out);
  return cat(R"({"$schema":"http://json-schema.org/draft-07/schema#","title":"respand.yaml",)",
             std::string_view(out).substr(1), "\n");
}

}  // namespace respand::config
