// Which spans of an export request are model calls, and what the ledger is told of them, in both forms of OTLP.

#include "respand/record/otlp_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "respand/base/protobuf_wire.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/record/check.h"
#include "respand/record/fill.h"

namespace respand::record {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Attribute {
  std::string key;
  std::string kind;   // stringValue, intValue or doubleValue
  std::string value;  // as JSON
};
struct Span {
  std::string id;
  std::string parent;
  std::vector<Attribute> attributes;
  std::uint64_t start = 1'700'000'000'000'000'000;
  std::uint64_t end = 1'700'000'001'250'000'000;
  int status = 0;
};

std::string json_of(const std::vector<Span>& spans) {
  std::string all;
  for (const Span& span : spans) {
    std::string attributes;
    for (const Attribute& one : span.attributes) {
      attributes += cat(attributes.empty() ? "" : ",", R"({"key":")", one.key, R"(","value":{")", one.kind,
                        "\":", one.kind == "intValue" ? cat("\"", one.value, "\"") : one.value, "}}");
    }
    all += cat(all.empty() ? "" : " , ", R"({"traceId":"00","spanId":")", span.id, R"(","parentSpanId":")", span.parent,
               R"(","startTimeUnixNano":")", span.start, R"(","endTimeUnixNano":")", span.end, R"(","attributes":[)",
               attributes, R"(],"status":{"code":)", span.status, "}}");
  }
  return cat(R"({"resourceSpans": [{"resource":{"attributes":[]},"scopeSpans":[{"scope":{},"spans":[)", all, "]}]}]}");
}

void put_fixed(std::string& out, std::uint64_t number, std::uint64_t value) {
  put_varint(out, number << 3U | 1U);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string any_of(const Attribute& one) {
  std::string any;
  if (one.kind == "intValue") {
    put_varint(any, 3U << 3U);
    put_varint(any, std::stoull(one.value));
  } else if (one.kind == "doubleValue") {
    const double value = std::stod(one.value);
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    put_fixed(any, 4, bits);
  } else {
    put_field(any, 1, std::string_view(one.value).substr(1, one.value.size() - 2));
  }
  return any;
}

std::string protobuf_of(const std::vector<Span>& spans) {
  std::string scope;
  for (const Span& span : spans) {
    std::string bytes;
    put_field(bytes, 2, span.id);
    put_field(bytes, 4, span.parent);
    put_fixed(bytes, 7, span.start);
    put_fixed(bytes, 8, span.end);
    for (const Attribute& one : span.attributes) {
      std::string pair;
      put_field(pair, 1, one.key);
      put_field(pair, 2, any_of(one));
      put_field(bytes, 9, pair);
    }
    std::string status;
    put_varint(status, 3U << 3U);
    put_varint(status, static_cast<std::uint64_t>(span.status));
    put_field(bytes, 15, status);
    put_field(scope, 2, bytes);
  }
  std::string resource;
  put_field(resource, 2, scope);
  std::string request;
  put_field(request, 1, resource);
  return request;
}

// In both forms, which are to say the same.
std::vector<std::string> calls(const std::vector<Span>& spans) {
  const std::string json = json_of(spans);
  Checker checker;
  EXPECT_TRUE(checker.check(json).ok) << json;
  const std::vector<std::string> found = calls_in_otlp_json(json);
  EXPECT_EQ(calls_in_otlp_protobuf(protobuf_of(spans)), found);
  for (const std::string& call : found) {
    EXPECT_TRUE(checker.check(call).ok) << call;
  }
  return found;
}

Attribute text(std::string key, std::string_view value) {
  return {std::move(key), "stringValue", cat("\"", value, "\"")};
}
Attribute count(std::string key, std::string_view value) { return {std::move(key), "intValue", std::string(value)}; }

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
  Filler filler({}, random);
  Checker checker;
  const std::vector<std::string> found = calls(
      {{"a",
        "",
        {text("gen_ai.request.model", "claude-sonnet-4-5"), text("gen_ai.provider.name", "anthropic"),
         count("gen_ai.usage.input_tokens", "1000"), count("gen_ai.usage.output_tokens", "100"),
         count("gen_ai.usage.cache_read.input_tokens", "300"), count("gen_ai.usage.cache_creation.input_tokens", "200"),
         count("gen_ai.usage.reasoning_tokens", "40")}}});
  ASSERT_EQ(found.size(), 1U);
  const Checked checked = checker.check(found[0]);
  const Account& account = filler.plan(checked.facts).account;
  EXPECT_EQ(account.tokens, (Tokens{1000, 100, 300, 200, 40}));
  EXPECT_EQ(account.generation_time, std::chrono::milliseconds{1250});
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
      Checker checker;
      EXPECT_TRUE(checker.check(call).ok) << call;
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
