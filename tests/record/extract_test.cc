// Raw answers of the three shapes, and what the record lacks of them.

#include <gtest/gtest.h>

#include <string>

#include "record/sdk_payload.h"
#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/rules.h"

namespace respand::record {
namespace {

struct Extracted {
  std::string added;  // the members that were added, each with its comma in front
  Enrichment enrichment;
};

Extracted extracted(const std::string& record, const Rules::Settings& rules = {}) {
  RecordParser parser;
  parser.reconfigure(std::make_shared<const Rules>(rules));
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << record;
  SeededRandom random(1);
  Enricher enricher({.timestamp = false, .custom_identifier = false, .generation_time = false, .cost = false}, random);
  Extracted out{.added = {}, .enrichment = enricher.enrichment(parsed.fields)};
  out.enrichment.summary.model = out.enrichment.summary.provider = out.enrichment.summary.customer =
      out.enrichment.summary.environment = {};
  std::string text(record.size() + out.enrichment.growth, '\0');
  text.resize(enricher.fill(record, parsed.fields, WallTime{}, text.data()));
  EXPECT_TRUE(RecordParser().parse(text).ok) << text;
  if (rules == Rules::Settings{}) {
    EXPECT_TRUE(text.starts_with(record.substr(0, record.size() - 1))) << "what was written stays: " << text;
    out.added = text.substr(record.size() - 1, text.size() - record.size());
  } else {
    out.added = text;
  }
  return out;
}

std::string added(const std::string& record) { return extracted(record).added; }

const std::string kChatMembers =
    R"("request":{"model":"asked","messages":[{"role":"user","content":"Hi"}]},)"
    R"("response":{"id":"1","object":"chat.completion","model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":)"
    R"({"role":"assistant","content":"He\"llo"},"finish_reason":"stop"},{"index":1,"message":{"content":"no"}}],)"
    R"("usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}})";

TEST(Extract, ChatCompletion) {
  const Extracted out = extracted("{" + kChatMembers + "}");
  EXPECT_EQ(out.added,
            R"(,"model":"gpt-4o-2024-08-06","prompt_messages":[{"role":"user","content":"Hi"}],)"
            R"("completion_message":{"role":"assistant","content":"He\"llo"},)"
            R"("usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}})");
  EXPECT_EQ(out.enrichment.summary.tokens, (Tokens{.prompt = 9, .completion = 3, .cached_prompt = 4}));
  EXPECT_FALSE(out.enrichment.summary.error);
}

TEST(Extract, ToolCallsOfAChat) {
  EXPECT_EQ(
      added(
          R"({"model":"m","messages":[],"response":{"choices":[{"message":{"content":null,"tool_calls":[{"id":"a"}]}}]}})"),
      R"(,"completion_message":{"content":null,"tool_calls":[{"id":"a"}]},"tool_calls":[{"id":"a"}])");
}

TEST(Extract, Responses) {
  const Extracted out = extracted(
      R"({"full_request":{"model":"gpt-5","instructions":"Be brief","input":"Hi"},"full_response":{"object":"response",)"
      R"("model":"gpt-5-2025-08-07","error":null,"output":[{"type":"reasoning","summary":[]},{"type":"message","role":)"
      R"("assistant","content":[{"type":"output_text","text":"Hel"},{"type":"output_text","text":"lo\n"}]},)"
      R"({"type":"function_call","id":"x","call_id":"c1","name":"f","arguments":"{\"a\":1}"}],)"
      R"("usage":{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"cached_tokens":2},)"
      R"("output_tokens_details":{"reasoning_tokens":3}}}})");
  EXPECT_EQ(out.added,
            R"(,"model":"gpt-5-2025-08-07","prompt_messages":[{"role":"system","content":"Be brief"},)"
            R"({"role":"user","content":"Hi"}],"completion_message":{"role":"assistant","content":"Hello\n"},)"
            R"("tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}],)"
            R"("usage":{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"cached_tokens":2},)"
            R"("output_tokens_details":{"reasoning_tokens":3}})");
  EXPECT_EQ(out.enrichment.summary.tokens, (Tokens{.prompt = 10, .completion = 5, .cached_prompt = 2, .reasoning = 3}));
}

