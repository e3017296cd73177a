// What masks do to a record, case by case; redaction_oracle_test.cc does it by the thousand.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"

namespace respand::record {
namespace {

constexpr Additions kNothing{.timestamp = false, .custom_identifier = false, .generation_time = false};

struct Outcome {
  std::string text;
  std::vector<std::string> rules;  // of the edits, in their order
  RecordFields fields;
};

Outcome outcome(std::string_view record, const Rules::Settings& settings) {
  RecordParser parser;
  const auto rules = std::make_shared<const Rules>(settings);
  parser.reconfigure(rules);
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << parsed.refusal.message;
  SeededRandom random(1);
  Enricher enricher(kNothing, random);
  Outcome out;
  out.text.resize(record.size() + enricher.enrichment(parsed.fields).growth);
  out.text.resize(enricher.fill(record, parsed.fields, WallTime{}, out.text.data()));
  for (const Edit& edit : parsed.fields.edits) {
    if (edit.rule != kNoRule) {
      out.rules.push_back(rules->names()[edit.rule]);
    }
  }
  out.fields = parsed.fields;
  EXPECT_TRUE(RecordParser().parse(out.text).ok) << out.text;
  return out;
}

std::string masked(std::string_view record, std::vector<std::string> pointers) {
  return outcome(record, {.redact = std::move(pointers)}).text;
}

std::string cleaned(std::string_view record) {
  return outcome(record, {.redact_text = {kDetectors.begin(), kDetectors.end()}}).text;
}

TEST(Redaction, TheMaskKeepsTheType) {
  for (const auto& [value, mask] :
       std::vector<std::pair<std::string, std::string>>{{R"("secret")", R"("[redacted]")"},
                                                        {R"("")", R"("[redacted]")"},
                                                        {R"("a\"}]\\")", R"("[redacted]")"},
                                                        {"12345", "0"},
                                                        {"-1.5e+300", "0"},
                                                        {"true", "false"},
                                                        {"false", "false"},
                                                        {"null", "null"},
                                                        {"{}", "{}"},
                                                        {R"({"a":{"b":[1]}, "c":"}"})", "{}"},
                                                        {"[ ]", "[]"},
                                                        {R"([{"a":"]"},[[]],1])", "[]"}}) {
    EXPECT_EQ(masked(cat(R"({"a": )", value, R"( ,"b":1})"), {"/a"}), cat(R"({"a": )", mask, R"( ,"b":1})"));
    EXPECT_EQ(masked(cat(R"({"x":[0, )", value, R"( ]})"), {"/x/1"}), cat(R"({"x":[0, )", mask, R"( ]})"));
  }
}

TEST(Redaction, Pointers) {
  const std::string record =
      R"({"a":{"b":"s","c":"s"},"l":["s",["s"],{"k":"s"}],"":"s","~":"s","/":"s","m~/n":"s","0":"s","-":"s"})";
  const auto only = [&](std::string_view from, std::string_view to) {
    std::string out = record;
    return out.replace(out.find(from), from.size(), to);
  };
  const std::string mask = R"("[redacted]")";
  EXPECT_EQ(masked(record, {"/a/b"}), only(R"("b":"s")", R"("b":)" + mask));
  EXPECT_EQ(masked(record, {"/a"}), only(R"({"b":"s","c":"s"})", "{}"));
  EXPECT_EQ(masked(record, {"/l/0"}), only(R"(["s",[)", "[" + mask + ",["));
  EXPECT_EQ(masked(record, {"/l/1/0"}), only(R"(["s"],)", "[" + mask + "],"));
  EXPECT_EQ(masked(record, {"/l/2/k"}), only(R"("k":"s")", R"("k":)" + mask));
  EXPECT_EQ(masked(record, {"/"}), only(R"("":"s")", R"("":)" + mask));
  EXPECT_EQ(masked(record, {"/~0"}), only(R"("~":"s")", R"("~":)" + mask));
  EXPECT_EQ(masked(record, {"/~1"}), only(R"("/":"s")", R"("/":)" + mask));
  EXPECT_EQ(masked(record, {"/m~0~1n"}), only(R"("m~/n":"s")", R"("m~/n":)" + mask));
  EXPECT_EQ(masked(record, {"/0"}), only(R"("0":"s")", R"("0":)" + mask));
  EXPECT_EQ(masked(record, {"/-"}), only(R"("-":"s")", R"("-":)" + mask));
  for (const std::string none : {"/b", "/a/b/c", "/a/", "/l/3", "/l/00", "/l/01", "/l/-", "/l/-1", "/l/k", "/A",
                                 "/l/1/1", "/l/18446744073709551616", "/~0~0", "/a/d/*"}) {
    EXPECT_EQ(masked(record, {none}), record) << none;
  }
}

