#include "config/schema.h"

#include "config/keys.h"
#include "config/reload.h"
#include "respand/base/text.h"
#include "respand/config/json_schema.h"
#include "respand/json/text.h"

namespace respand::config {
namespace schema {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  json::put_string(out, text);
  return out;
}

bool is_bare_json(std::string_view word) {
  const bool number = !word.empty() && word.find_first_not_of("0123456789.") == std::string_view::npos;
  return number || word == "true" || word == "false";
}

}  // namespace

std::string text(std::string_view pattern, std::size_t longest) {
  return cat(R"({"type":"string")", pattern.empty() ? "" : cat(R"(,"pattern":)", json_string(pattern)),
             longest == 0 ? "" : cat(R"(,"maxLength":)", longest), "}");
}

std::string text_or_number(std::string_view pattern) { return any_of({text(pattern), R"({"type":"number"})"}); }

std::string whole_number(std::uint64_t least, std::uint64_t most) {
  return any_of({cat(R"({"type":"integer","minimum":)", least, R"(,"maximum":)", most, "}"), text("^[0-9]+$")});
}

std::string decimal(std::string_view most) {
  return any_of({cat(R"({"type":"number","minimum":0,"maximum":)", most, "}"), text("^[0-9]*[.]?[0-9]*$")});
}

std::string one_of(const std::vector<std::string_view>& words) {
  std::string out = R"({"enum":[)";
  for (const std::string_view word : words) {
    out += cat(word == words.front() ? "" : ",", json_string(word), is_bare_json(word) ? cat(",", word) : "");
  }
  return out + "]}";
}

std::string list_of(std::string_view item) { return cat(R"({"type":"array","items":)", item, "}"); }

std::string or_variable(std::string_view fragment) {
  return any_of({std::string(fragment), text("\\$\\{"), R"({"type":"null"})"});
}

std::string any_of(const std::vector<std::string>& fragments) {
  std::string out = R"({"anyOf":[)";
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    out += cat(i == 0 ? "" : ",", fragments[i]);
  }
  return out + "]}";
}

}  // namespace schema

namespace {

// The key's fragment with the description that editors show beside the key.
void put_key(const Key& key, const Draft& defaults, std::string& out) {
  const std::string usual = key.show(defaults);
  std::string about = cat(key.about, "\nExpects: ", key.expects, usual.empty() ? "" : cat("\nDefault: ", usual),
                          "\nA change needs a ", reloads(key.path) ? "reload" : "restart");
  out += R"({"description":)";
  json::put_string(out, about);
  // The members of the fragment follow those of this object.
  out += cat(",", std::string_view(schema::or_variable(key.schema)).substr(1));
}

// `section` is "" for the file itself, else a path with a dot at its end.
void put_section(std::string_view section, const Draft& defaults, std::string& out) {
  out += R"({"type":["object","null"],"additionalProperties":false,"properties":{)";
  std::string_view last;
  for (const Key& key : keys()) {
    if (!key.path.starts_with(section)) {
      continue;
    }
    const std::string_view rest = key.path.substr(section.size());
    const std::string_view name = rest.substr(0, rest.find('.'));
    if (name == last) {
      continue;
    }
    out += last.empty() ? "\n" : ",\n";
    last = name;
    json::put_string(out, name);
    out += ':';
    if (name.size() == rest.size()) {
      put_key(key, defaults, out);
    } else {
      put_section(key.path.substr(0, section.size() + name.size() + 1), defaults, out);
    }
  }
  out += "}}";
}

}  // namespace

std::string json_schema() {
  std::string out =
      R"({"$schema":"http://json-schema.org/draft-07/schema#","title":"Configuration of respand","allOf":[)";
  put_section("", Draft(), out);
  return out + "]}\n";
}

}  // namespace respand::config