TEST(Extract, AnthropicMessages) {
  const Extracted out = extracted(
      R"({"request":{"model":"claude-sonnet-4-5","system":"Be brief","messages":[{"role":"user","content":"Hi"}]},)"
      R"("response":{"type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[{"type":"text",)"
      R"("text":"One. "},{"type":"text","text":"Two."},{"type":"tool_use","id":"t1","name":"f","input":{"q":"a\n\"b",)"
      "\n"
      R"("n":[1]}}],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7}}})");
  EXPECT_EQ(
      out.added,
      R"(,"model":"claude-sonnet-4-5-20250929","prompt_messages":[{"role":"system","content":"Be brief"},)"
      R"({"role":"user","content":"Hi"}],"completion_message":{"role":"assistant","content":"One. Two."},)"
      R"("tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":)"
      R"("{\"q\":\"a\\n\\\"b\",\n\"n\":[1]}"}}],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7})");
  EXPECT_EQ(out.enrichment.summary.tokens, (Tokens{.prompt = 15, .completion = 7, .cached_prompt = 5}));
}

TEST(Extract, ParametersOfTheRequest) {
  EXPECT_EQ(
      added(R"({"model":"m","request":{"temperature":0.70,"top_p":1e0,"max_tokens":5,"stop":["a"],"stream":false,)"
            R"("n":1,"tool_choice":"auto","response_format":{"type":"json_object"},"reasoning_effort":"low",)"
            R"("parallel_tool_calls":true,"seed":7,"user":"u"}})"),
      R"(,"temperature":0.70,"top_p":1e0,"max_tokens":5,"n":1,"stop":["a"],"stream":false,)"
      R"("parallel_tool_calls":true,"reasoning_effort":"low","response_format":{"type":"json_object"},)"
      R"("tool_choice":"auto")");
  EXPECT_EQ(added(R"({"model":"m","request":{"max_output_tokens":5,"tool_choice":{"type":"any"}}})"),
            R"(,"max_tokens":5,"tool_choice":{"type":"any"})");
  EXPECT_EQ(added(R"({"model":"m","full_request":{"stop_sequences":["x"],"thinking":{"type":"enabled"}}})"),
            R"(,"stop":["x"],"thinking":{"type":"enabled"})");
  EXPECT_EQ(added(R"({"model":"m","request":{"temperature":"hot","max_tokens":null,"stream":1,"tool_choice":[],)"
                  R"("stop":7,"response_format":"text","thinking":true}})"),
            "")
      << "of another type than the log's";
  EXPECT_EQ(added(R"({"model":"m","temperature":null,"stream":true,"request":{"temperature":1,"stream":false}})"), "");
}

TEST(Extract, ToolsOfTheRequest) {
  const std::string chat = R"([{"type":"function","function":{"name":"f"}}, {"type":"function","function":{}}])";
  EXPECT_EQ(added(R"({"model":"m","request":{"tools":)" + chat + "}}"), R"(,"tools":)" + chat);
  EXPECT_EQ(added(R"({"model":"m","request":{"tools":[]}})"), R"(,"tools":[])");
  EXPECT_EQ(added(R"({"model":"m","request":{"tools":[{"name":"f","description":"d","input_schema":{"type":"object"}},)"
                  R"({"type":"function","name":"g","parameters":{},"strict":true}]}})"),
            R"(,"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}},)"
            R"({"type":"function","function":{"name":"g","parameters":{}}}])");
  for (const char* const tools :
       {R"([{"type":"web_search"}])", R"([{"name":"f","input_schema":{}},{"type":"bash"}])",
        R"([{"type":"function","function":{}},{"name":"f","parameters":{}}])", R"("auto")", R"({})"}) {
    EXPECT_EQ(added(cat(R"({"model":"m","request":{"tools":)", tools, "}}")), "") << "not as the log has them";
  }
  EXPECT_EQ(added(R"({"model":"m","tools":null,"request":{"tools":[]}})"), "");
}

TEST(Extract, Errors) {
  const Extracted out = extracted(R"({"model":"m","response":{"error":{"message":"slow down","code":429}}})");
  EXPECT_EQ(out.added, R"(,"error_message":"slow down","status_code":429,"status":"error")");
  EXPECT_TRUE(out.enrichment.summary.error);
  EXPECT_EQ(added(R"({"model":"m","response":{"type":"error","error":{"type":"overloaded_error","message":"busy"}}})"),
            R"(,"error_message":"busy","status":"error")");
  EXPECT_EQ(added(R"({"model":"m","response":{"error":"broken"}})"), R"(,"error_message":"broken","status":"error")");
  EXPECT_EQ(
      added(R"({"model":"m","status_code":500,"error_message":"e","response":{"error":{"message":"x","code":"bad"}}})"),
      "");
}

