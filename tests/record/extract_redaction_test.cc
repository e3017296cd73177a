// Pointers of records.redact to fields that are extracted from raw answers, into them, and into the raw answers: what
// one of them marks is left nowhere. Random calls of every shape with random pointers, judged by RapidJSON's DOM of
// what comes out where no rule is followed. Seeds are fixed; a failure names its own.

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "pointer_paths.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"
#include "tests/support/sanitized.h"

namespace respand::record {
namespace {

using Value = rapidjson::Value;
using Path = std::vector<std::string>;

struct Sent {
  std::string text;
  std::string model;  // as the ledger counts it
};

Sent sent(const std::string& record, std::vector<std::string> redact) {
  RecordParser parser;
  parser.reconfigure(std::make_shared<const Rules>(Rules::Settings{.redact = std::move(redact)}));
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << record;
  SeededRandom random(1);
  Enricher enricher({.timestamp = false, .custom_identifier = false, .generation_time = false, .cost = false}, random);
  const Enrichment& enrichment = enricher.enrichment(parsed.fields);
  Sent out{.text = std::string(record.size() + enrichment.growth, '\0'),
           .model = std::string(enrichment.summary.model)};
  out.text.resize(enricher.fill(record, parsed.fields, WallTime{}, out.text.data()));
  EXPECT_TRUE(RecordParser().parse(out.text).ok) << out.text;
  return out;
}

// Raw calls in which every text is a secret of its own.
class Calls {
 public:
  explicit Calls(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_.next() % limit); }
  bool maybe() { return below(2) == 0; }

  std::string record() {
    const auto [request, response] = call();
    const bool full = maybe();
    const std::string asked = cat(full ? R"("full_request":)" : R"("request":)", request);
    const std::string answered = cat(full ? R"("full_response":)" : R"("response":)", response);
    const std::string own = maybe() ? cat(R"("metadata":{"k":)", secret(), "}") : R"("stream":false)";
    return maybe() ? cat("{", space(), asked, ",", space(), answered, space(), ",", own, "}")
                   : cat("{", own, ",", answered, space(), ",", asked, "}");
  }

