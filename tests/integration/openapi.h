#pragma once
// An OpenAPI document of docs/openapi: what it says may be asked, and whether an answer is one that it describes.
// Schemas keep to what RapidJSON can check (draft 4). One thread.

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/http_text.h"

namespace respand::test {

// A YAML document as JSON; an exception where it is none, or a member has no value.
[[nodiscard]] rapidjson::Document read_yaml(const std::string& file);

class OpenApi {
 public:
  struct Operation {
    std::string path;
    std::string method;            // "GET"
    const rapidjson::Value* what;  // of the document
    const rapidjson::Value* whole_path;
  };
  struct Body {
    std::string type;
    std::string text;
  };

  explicit OpenApi(const std::string& file) : document_(read_yaml(file)) {}

  [[nodiscard]] std::vector<Operation> operations() const;
  [[nodiscard]] static bool has_tag(const Operation& operation, std::string_view tag);
  // The path with the examples of its parameters: without those of the query, with each alone, with all.
  [[nodiscard]] std::vector<std::string> targets(const Operation& operation) const;
  // The examples of its body, and none for a type without them.
  [[nodiscard]] std::vector<Body> bodies(const Operation& operation) const;
  // What of an answer the document does not say; nothing where it is one of those that it describes.
  [[nodiscard]] std::string objection(const Operation& operation, const HttpMessage& answer) const;
  // The same of a schema by its name.
  [[nodiscard]] std::string objection(std::string_view schema, const std::string& json) const;

 private:
  [[nodiscard]] const rapidjson::Value& resolved(const rapidjson::Value& value) const;
  [[nodiscard]] std::string mismatch(const rapidjson::Value& schema, const std::string& json) const;

  const rapidjson::Document document_;
};

}  // namespace respand::test
