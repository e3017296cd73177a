#pragma once
// The types of api.keys (a map of names to {api_key_file: …}), of records.route (a list of {match: {field: value}, key:
// NAME}), and of a key's name alone. They have the form of the types in lists.h. Pure; the Reader words the mistakes,
// each at its own place.

#include <string>
#include <vector>

#include "config/reader.h"
#include "config/types.h"

namespace respand::config {

// Whether the text can be the name of a key, which becomes a label of metrics, a member of dead letters and a part of
// file names.
[[nodiscard]] bool is_key_name(std::string_view text);

struct KeyName : Scalar {
  using Value = std::string;
  [[nodiscard]] static std::string expects() { return "a name of api.keys"; }
  [[nodiscard]] static std::string schema() { return schema::text_or_number("^[A-Za-z0-9_.-]*$"); }
  static bool parse(std::string_view text, std::string& out);
  [[nodiscard]] static std::string show(const std::string& value) { return yaml_scalar(value); }
};

struct NamedKeys {
  using Value = std::vector<NamedKey>;
  [[nodiscard]] static std::string expects() {
    return "a map of names such as {prod: {api_key_file: /etc/respand/prod.key}}";
  }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value);
};
bool read_value(const NamedKeys& type, const Node& node, Reader& reader, std::vector<NamedKey>& out);

struct KeyRoutes {
  using Value = std::vector<KeyRoute>;
  [[nodiscard]] static std::string expects() {
    return "a list of rules such as [{match: {environment: prod}, key: prod}, {uid: 1000, key: test}]";
  }
  [[nodiscard]] static std::string schema();
  [[nodiscard]] static std::string show(const Value& value);
};
bool read_value(const KeyRoutes& type, const Node& node, Reader& reader, std::vector<KeyRoute>& out);

}  // namespace respand::config