 private:
  struct Call {
    std::string request;
    std::string response;
  };
  std::string space() { return std::string(below(2), " \n"[below(2)]); }
  // Nine characters, some written as escapes.
  std::string secret(bool with_escapes = true) {
    const std::string number = std::to_string(10'000'000 + next_++);
    std::string written = "\"S";
    for (const char c : number) {
      written += with_escapes && below(20) == 0 ? cat("\\u003", std::string_view(&c, 1)) : std::string(1, c);
    }
    return written + "\"";
  }
  // Members of one in some order are written now and then as escapes.
  std::string name(std::string_view plain) {
    return below(10) == 0 ? cat("\"\\u00", hex(plain.front()), plain.substr(1), "\":")
                          : cat("\"", plain, "\":", space());
  }
  static std::string hex(char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  std::string list(std::size_t most, const std::function<std::string()>& element) {
    std::string out = "[" + space();
    for (std::size_t left = below(most + 1); left > 0; --left) {
      out += element() + space() + (left > 1 ? "," + space() : "");
    }
    return out + "]";
  }
  std::string content() {
    return maybe() ? secret() : list(3, [&] { return cat(R"({"type":"text",)", name("text"), secret(), "}"); });
  }
  std::string messages() {
    return list(3, [&] { return cat("{", name("role"), "\"user\",", name("content"), content(), "}"); });
  }
  std::string chat_calls() {
    return list(2, [&] {
      return cat("{", name("id"), secret(), R"(,"type":"function",)", name("function"), "{", name("name"), secret(),
                 ",", name("arguments"), secret(), "}}");
    });
  }
  std::string counts() { return R"({"prompt_tokens":9,"completion_tokens":3,"note":)" + secret() + "}"; }

  std::string tools(bool chat) {
    const std::string schema = chat ? "parameters" : maybe() ? "parameters" : "input_schema";
    return list(2, [&] {
      const std::string inside = cat(name("name"), secret(), ",", name("description"), secret(), ",", name(schema),
                                     R"({"type":)", secret(), "}");
      return chat ? cat(R"({"type":"function",)", name("function"), "{", inside, "}}") : cat("{", inside, "}");
    });
  }
  std::string parameters() {
    return cat(name("stop"), maybe() ? secret() : cat("[", secret(), "]"), ",", name("tool_choice"),
               maybe() ? secret() : cat(R"({"type":)", secret(), "}"), R"(,"temperature":0.7,"stream":true)");
  }

  Call call() {
    const std::string model = cat(name("model"), secret(), maybe() ? cat(",", name("tools"), tools(maybe())) : "",
                                  maybe() ? "," + parameters() : "");
    switch (below(5)) {
      case 0:  // chat completions
        return {cat("{", model, ",", name("messages"), messages(), "}"),
                cat("{", name("model"), secret(), ",", name("choices"), "[{", name("message"), "{", name("role"),
                    "\"assistant\",", name("content"), content(),
                    maybe() ? cat(",", name("tool_calls"), chat_calls()) : "", "}}],", name("usage"), counts(), "}")};
      case 1:  // completions
        return {cat("{", model, ",", name("input"), maybe() ? secret() : messages(), "}"),
                cat("{", name("choices"), "[{", name("text"), secret(), "}],", name("usage"), counts(), "}")};
      case 2:  // responses
        return {cat("{", model, ",", name("instructions"), maybe() ? "null" : secret(), ",", name("input"),
                    maybe() ? secret() : messages(), "}"),
                cat("{", name("model"), secret(), ",", name("output"),
                    list(3, [&] { return maybe() ? responses_call() : responses_message(); }), ",", name("usage"),
                    counts(), "}")};
      case 3:  // messages
        return {cat("{", model, ",", name("messages"), messages(), ",", name("system"), content(), "}"),
                cat("{", name("content"), list(4, [&] { return maybe() ? tool_use() : text_block(); }), ",",
                    name("model"), secret(), ",", name("usage"), counts(), "}")};
      default:
        return {cat("{", name("messages"), messages(), ",", model, "}"),
                cat("{", name("error"),
                    maybe() ? secret() : cat("{", name("message"), secret(), ",", name("code"), "429}"), "}")};
    }
  }
  std::string text_block() { return cat("{", name("type"), "\"text\",", name("text"), secret(), "}"); }
  // The input becomes text, in which an escape stays one.
  std::string tool_use() {
    return cat("{", name("type"), "\"tool_use\",", name("id"), secret(), ",", name("name"), secret(), ",",
               name("input"), "{", name("q"), secret(false), R"(,"n":[)", secret(false), ",7]}}");
  }
  std::string responses_call() {
    return cat("{", name("type"), "\"function_call\",", name("call_id"), secret(), ",", name("name"), secret(), ",",
               name("arguments"), secret(), "}");
  }
  std::string responses_message() {
    return cat("{", name("type"), "\"message\",", name("content"),
               list(3, [&] { return cat("{", name("type"), "\"output_text\",", name("text"), secret(), "}"); }), "}");
  }

  SeededRandom random_;
  std::uint64_t next_ = 0;
};

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  EXPECT_FALSE(document.HasParseError()) << text;
  return document;
}

// Calls `visit` for each value with its path.
void walk(const Value& value, Path& path, const std::function<void(const Value&, const Path&)>& visit) {
  visit(value, path);
  if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      path.emplace_back(member.name.GetString(), member.name.GetStringLength());
      walk(member.value, path, visit);
      path.pop_back();
    }
  } else if (value.IsArray()) {
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
      path.push_back(std::to_string(i));
      walk(value[i], path, visit);
      path.pop_back();
    }
  }
}

std::set<std::string> secrets_in(const Value& value) {
  std::set<std::string> secrets;
  Path path;
  walk(value, path, [&](const Value& inner, const Path&) {
    const std::string text = inner.IsString() ? inner.GetString() : "";
    for (std::size_t at = 0; (at = text.find("S1", at)) != std::string::npos; at += 9) {
      secrets.insert(text.substr(at, 9));
    }
  });
  return secrets;
}

// What the pointers mark in what is sent where nothing is masked.
std::set<std::string> marked_texts(const Value& document, const std::vector<std::string>& pointers) {
  std::set<std::string> secrets;
  Path path;
  walk(document, path, [&](const Value& value, const Path& here) {
    for (const std::string& pointer : pointers) {
      if (!here.empty() && leads_to(pointer, here)) {
        secrets.merge(secrets_in(value));
      }
    }
  });
  return secrets;
}