TEST(Redaction, AnyMemberAnyElement) {
  EXPECT_EQ(masked(R"({"m":[{"c":"1","d":"1"},{"c":"2"},"x"],"c":"3"})", {"/m/*/c"}),
            R"({"m":[{"c":"[redacted]","d":"1"},{"c":"[redacted]"},"x"],"c":"3"})");
  EXPECT_EQ(masked(R"({"h":{"a":"1","b":{"x":1}},"*":{"a":2}})", {"/h/*"}),
            R"({"h":{"a":"[redacted]","b":{}},"*":{"a":2}})");
  EXPECT_EQ(masked(R"({"a":1,"b":{"c":[]},"c":[1]})", {"/*"}), R"({"a":0,"b":{},"c":[]})");
  EXPECT_EQ(masked(R"({"a":[[1,2],[3]],"b":[[4]]})", {"/a/*/*"}), R"({"a":[[0,0],[0]],"b":[[4]]})");
  EXPECT_EQ(masked(R"({"a":{"k":"s","x":{"k":"s"}},"b":{"k":"s"}})", {"/*/k", "/a/x/*"}),
            R"({"a":{"k":"[redacted]","x":{"k":"[redacted]"}},"b":{"k":"[redacted]"}})");
}

TEST(Redaction, TheOuterMaskWinsAndIsCountedOnce) {
  const Outcome out = outcome(R"({"a":{"b":"s"},"c":1})", {.redact = {"/a/b", "/a", "/c", "/*"}});
  EXPECT_EQ(out.text, R"({"a":{},"c":0})");
  EXPECT_THAT(out.rules, testing::ElementsAre("/a", "/c"));
}

TEST(Redaction, RepeatedAndEscapedNames) {
  EXPECT_EQ(masked(R"({"k":"1","k":"2","k":{"k":"3"}})", {"/k"}), R"({"k":"[redacted]","k":"[redacted]","k":{}})");
  EXPECT_EQ(masked(R"({"\u006b":"1","\u006B":2,"k\u0000":3})", {"/k"}),
            R"({"\u006b":"[redacted]","\u006B":0,"k\u0000":3})");
  EXPECT_EQ(masked(R"({"a\/b":"1","x":{"\u00e9":"1"}})", {"/a~1b", "/x/é"}),
            R"({"a\/b":"[redacted]","x":{"\u00e9":"[redacted]"}})");
}

TEST(Redaction, DeepNesting) {
  std::string pointer;
  std::string open;
  std::string close;
  for (std::uint32_t depth = 1; depth < kMaxDepth; ++depth) {
    pointer += "/a";
    open += R"({"a":)";
    close += "}";
  }
  const std::string record = cat(open, R"({"k":"s"})", close);
  EXPECT_EQ(masked(record, {pointer + "/k"}), cat(open, R"({"k":"[redacted]"})", close));
  EXPECT_EQ(masked(record, {pointer}), cat(open, "{}", close));
  EXPECT_EQ(masked(record, {pointer + "/k/x"}), record);
}

// Masks grow a record by a bounded amount, and by none beyond: nothing is left unmasked for that.
TEST(Redaction, ShortMasksWhereManyWouldGrowTheRecord) {
  constexpr std::size_t kLong = 12;  // bytes of "[redacted]"
  const std::size_t fit = kMaxMaskGrowth / (kLong - 3);
  std::string record = R"({"x":[)";
  std::string expected = record;
  for (std::size_t i = 0; i < fit + 100; ++i) {
    record += i == 0 ? R"("s")" : R"(,"s")";
    expected += cat(i == 0 ? "" : ",", i < fit ? R"("[redacted]")" : R"("")");
  }
  const Outcome out = outcome(record + R"(,true,"a longer text than the mask"]})", {.redact = {"/x/*"}});
  EXPECT_EQ(out.text, expected + (kMaxMaskGrowth % (kLong - 3) > 0 ? ",false" : ",null") + R"(,"[redacted]"]})");
  EXPECT_LE(out.text.size(), record.size() + 40 + kMaxMaskGrowth);
}

TEST(Redaction, MoreMasksThanCanBeKeptAreRefused) {
  for (const std::size_t values : {kMostEdits, kMostEdits + 1}) {
    std::string record = R"({"x":[)";
    for (std::size_t i = 0; i < values; ++i) {
      record += i == 0 ? "1" : ",1";
    }
    record += "]}";
    RecordParser parser;
    parser.reconfigure(std::make_shared<const Rules>(Rules::Settings{.redact = {"/x/*"}}));
    const ParsedRecord parsed = parser.parse(record);
    EXPECT_EQ(parsed.ok, values == kMostEdits);
    if (!parsed.ok) {
      EXPECT_EQ(parsed.refusal.reason, Reason::kTooLarge);
      EXPECT_EQ(parsed.refusal.message, "more than 524288 values to mask, as records.redact says");
    }
  }
}

TEST(Redaction, TheFactsShowWhatTheRecordWillHold) {
  const std::string record =
      R"({"model":"m","customer_params":{"customer_identifier":"ann"},"start_time":"x","cost":2})";
  const RecordFields fields = outcome(record, {.redact = {"/customer_params", "/start_time", "/cost"}}).fields;
  EXPECT_EQ(fields.customer_identifier, "");
  EXPECT_EQ(fields.start_time, R"("[redacted]")");
  EXPECT_EQ(fields.cost, "0");
  EXPECT_EQ(fields.model, R"("m")");
  EXPECT_EQ(outcome(record, {.redact = {"/customer_params/*"}}).fields.customer_identifier, R"("[redacted]")");
}

