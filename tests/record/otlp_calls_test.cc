// Which spans of an export request are model calls, and what the ledger is told of them, in both forms of OTLP.

#include "respand/record/otlp_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"
#include "tests/record/otlp_samples.h"

namespace respand::record {
namespace {

using otlp::Attribute;
using otlp::count;
using otlp::json_of;
using otlp::protobuf_of;
using otlp::Span;
using otlp::text;
using testing::ElementsAre;
using testing::IsEmpty;

// In both forms, which are to say the same.
std::vector<std::string> calls(const std::vector<Span>& spans) {
  const std::string json = json_of(spans);
  RecordParser parser;
  EXPECT_TRUE(parser.parse(json).ok) << json;
  const std::vector<std::string> found = calls_in_otlp_json(json);
  EXPECT_EQ(calls_in_otlp_protobuf(protobuf_of(spans)), found);
  for (const std::string& call : found) {
    EXPECT_TRUE(parser.parse(call).ok) << call;
  }
  return found;
}

TEST(OtlpCalls, NamesOfTheSemanticConventionsNewAndOld) {
  const std::vector<std::string> expected{
      R"({"model":"gpt-4o","provider":"openai","usage":{"input_tokens":10,"output_tokens":5},"generation_time":1.250000000})"};
  EXPECT_EQ(calls({{"a",
                    "",
                    {text("gen_ai.request.model", "gpt-4o"), text("gen_ai.provider.name", "openai"),
                     count("gen_ai.usage.input_tokens", "10"), count("gen_ai.usage.output_tokens", "5")}}}),
            expected);
  EXPECT_EQ(calls({{"a",
                    "",
                    {text("gen_ai.response.model", "gpt-4o"), text("gen_ai.system", "openai"),
                     count("gen_ai.usage.prompt_tokens", "10"), count("gen_ai.usage.completion_tokens", "5")}}}),
            expected);
  EXPECT_EQ(calls({{"a",
                    "",
                    {text("llm.request.model", "gpt-4o"), text("llm.vendor", "openai"),
                     count("llm.usage.prompt_tokens", "10"), count("llm.usage.completion_tokens", "5")}}}),
            expected);
}

TEST(OtlpCalls, TheNewestNameCountsInWhateverOrder) {
  const Attribute old = count("gen_ai.usage.prompt_tokens", "1");
  const Attribute now = count("gen_ai.usage.input_tokens", "2");
  const Attribute model = text("gen_ai.request.model", "m");
  const auto expected = ElementsAre(R"({"model":"m","usage":{"input_tokens":2},"generation_time":1.250000000})");
  EXPECT_THAT(calls({{"a", "", {model, old, now}}}), expected);
  EXPECT_THAT(calls({{"a", "", {now, old, model}}}), expected);
}

TEST(OtlpCalls, CachesReasoningCostCustomerEnvironmentAndErrors) {
  EXPECT_THAT(calls({{"a",
                      "",
                      {text("gen_ai.request.model", "claude-sonnet-4-5"),
                       count("gen_ai.usage.input_tokens", "1000"),
                       count("gen_ai.usage.output_tokens", "100"),
                       count("gen_ai.usage.cache_read.input_tokens", "300"),
                       count("gen_ai.usage.cache_creation_input_tokens", "200"),
                       count("gen_ai.usage.reasoning_tokens", "40"),
                       {"gen_ai.usage.cost", "doubleValue", "0.0125"},
                       text("respan.customer_params.customer_identifier", "acme"),
                       text("respan.environment", "prod")},
                      5,
                      6,
                      2}}),
              ElementsAre(R"({"model":"claude-sonnet-4-5","customer_identifier":"acme","environment":"prod","usage":)"
                          R"({"input_tokens":1000,"output_tokens":100,"input_token_details":{"cache_read":300,)"
                          R"("cache_creation":200},"output_token_details":{"reasoning":40}},"cost":0.0125,)"
                          R"("generation_time":0.000000001,"status":"error"})"));
}

TEST(OtlpCalls, WhatTheRecordSaysIsUnderstoodByTheFiller) {
  SeededRandom random(1);
  Enricher enricher({}, random);
  RecordParser parser;
  const std::vector<std::string> found = calls(
      {{"a",
        "",
        {text("gen_ai.request.model", "claude-sonnet-4-5"), text("gen_ai.provider.name", "anthropic"),
         count("gen_ai.usage.input_tokens", "1000"), count("gen_ai.usage.output_tokens", "100"),
         count("gen_ai.usage.cache_read.input_tokens", "300"), count("gen_ai.usage.cache_creation.input_tokens", "200"),
         count("gen_ai.usage.reasoning_tokens", "40")}}});
  ASSERT_EQ(found.size(), 1U);
  const ParsedRecord parsed = parser.parse(found[0]);
  const UsageSummary& summary = enricher.enrichment(parsed.fields).summary;
  EXPECT_EQ(summary.tokens, (Tokens{1000, 100, 300, 200, 40}));
  EXPECT_EQ(summary.generation_time, std::chrono::milliseconds{1250});
}

TEST(OtlpCalls, WhatOnlyWrapsCallsIsNone) {
  const Attribute model = text("gen_ai.request.model", "m");
  const Attribute used = count("gen_ai.usage.input_tokens", "1");
  for (const char* const key : {"respan.entity.log_type", "traceloop.span.kind", "openinference.span.kind"}) {
    EXPECT_THAT(calls({{"a", "", {model, used, text(key, "workflow")}}}), IsEmpty()) << key;
    EXPECT_THAT(calls({{"a", "", {model, used, text(key, "AGENT")}}}), IsEmpty()) << key;
  }
  EXPECT_THAT(calls({{"a", "", {model, used, text("gen_ai.operation.name", "invoke_agent")}}}), IsEmpty());
  // A span above a call repeats what the call used, however far above it stands.
  EXPECT_EQ(calls({{"top", "", {model, used}}, {"between", "top", {}}, {"call", "between", {model, used}}}).size(), 1U);
  EXPECT_EQ(calls({{"call", "between", {model, used}}, {"between", "top", {}}, {"top", "", {model, used}}}).size(), 1U);
  EXPECT_EQ(calls({{"a", "top", {model, used}}, {"b", "top", {model, used}}}).size(), 2U);
  // Spans that are each other's parents end nothing.
  EXPECT_THAT(calls({{"a", "b", {model, used}}, {"b", "a", {model, used}}}), IsEmpty());
}

TEST(OtlpCalls, WithoutAModelOrAUseThereIsNone) {
  EXPECT_THAT(calls({{"a", "", {count("gen_ai.usage.input_tokens", "1")}}}), IsEmpty());
  EXPECT_THAT(calls({{"a", "", {text("gen_ai.request.model", "m")}}}), IsEmpty());
  // One that failed has used nothing.
  EXPECT_THAT(calls({{"a", "", {text("gen_ai.request.model", "m"), text("gen_ai.operation.name", "chat")}, 2, 1, 2}}),
              ElementsAre(R"({"model":"m","status":"error"})"));
}

TEST(OtlpCalls, OtherFormsOfTheSame) {
  EXPECT_THAT(
      calls_in_otlp_json(
          R"( {"resource_spans":[{"scope_spans":[{"spans":[{"span_id":"a","start_time_unix_nano":1,"end_time_unix_nano":)"
          R"(2000000001,"status":{"code":"STATUS_CODE_ERROR"},"attributes":[{"value":{"int_value":7},)"
          R"("key":"gen_ai.usage.input_tokens"},{"key":"gen_ai.request.model","value":{"string_value":"m"}},)"
          R"({"key":"gen_ai.usage.output_tokens","value":{"stringValue":"many"}},{"key":"x","value":null},{}]}]}]}]} )"),
      ElementsAre(R"({"model":"m","usage":{"input_tokens":7},"generation_time":2.000000000,"status":"error"})"));
  for (const char* const other :
       {"{}", R"({"resourceSpans":7})", R"({"resourceSpans":{"a":[1]}})", R"({"resourceSpans":[1,"a",null,[]]})",
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[3,{"attributes":{"a":1},"status":"x","spanId":4}]}]}]})"}) {
    EXPECT_THAT(calls_in_otlp_json(other), IsEmpty()) << other;
  }
}

TEST(OtlpCalls, BrokenProtobufIsPassedOver) {
  const std::string whole =
      protobuf_of({{"a", "", {text("gen_ai.request.model", "m"), count("gen_ai.usage.input_tokens", "1")}}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_LE(calls_in_otlp_protobuf(std::string_view(whole).substr(0, size)).size(), 1U);
  }
  SeededRandom random(20261128);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = whole;
    bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    for (const std::string& call : calls_in_otlp_protobuf(bytes)) {
      RecordParser parser;
      EXPECT_TRUE(parser.parse(call).ok) << call;
    }
  }
}

TEST(OtlpCalls, SpansOfRespansOwnFormSayWhatTheyAre) {
  EXPECT_TRUE(wraps_calls(R"({"log_type":"workflow","model":"m"})"));
  EXPECT_TRUE(wraps_calls(R"( {"model":"m", "log_type" : "Agent"} )"));
  EXPECT_FALSE(wraps_calls(R"({"log_type":"generation"})"));
  EXPECT_FALSE(wraps_calls(R"({"input":"log_type workflow"})"));
  EXPECT_FALSE(wraps_calls("{}"));
}

}  // namespace
}  // namespace respand::record