std::vector<std::string> random_pointers(Calls& calls, const Value& document) {
  std::vector<Path> paths;
  Path path;
  walk(document, path, [&](const Value&, const Path& here) { paths.push_back(here); });
  std::vector<std::string> pointers;
  for (std::size_t left = 1 + calls.below(3); left > 0; --left) {
    std::string pointer;
    for (const std::string& step : paths[1 + calls.below(paths.size() - 1)]) {
      pointer += cat("/", calls.below(4) == 0 ? "*" : step);
    }
    pointers.push_back(pointer);
  }
  return pointers;
}

const Value* at(const Value& document, std::string_view raw, std::string_view name) {
  const auto outer = document.FindMember(std::string(raw).c_str());
  if (outer == document.MemberEnd() || !outer->value.IsObject()) {
    return nullptr;
  }
  const auto inner = outer->value.FindMember(std::string(name).c_str());
  return inner == outer->value.MemberEnd() ? nullptr : &inner->value;
}

rapidjson::Type kind_of(const Value& value) { return value.IsBool() ? rapidjson::kTrueType : value.GetType(); }

TEST(ExtractRedaction, WhatAPointerMarksIsLeftNowhere) {
  constexpr std::uint64_t kRecords = test::kSanitized ? 1'000 : 20'000;
  std::size_t total = 0;
  std::size_t left = 0;
  for (std::uint64_t seed = 1; seed <= kRecords; ++seed) {
    SCOPED_TRACE(seed);
    Calls calls(seed);
    const std::string record = calls.record();
    const rapidjson::Document plain = parsed(sent(record, {}).text);
    const std::vector<std::string> pointers = random_pointers(calls, plain);
    SCOPED_TRACE(cat(record, "\n", pointers.front(), " ", pointers.back()));
    const Sent out = sent(record, pointers);
    const rapidjson::Document masked = parsed(out.text);
    const std::set<std::string> secrets = marked_texts(plain, pointers);
    const std::set<std::string> remaining = secrets_in(masked);
    for (const std::string& secret : secrets) {
      ASSERT_FALSE(remaining.contains(secret)) << secret << " in " << out.text;
      ASSERT_EQ(out.model.find(secret), std::string::npos);
    }
    // The model is masked in the request as well, whichever of the two it was taken from.
    std::set<std::string> may_go = secrets;
    const bool masks_model = masked.HasMember("model") && std::string_view(masked["model"].GetString()) == "[redacted]";
    for (const std::string_view raw : {"request", "full_request", "response", "full_response"}) {
      if (const Value* const model = masks_model ? at(plain, raw, "model") : nullptr) {
        may_go.merge(secrets_in(*model));
      }
    }
    for (const std::string& secret : secrets_in(plain)) {
      ASSERT_TRUE(may_go.contains(secret) || remaining.contains(secret)) << secret << " is gone: " << out.text;
      left += remaining.count(secret);
    }
    // The mask keeps the type.
    for (const auto& member : masked.GetObject()) {
      ASSERT_TRUE(plain.HasMember(member.name));
      ASSERT_EQ(kind_of(plain[member.name]), kind_of(member.value));
    }
    total += secrets.size();
  }
  EXPECT_GT(total, kRecords);
  EXPECT_GT(left, kRecords);
}

const std::string kChatRecord =
    R"({"request":{"messages":[{"role":"user","content":"ask"}]},"response":{"model":"m","choices":[{"message":)"
    R"({"role":"assistant","content":"told","tool_calls":[{"id":"c"}]}}],"usage":{"prompt_tokens":9}}})";
const std::string kMessages =
    R"({"request":{"system":"sys","messages":[{"role":"user","content":"ask"}]},"response":{"content":)"
    R"([{"type":"text","text":"one"},{"type":"tool_use","id":"t","name":"f","input":{"q":"arg"}},)"
    R"({"type":"text","text":"two"}]}})";

std::string added_masked(const std::string& record, const char* pointer) {
  const std::string text = sent(record, {pointer}).text;
  return text.substr(text.rfind("}}") == std::string::npos ? 0 : text.find(R"(,"prompt_messages")"));
}

