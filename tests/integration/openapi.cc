#include "tests/integration/openapi.h"

#include <rapidjson/pointer.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

#include "respand/base/text.h"

namespace respand::test {
namespace {

using rapidjson::Value;
using Allocator = rapidjson::Document::AllocatorType;

Value text_value(const std::string& text, Allocator& allocator) { return Value(text.c_str(), allocator); }

// A scalar without quotes is what it looks like.
Value scalar(const YAML::Node& node, Allocator& allocator) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") {
    return text_value(text, allocator);
  }
  if (text == "true" || text == "false") {
    return Value(text == "true");
  }
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc{} && read.ptr == end) {
    return Value(whole);
  }
  double number = 0;
  if (const auto read = std::from_chars(text.data(), end, number); read.ec == std::errc{} && read.ptr == end) {
    return Value(number);
  }
  return text_value(text, allocator);
}

Value value_of(const YAML::Node& node, Allocator& allocator) {
  if (node.IsScalar()) {
    return scalar(node, allocator);
  }
  Value value;
  if (node.IsSequence()) {
    value.SetArray();
    for (const YAML::Node& element : node) {
      value.PushBack(value_of(element, allocator), allocator);
    }
  } else if (node.IsMap()) {
    value.SetObject();
    for (const auto& member : node) {
      if (member.second.IsNull()) {  // mostly a comma in a text without quotes
        throw std::runtime_error("a member without a value: " + member.first.Scalar());
      }
      value.AddMember(text_value(member.first.Scalar(), allocator), value_of(member.second, allocator), allocator);
    }
  }
  return value;
}

std::string json_of(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

// A parameter's example as it stands in a target.
std::string example_of(const Value& parameter) {
  const Value& example = parameter["example"];
  return example.IsString() ? example.GetString() : json_of(example);
}

}  // namespace

rapidjson::Document read_yaml(const std::string& file) {
  rapidjson::Document document;
  Value root = value_of(YAML::LoadFile(file), document.GetAllocator());
  static_cast<Value&>(document) = root;
  return document;
}

std::vector<OpenApi::Operation> OpenApi::operations() const {
  static constexpr std::array kMethods = {"get", "head", "options", "post", "put", "patch", "delete"};
  std::vector<Operation> all;
  for (const auto& path : document_["paths"].GetObject()) {
    for (const char* const method : kMethods) {
      if (const auto found = path.value.FindMember(method); found != path.value.MemberEnd()) {
        std::string name = method;
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        all.push_back({path.name.GetString(), name, &found->value, &path.value});
      }
    }
  }
  return all;
}

bool OpenApi::has_tag(const Operation& operation, std::string_view tag) {
  const auto& tags = (*operation.what)["tags"].GetArray();
  return std::any_of(tags.begin(), tags.end(), [tag](const Value& each) { return each.GetString() == tag; });
}

std::vector<std::string> OpenApi::targets(const Operation& operation) const {
  std::string path = operation.path;
  std::vector<std::string> queries;
  for (const Value* const of : {operation.whole_path, operation.what}) {
    const auto parameters = of->FindMember("parameters");
    if (parameters == of->MemberEnd()) {
      continue;
    }
    for (const Value& parameter : parameters->value.GetArray()) {
      const std::string name = parameter["name"].GetString();
      if (std::string_view(parameter["in"].GetString()) == "query") {
        queries.push_back(cat(name, "=", example_of(parameter)));
      } else {
        const std::string place = cat("{", name, "}");
        path.replace(path.find(place), place.size(), example_of(parameter));
      }
    }
  }
  std::vector<std::string> all = {path};
  std::string together;
  for (const std::string& query : queries) {
    all.push_back(cat(path, "?", query));
    together += cat(together.empty() ? "?" : "&", query);
  }
  if (queries.size() > 1) {
    all.push_back(path + together);
  }
  return all;
}

std::vector<OpenApi::Body> OpenApi::bodies(const Operation& operation) const {
  const auto body = operation.what->FindMember("requestBody");
  if (body == operation.what->MemberEnd()) {
    return {{"", ""}};
  }
  std::vector<Body> all;
  for (const auto& type : resolved(body->value)["content"].GetObject()) {
    const auto examples = type.value.FindMember("examples");
    if (examples == type.value.MemberEnd()) {
      all.push_back({type.name.GetString(), ""});
      continue;
    }
    for (const auto& example : examples->value.GetObject()) {
      const Value& value = example.value["value"];
      all.push_back({type.name.GetString(), value.IsString() ? value.GetString() : json_of(value)});
    }
  }
  return all;
}

std::string OpenApi::objection(const Operation& operation, const HttpMessage& answer) const {
  const std::string about = cat(operation.method, " ", operation.path, " was answered ", answer.status(), " ",
                                answer.header("content-type"), ": ", answer.body.substr(0, 500), "\n");
  const Value& responses = (*operation.what)["responses"];
  auto found = responses.FindMember(std::to_string(answer.status()).c_str());
  if (found == responses.MemberEnd()) {
    found = responses.FindMember("default");
  }
  if (found == responses.MemberEnd()) {
    return about + "the document has no such status";
  }
  const Value& response = resolved(found->value);
  const auto content = response.FindMember("content");
  if (content == response.MemberEnd()) {
    return answer.body.empty() ? "" : about + "the document knows of no body";
  }
  const std::string said = answer.header("content-type");
  const std::string type = said.substr(0, said.find(';'));
  if (content->value.HasMember("*/*") || operation.method == "HEAD") {
    return "";
  }
  const auto form = content->value.FindMember(type.c_str());
  if (form == content->value.MemberEnd()) {
    return about + "the document has no such type";
  }
  if (type != "application/json") {
    return "";
  }
  const std::string wrong = mismatch(form->value["schema"], answer.body);
  return wrong.empty() ? "" : about + wrong;
}

std::string OpenApi::objection(std::string_view schema, const std::string& json) const {
  return mismatch(document_["components"]["schemas"][std::string(schema).c_str()], json);
}

const Value& OpenApi::resolved(const Value& value) const {
  const auto reference = value.FindMember("$ref");
  if (reference == value.MemberEnd()) {
    return value;
  }
  const Value* const target = rapidjson::Pointer(reference->value.GetString()).Get(document_);
  if (target == nullptr) {
    throw std::runtime_error(cat("leads nowhere: ", reference->value.GetString()));
  }
  return *target;
}

// References lead into the components: a schema is checked with them beside it.
std::string OpenApi::mismatch(const Value& schema, const std::string& json) const {
  rapidjson::Document answer;
  answer.Parse<rapidjson::kParseFullPrecisionFlag>((json + std::string(32, '\0')).c_str());
  if (answer.HasParseError()) {
    return "not JSON: " + json;
  }
  rapidjson::Document whole(rapidjson::kObjectType);
  Allocator& allocator = whole.GetAllocator();
  whole.AddMember("allOf", Value(rapidjson::kArrayType).PushBack(Value(schema, allocator), allocator), allocator);
  Value components(rapidjson::kObjectType);
  components.AddMember("schemas", Value(document_["components"]["schemas"], allocator), allocator);
  whole.AddMember("components", components, allocator);
  const rapidjson::SchemaDocument compiled(whole);
  rapidjson::SchemaValidator validator(compiled);
  if (answer.Accept(validator)) {
    return "";
  }
  rapidjson::StringBuffer where;
  validator.GetInvalidDocumentPointer().StringifyUriFragment(where);
  return cat("against its schema (", validator.GetInvalidSchemaKeyword(), ") at ", where.GetString());
}

}  // namespace respand::test