TEST(Extract, WhatIsThereStays) {
  const std::string fields =
      R"("model":null,"prompt_messages":[],"completion_message":null,"usage":{},"tool_calls":null,)";
  EXPECT_EQ(added("{" + fields + kChatMembers + "}"), "");
  EXPECT_EQ(added("{" + kChatMembers + "," + fields.substr(0, fields.size() - 1) + "}"), "") << "in any order";
  EXPECT_EQ(added(R"({"model":"m","input":"x","output":"y","prompt_tokens":1,)" + kChatMembers + "}"), "");
}

TEST(Extract, TheFullOnesCountBeforeTheOthers) {
  const std::string full = R"("full_response":{"model":"full"})";
  const std::string short_one = R"("response":{"model":"short"})";
  EXPECT_EQ(added("{" + full + "," + short_one + "}"), R"(,"model":"full")");
  EXPECT_EQ(added("{" + short_one + "," + full + "}"), R"(,"model":"full")");
  EXPECT_EQ(added("{" + short_one + R"(,"response":{"model":"last"}})"), R"(,"model":"last")");
}

TEST(Extract, OtherShapesAddNothing) {
  for (const char* const record :
       {R"({"response":"text","request":"text"})", R"({"response":[{"model":"m"}]})",
        R"({"response":null,"request":1})",
        R"({"response":{"model":1,"choices":{},"usage":[],"content":"text","output":"text","error":null}})",
        R"({"response":{"choices":[]},"request":{"messages":"text"}})", R"({"response":{"x":{"model":"m"}}})",
        R"({"metadata":{"response":{"model":"m"}}})", R"({"response":{"content":[{"type":"text","text":1}]}})",
        R"({"response":{"output":[[{"type":"message"}],{"content":[[{"type":"output_text","text":"x"}]]}]}})"}) {
    EXPECT_EQ(added(record), "") << record;
  }
}

TEST(Extract, AnyNumberOfTextsAndToolCalls) {
  const auto answer = [](std::size_t parts) {
    std::string content;
    for (std::size_t i = 0; i < parts; ++i) {
      content +=
          cat(i == 0 ? "" : ",", R"({"type":"text","text":"x"},{"type":"tool_use","id":"i","name":"f","input":{}})");
    }
    return R"({"response":{"content":[)" + content + "]}}";
  };
  for (const std::size_t parts : {std::size_t{1}, SdkPayload::kKeptParts, 20 * SdkPayload::kKeptParts}) {
    const std::string out = added(answer(parts));
    EXPECT_TRUE(
        out.starts_with(R"(,"completion_message":{"role":"assistant","content":")" + std::string(parts, 'x') + "\"}"));
    std::size_t calls = 0;
    for (std::size_t at = 0; (at = out.find(R"("type":"function")", at)) != std::string::npos; ++at) {
      ++calls;
    }
    EXPECT_EQ(calls, parts);
  }
}

TEST(Extract, MasksHoldForCopiesToo) {
  const std::string record =
      R"({"response":{"content":[{"type":"text","text":"me@example.com, secret"},{"type":"tool_use","id":"t","name":"f","input":{"k":"secret"}}]},)"
      R"("request":{"messages":[{"content":"secret"}],"system":"secret"}})";
  for (const char* const pointer : {"/response", "/response/content/0/text", "/response/content/0"}) {
    const std::string text = extracted(record, {.redact = {pointer, "/response/content/1/input/k",
                                                           "/request/messages/*/content", "/request/system"}})
                                 .added;
    EXPECT_EQ(text.find("secret"), std::string::npos) << pointer << ": " << text;
  }
  const std::string text = extracted(record, {.redact = {"/x"}, .redact_text = {Detector::kEmail}}).added;
  EXPECT_EQ(text.find("me@"), std::string::npos) << text;
}

TEST(Extract, ARecordKnowsNothingOfTheOneBefore) {
  RecordParser parser;
  ASSERT_TRUE(parser.parse("{" + kChatMembers + "}").ok);
  EXPECT_EQ(parser.parse(R"({"model":"m"})").fields.raw, nullptr);
  const ParsedRecord second = parser.parse(R"({"response":{}})");
  ASSERT_NE(second.fields.raw, nullptr);
  EXPECT_TRUE(second.fields.raw->model.empty());
  EXPECT_EQ(second.fields.raw->choices, 0U);
}

}  // namespace
}  // namespace respand::record