TEST(ExtractRedaction, TheCopyLooksAsTheRuleWouldLeaveIt) {
  EXPECT_EQ(
      sent(kChatRecord, {"/completion_message"}).text,
      R"({"request":{"messages":[{"role":"user","content":"ask"}]},"response":{"model":"m","choices":[{"message":{})"
      R"(}],"usage":{"prompt_tokens":9}},"model":"m","prompt_messages":[{"role":"user","content":"ask"}],)"
      R"("completion_message":{},"usage":{"prompt_tokens":9}})");
  EXPECT_EQ(
      sent(kChatRecord, {"/prompt_messages/*/content", "/model", "/tool_calls", "/usage"}).text,
      R"({"request":{"messages":[{"role":"user","content":"[redacted]"}]},"response":{"model":"[redacted]",)"
      R"("choices":[{"message":{"role":"assistant","content":"told","tool_calls":[]}}],"usage":{}},)"
      R"("model":"[redacted]","prompt_messages":[{"role":"user","content":"[redacted]"}],)"
      R"("completion_message":{"role":"assistant","content":"told","tool_calls":[]},"tool_calls":[],"usage":{}})");
  EXPECT_EQ(added_masked(kMessages, "/prompt_messages"),
            R"(,"prompt_messages":[],"completion_message":{"role":"assistant","content":"onetwo"},)"
            R"("tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"q\":\"arg\"}"}}]})");
  EXPECT_EQ(added_masked(kMessages, "/prompt_messages/0/content"),
            R"(,"prompt_messages":[{"role":"system","content":"[redacted]"},{"role":"user","content":"ask"}],)"
            R"("completion_message":{"role":"assistant","content":"onetwo"},)"
            R"("tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"q\":\"arg\"}"}}]})");
  EXPECT_EQ(added_masked(kMessages, "/*/*/function"),
            R"(,"prompt_messages":[{"role":"system","content":"sys"},{"role":"user","content":"ask"}],)"
            R"("completion_message":{"role":"assistant","content":"onetwo"},)"
            R"("tool_calls":[{"id":"t","type":"function","function":{"name":"[redacted]","arguments":"{}"}}]})");
  EXPECT_EQ(added_masked(kMessages, "/completion_message"),
            R"(,"prompt_messages":[{"role":"system","content":"sys"},{"role":"user","content":"ask"}],)"
            R"("completion_message":{},)"
            R"("tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"q\":\"arg\"}"}}]})");
  EXPECT_EQ(added_masked(kMessages, "/completion_message/content"),
            R"(,"prompt_messages":[{"role":"system","content":"sys"},{"role":"user","content":"ask"}],)"
            R"("completion_message":{"role":"assistant","content":"[redacted]"},)"
            R"("tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"q\":\"arg\"}"}}]})");
  EXPECT_EQ(sent(R"({"response":{"error":{"message":"why"}}})", {"/status", "/error_message"}).text,
            R"({"response":{"error":{"message":"[redacted]"}},"error_message":"[redacted]","status":"[redacted]"})");
}

// The field is the application's own: the pointer means that one, and another one the raw answer.
TEST(ExtractRedaction, WhereNothingIsExtractedTheRawAnswerIsAsThePointersSay) {
  EXPECT_EQ(sent(R"({"completion_message":{"content":"a"},"response":{"choices":[{"message":{"content":"b"}}]}})",
                 {"/completion_message/content"})
                .text,
            R"({"completion_message":{"content":"[redacted]"},"response":{"choices":[{"message":{"content":"b"}}]}})");
}

TEST(ExtractRedaction, PointersOfBothKindsAndDetectorsMeet) {
  const std::string record = R"({"response":{"choices":[{"message":{"content":"me@example.com told","x":1}}]}})";
  RecordParser parser;
  parser.reconfigure(std::make_shared<const Rules>(Rules::Settings{
      .redact = {"/completion_message/content", "/response/choices/0/message/x"}, .redact_text = {Detector::kEmail}}));
  const ParsedRecord parsed = parser.parse(record);
  ASSERT_TRUE(parsed.ok);
  ASSERT_EQ(parsed.fields.edits.size(), 2U);
  EXPECT_EQ(parsed.fields.edits[0].rule, 0);
  EXPECT_EQ(parsed.fields.edits[0].replacement, R"("[redacted]")");
  EXPECT_EQ(parsed.fields.edits[1].rule, 1);
}

}  // namespace
}  // namespace respand::record
