// The JSON Schema of `respand check --schema` takes what the reader takes, and marks what it refuses.

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <fstream>
#include <regex>
#include <sstream>

#include "respand/base/text.h"
#include "respand/config/config.h"

namespace respand::config {
namespace {

using rapidjson::Value;

class Schema : public testing::Test {
 protected:
  // As an editor sees it: what is not quoted may be null, a number or a truth value.
  Value scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    Value value;
    const bool plain = node.Tag() != "!";
    double number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (plain && (text == "true" || text == "false")) {
      value.SetBool(text == "true");
    } else if (plain && failure == std::errc{} && end == text.data() + text.size()) {
      if (text.find_first_not_of("0123456789") == std::string::npos) {
        value.SetUint64(std::stoull(text));
      } else {
        value.SetDouble(number);
      }
    } else {
      value.SetString(text.c_str(), memory_);
    }
    return value;
  }
  Value json(const YAML::Node& node) {
    Value value;
    if (node.IsMap()) {
      value.SetObject();
      for (const auto& member : node) {
        value.AddMember(Value(member.first.Scalar().c_str(), memory_), json(member.second), memory_);
      }
    } else if (node.IsSequence()) {
      value.SetArray();
      for (const auto& element : node) {
        value.PushBack(json(element), memory_);
      }
    } else if (node.IsScalar()) {
      value = scalar(node);
    }
    return value;
  }
  // The place that is wrong, "" for none.
  std::string wrong(const std::string& yaml) {
    rapidjson::Document schema;
    schema.Parse(json_schema().c_str());
    EXPECT_FALSE(schema.HasParseError());
    const rapidjson::SchemaDocument compiled(schema);
    rapidjson::SchemaValidator validator(compiled);
    if (json(YAML::Load(yaml)).Accept(validator)) {
      return "";
    }
    rapidjson::StringBuffer place;
    validator.GetInvalidDocumentPointer().StringifyUriFragment(place);
    return place.GetString();
  }

 private:
  rapidjson::MemoryPoolAllocator<> memory_;
};

TEST_F(Schema, TakesTheFileThatComesWithIt) {
  std::stringstream text;
  text << std::ifstream(RESPAND_CONFIG_DIR "/respand.yaml").rdbuf();
  EXPECT_EQ(wrong(text.str()), "");
  // And with every default in force.
  const std::regex commented("(^|\n)( +)#([a-z_]+: )");
  EXPECT_EQ(wrong(std::regex_replace(text.str(), commented, "$1$2$3")), "");
}

TEST_F(Schema, TakesWhatIsInForce) { EXPECT_EQ(wrong(print(Config())), ""); }

TEST_F(Schema, KnowsEveryKey) {
  for (const KeyInfo& key : describe()) {
    std::string yaml;
    std::string rest = key.path;
    for (std::size_t dot = 0; (dot = rest.find('.')) != std::string::npos; rest.erase(0, dot + 1)) {
      yaml += cat("{", rest.substr(0, dot), ": ");
    }
    const auto depth = static_cast<std::size_t>(std::count(key.path.begin(), key.path.end(), '.'));
    EXPECT_EQ(wrong(cat(yaml, "{", rest, ": \"${SOME_NAME}\"}", std::string(depth, '}'))), "") << key.path;
    EXPECT_NE(wrong(cat(yaml, "{", rest, "x: 1}", std::string(depth, '}'))), "") << key.path;
  }
}

TEST_F(Schema, MarksWhatIsWrong) {
  for (const auto& [yaml, place] : {std::pair<std::string, std::string>{"jurnal: {}", "#"},
                                    {"journal: {max_sise: 4GiB}", "#/journal"},
                                    {"journal: {max_size: 4GB}", "#/journal/max_size"},
                                    {"journal: {sync: sometimes}", "#/journal/sync"},
                                    {"api: {request_timeout: 30}", "#/api/request_timeout"},
                                    {"delivery: {workers: many}", "#/delivery/workers"},
                                    {"delivery: {workers: 0}", "#/delivery/workers"},
                                    {"delivery: {retry: {max_age: 3}}", "#/delivery/retry/max_age"},
                                    {"records: {redact: [metadata]}", "#/records/redact"},
                                    {"records: {add: [everything]}", "#/records/add"},
                                    {"records: {sample: {rate: 2}}", "#/records/sample/rate"},
                                    {"costs: {budgets: [{per: year, usd: 3}]}", "#/costs/budgets"},
                                    {"socket: 3", "#/socket"}}) {
    EXPECT_TRUE(wrong(yaml).starts_with(place)) << yaml << ": " << wrong(yaml);
  }
}

TEST_F(Schema, LeavesOtherSpellingsAlone) {
  for (const std::string yaml :
       {"delivery: {retry: {max_age: 0}}", "delivery: {retry: {max_age: 7d}}", "metrics: {listen: }", "socket:",
        "api: {http_version: 1.1}", "api: {http_version: \"2\"}", "socket: {mode: 0660}", "socket: {group: 1000}",
        "records: {prices: /etc/respand/prices.yaml}", "records: {sample: {keep_errors: true}}",
        "costs: {budgets: [{match: {customer: acme}, per: day, usd: 50}, {per: month, usd: 2000.50}]}",
        "delivery: {workers: \"${WORKERS:-2}\"}"}) {
    EXPECT_EQ(wrong(yaml), "") << yaml;
  }
}

}  // namespace
}  // namespace respand::config
