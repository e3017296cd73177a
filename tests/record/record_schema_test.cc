// The JSON Schema of a record, held against the code that reads records: what the one names the other reads, and what
// is of a wrong type for the one is so for the other.

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include "record/record_fields.h"
#include "record/sdk_payload.h"
#include "record/usage_names.h"
#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/record_schema.h"
#include "tests/record/samples.h"

namespace respand::record {
namespace {

constexpr std::array kCountedValues{Missing::kCostValue, Missing::kGenerationTimeValue, Missing::kTokensValue,
                                    Missing::kUnitPriceValue};

// RapidJSON reads sixteen bytes at a time, also beyond the end.
rapidjson::Document parsed_exactly(std::string json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseFullPrecisionFlag>(json.append(32, '\0').c_str());
  EXPECT_FALSE(document.HasParseError()) << json;
  return document;
}

class RecordSchema : public testing::Test {
 protected:
  [[nodiscard]] bool takes(const std::string& record) const {
    rapidjson::SchemaValidator validator(schema_);
    return parsed_exactly(record).Accept(validator);
  }
  // Which values of a record are counted as wrong, of a record that is accepted.
  MissingSet wrong_in(const std::string& record) {
    const ParsedRecord parsed = parser_.parse(record);
    EXPECT_TRUE(parsed.ok) << record;
    return parsed.ok ? enricher_.enrichment(parsed.fields).missing : MissingSet();
  }
  bool counts_as_wrong(const std::string& record) {
    const MissingSet missing = wrong_in(record);
    return std::any_of(kCountedValues.begin(), kCountedValues.end(),
                       [&missing](Missing reason) { return missing.has(reason); });
  }
  // Whether the parser notes anything of a record but its bytes.
  bool is_read(const std::string& record) {
    const RecordFields& fields = parser_.parse(record).fields;
    const bool field = std::any_of(kRecordFields.begin(), kRecordFields.end(), [&fields](const RecordField& each) {
      return each.view != nullptr && !(fields.*each.view).empty();
    });
    return field || fields.raw != nullptr || fields.usage_fields != nullptr || fields.has_prompt ||
           fields.has_completion || fields.has_tools || fields.has_tool_calls || fields.has_parameters != 0;
  }
  [[nodiscard]] const rapidjson::Value& properties_of(std::string_view definition) const {
    const rapidjson::Value& of = definition.empty() ? text_ : text_["definitions"][std::string(definition).c_str()];
    return of["properties"];
  }