TEST(Redaction, TextBeneathPromptsAndAnswersOnly) {
  for (const std::string field : {"input", "output", "prompt_messages", "messages", "completion_message",
                                  "completion_messages", "request", "response", "full_request", "full_response",
                                  "tool_calls", "prompt", "completion", "variables", "error_message", "warnings"}) {
    EXPECT_EQ(cleaned(cat(R"({")", field, R"(":"to a@b.co!","n":"a@b.co"})")),
              cat(R"({")", field, R"(":"to [email]!","n":"a@b.co"})"));
    EXPECT_EQ(cleaned(cat(R"({")", field, R"(":[{"x":{"y":["a@b.co",1,null]}},"a@b.co"],"n":["a@b.co"]})")),
              cat(R"({")", field, R"(":[{"x":{"y":["[email]",1,null]}},"[email]"],"n":["a@b.co"]})"));
  }
  const std::string other = R"({"customer_email":"a@b.co","metadata":{"input":"a@b.co"},"a@b.co":1})";
  EXPECT_EQ(cleaned(other), other);
  EXPECT_EQ(cleaned(R"({"i\u006eput":"a@b.co"})"), R"({"i\u006eput":"[email]"})");
}

TEST(Redaction, TextIsMatchedAsItIsMeant) {
  EXPECT_EQ(cleaned(R"({"input":"\u0061\u0040b.c\u006f\n"})"), R"({"input":"[email]\n"})");
  EXPECT_EQ(cleaned(R"({"input":"\n\ta@b.co\""})"), R"({"input":"\n\t[email]\""})");
  EXPECT_EQ(cleaned(R"({"input":"Bearer abc\/def1\/\u002f"})"), R"({"input":"Bearer [bearer]"})");
  EXPECT_EQ(cleaned(R"({"input":"\ud83d\ude00a@b.co\ud83d\ude00"})"), R"({"input":"\ud83d\ude00[email]\ud83d\ude00"})");
  EXPECT_EQ(cleaned(R"({"input":"\u00e9a@b.co"})"), R"({"input":"[email]"})");
  EXPECT_EQ(cleaned(R"({"tool_calls":[{"function":{"arguments":"{\"to\":\"a@b.co\",\"b\":\"x\\ny@b.co\"}"}}]})"),
            R"({"tool_calls":[{"function":{"arguments":"{\"to\":\"[email]\",\"b\":\"x\\n[email]\"}"}}]})");
  EXPECT_EQ(cleaned(R"({"input":"card 4111\u00201111 1111\u002d1111, key sk-abcdefghij\u0030123456789"})"),
            R"({"input":"card [credit_card], key [api_key]"})");
}

TEST(Redaction, AMaskedValueIsNotSearchedAsWell) {
  const Outcome out = outcome(R"({"input":"a@b.co","output":["a@b.co",{"k":"a@b.co"}]})",
                              {.redact = {"/input", "/output/1"}, .redact_text = {Detector::kEmail}});
  EXPECT_EQ(out.text, R"({"input":"[redacted]","output":["[email]",{}]})");
  EXPECT_THAT(out.rules, testing::ElementsAre("/input", "email", "/output/1"));
}

TEST(Redaction, ALongStringFullOfSecrets) {
  std::string text;
  std::string expected;
  while (text.size() < (std::size_t{8} << 20)) {
    text += R"(ann@example.com,\n)";
    expected += R"([email],\n)";
  }
  const std::string record = cat(R"({"input":")", text, R"("})");
  const std::string out = cleaned(record);
  EXPECT_TRUE(out == cat(R"({"input":")", expected, R"("})"));
  const std::string quiet = cat(R"({"input":")", std::string(std::size_t{20'000'000}, 'x'), R"("})");
  EXPECT_TRUE(cleaned(quiet) == quiet);
}

TEST(Redaction, NothingToFollowChangesNothing) {
  const std::string record = R"({"a":"a@b.co","input":"a@b.co"})";
  EXPECT_EQ(outcome(record, {}).text, record);
  RecordParser parser;
  parser.reconfigure(std::make_shared<const Rules>(Rules::Settings{.redact = {"/a"}}));
  EXPECT_EQ(parser.parse(record).fields.edits.size(), 1U);
  parser.reconfigure(nullptr);
  EXPECT_EQ(parser.parse(record).fields.edits.size(), 0U);
}

TEST(Redaction, ARefusalLeavesNothingBehind) {
  RecordParser parser;
  parser.reconfigure(
      std::make_shared<const Rules>(Rules::Settings{.redact = {"/a/b"}, .redact_text = {Detector::kEmail}}));
  EXPECT_FALSE(parser.parse(R"({"a":{"b":"s"},"input":["a@b.co",)").ok);
  const ParsedRecord parsed = parser.parse(R"({"b":"s","c":["a@b.co"]})");
  EXPECT_TRUE(parsed.ok);
  EXPECT_EQ(parsed.fields.edits.size(), 0U);
}

}  // namespace
}  // namespace respand::record