  const rapidjson::Document text_ = parsed_exactly(record_schema());
  const rapidjson::SchemaDocument schema_{text_};
  SeededRandom random_{1};
  RecordParser parser_;
  Enricher enricher_{{}, random_};
};

TEST_F(RecordSchema, HasEveryFieldThatIsRead) {
  const rapidjson::Value& root = properties_of("");
  for (const RecordField& field : kRecordFields) {
    ASSERT_TRUE(root.HasMember(std::string(field.name).c_str())) << field.name;
    EXPECT_GT(root[std::string(field.name).c_str()]["description"].GetStringLength(), 10U) << field.name;
  }
  for (const RawName& name : kRawNames) {
    EXPECT_TRUE(root.HasMember(std::string(name.name).c_str())) << name.name;
  }
  for (const Parameter& parameter : kParameters) {
    EXPECT_TRUE(root.HasMember(std::string(parameter.name).c_str())) << parameter.name;
  }
  for (const UsageName& line : kUsageNames) {
    const std::string name(line.name);
    EXPECT_TRUE((line.in & bit(UsageNode::kRecord)) == 0 || root.HasMember(name.c_str())) << name;
    EXPECT_TRUE((line.in & bit(UsageNode::kUsage)) == 0 || properties_of("usage").HasMember(name.c_str())) << name;
    EXPECT_TRUE((line.in & bit(UsageNode::kOutputDetails)) == 0 ||
                properties_of("output_details").HasMember(name.c_str()))
        << name;
  }
}

TEST_F(RecordSchema, NamesNothingThatIsNotRead) {
  EXPECT_FALSE(is_read(R"({"team":"x","metadata":{"cost":1}})"));
  for (const auto& member : properties_of("").GetObject()) {
    const std::string name = member.name.GetString();
    const std::string value = name == "customer_params" ? R"({"customer_identifier":"acme"})" : R"("x")";
    EXPECT_TRUE(is_read(cat(R"({")", name, R"(":)", value, "}"))) << name;
  }
}

TEST_F(RecordSchema, NamesOfUsageAreThoseThatAreFound) {
  const std::vector<std::pair<std::string_view, UsageNode>> nodes = {{"answer", UsageNode::kAnswer},
                                                                     {"message", UsageNode::kMessage},
                                                                     {"usage", UsageNode::kUsage},
                                                                     {"input_details", UsageNode::kInputDetails},
                                                                     {"output_details", UsageNode::kOutputDetails},
                                                                     {"cache_split", UsageNode::kCacheSplit},
                                                                     {"cohere_meta", UsageNode::kCohereMeta},
                                                                     {"provider_metadata_of_one", UsageNode::kSdk}};
  for (const auto& [definition, node] : nodes) {
    for (const auto& member : properties_of(definition).GetObject()) {
      const std::string name = member.name.GetString();
      const bool own = node == UsageNode::kAnswer && name == "usage";
      EXPECT_TRUE(own || find_usage_name(node, name, '1') != nullptr) << definition << ": " << name;
    }
  }
  for (const char* const spelled : {"prompt_tokens", "promptTokens", "PromptTokens"}) {
    EXPECT_TRUE(properties_of("usage").HasMember(spelled)) << spelled;
  }
}

TEST_F(RecordSchema, TakesUsualRecordsOfManyShapes) {
  for (const std::string& record :
       {usual_record(), long_record(100'000), std::string("{}"),
        std::string(R"({"model":"m","cost":null,"generation_time":0,"usage":null,"anything":{"a":[1,"b"]}})"),
        std::string(
            R"({"model":"claude","usage":{"input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":1}}})"),
        std::string(R"({"usage":{"promptTokenCount":5,"promptTokensDetails":[{"modality":"TEXT","tokenCount":5}]}})"),
        std::string(R"({"usage":{"input":"Say hello","output":5,"cost":{"total_cost":0.5}}})"),
        std::string(R"({"usage":"{\"prompt_tokens\":5,\"completion_tokens\":1}","prompt_tokens":10.0})"),
        std::string(R"({"start_time":1790000000,"end_time":"2026-11-21T10:00:00Z","status_code":200})"),
        std::string(R"({"response":{"model":"m","usage":{"prompt_tokens":5}},"request":{"messages":[]}})")}) {
    EXPECT_TRUE(takes(record)) << record;
    EXPECT_FALSE(counts_as_wrong(record)) << record;
  }
}

// Each field, and each count in a usage, with values of all types: what is counted as wrong is underlined.
TEST_F(RecordSchema, RefusesWhatIsCountedAsWrong) {
  const std::array<std::string, 12> values = {"true", R"("x")", R"("5")", "-1",  "0.5", "1e13",
                                              "1e19", "2e6",    "[]",     "[5]", "{}",  R"({"a":1})"};
  std::map<std::string, std::size_t> refused;
  const auto look_at = [&](const std::string& where, const std::string& record) {
    if (counts_as_wrong(record)) {
      EXPECT_FALSE(takes(record)) << record;
      ++refused[where];
    }
  };
  for (const std::string& value : values) {
    for (const auto& member : properties_of("").GetObject()) {
      look_at(member.name.GetString(), cat(R"({"prompt_unit_price":0,"model":"m",")", member.name.GetString(), R"(":)",
                                           value, R"(,"usage":{"total_tokens":9}})"));
    }
    for (const auto& member : properties_of("usage").GetObject()) {
      look_at("usage", cat(R"({"model":"m","usage":{")", member.name.GetString(), R"(":)", value, "}}"));
    }
    for (const std::string of : {"input", "output"}) {
      for (const auto& member : properties_of(of + "_details").GetObject()) {
        look_at("details", cat(R"({"usage":{"prompt_tokens":9,")", of, R"(_tokens_details":{")",
                               member.name.GetString(), R"(":)", value, "}}}"));
      }
    }
  }
  for (const char* const field :
       {"cost", "generation_time", "latency", "prompt_unit_price", "completion_unit_price", "prompt_tokens"}) {
    EXPECT_GE(refused[field], 7U) << field;
  }
  EXPECT_GT(refused["usage"], 500U);
  EXPECT_GT(refused["details"], 100U);
}

TEST_F(RecordSchema, RefusesWhatCanNotBeRead) {
  for (const std::string record :
       {R"([])", R"({"model":5})", R"({"customer_identifier":[]})", R"({"customer_params":{"customer_identifier":7}})",
        R"({"status_code":"500"})", R"({"usage":5})", R"({"timestamp":true})", R"({"response":{"usage":[]}})"}) {
    EXPECT_FALSE(takes(record)) << record;
  }
}

// Every record that is written in the tests of this module.
TEST_F(RecordSchema, AgreesWithTheCodeOnTheRecordsOfItsTests) {
  static const std::regex kRaw(R"xx(R"\((\{[^\n]*?\})\)")xx");
  // A value is not read, and nothing is counted for it.
  const std::set<std::string> passed_over = {
      R"({"customer_identifier":17})",
      R"({"status_code":"500"})",
      R"({"trace_unique_id":17})",
      R"({"status_code":"x"})",
      R"({"response":null,"request":1})",
      R"({"response":{"model":1,"choices":{},"usage":[],"content":"text","output":"text","error":null}})",
      R"({"customer_params":{"customer_identifier":[1]}})",
      R"({"cost":1,"cost":{"a":1},"cost":2})",  // the last one counts; RapidJSON looks at each
      R"({"usage":[1]})",
      R"({"model":"m","usage":[{"prompt_tokens":1,"completion_tokens":1}]})"};
  std::size_t sound = 0;
  std::size_t wrong = 0;
  for (const auto& entry : std::filesystem::directory_iterator(RESPAND_SOURCE_DIR "/tests/record")) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".cc") || name.starts_with("otlp") || name == "record_schema_test.cc") {
      continue;
    }
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string all = text.str();
    for (std::sregex_iterator raw(all.begin(), all.end(), kRaw), end; raw != end; ++raw) {
      const std::string record = (*raw)[1].str();
      if (!parser_.parse(record).ok || record.find("e400") != std::string::npos) {  // RapidJSON takes no such number.
        continue;
      }
      const bool counted = counts_as_wrong(record);
      (counted ? wrong : sound) += 1;
      EXPECT_FALSE(counted && takes(record)) << record;
      EXPECT_TRUE(counted || takes(record) || passed_over.contains(record)) << entry.path() << ": " << record;
    }
  }
  EXPECT_GT(sound, 300U);
  EXPECT_GT(wrong, 5U);
}

}  // namespace
}  // namespace respand::record
