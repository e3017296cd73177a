#include <gtest/gtest.h>

#include <string>

#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"

namespace respand::record {
namespace {

Additions only(bool timestamp) {
  return {.timestamp = timestamp, .custom_identifier = false, .generation_time = false};
}

struct Filled {
  std::string text;
  RecordFields fields;
  std::shared_ptr<const Rules> rules;
};

Filled filled_in(std::string_view record, std::string defaults, std::vector<std::string> redact = {},
                 bool timestamp = false) {
  Filled out;
  out.rules =
      std::make_shared<const Rules>(Rules::Settings{.redact = std::move(redact), .defaults = std::move(defaults)});
  RecordParser parser;
  parser.reconfigure(out.rules);
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << parsed.refusal.message;
  SeededRandom random(1);
  Enricher enricher(only(timestamp), random);
  out.text.resize(record.size() + enricher.enrichment(parsed.fields).growth);
  out.text.resize(enricher.fill(record, parsed.fields, WallTime{}, out.text.data()));
  out.fields = parsed.fields;
  out.fields.edits = {};
  EXPECT_TRUE(RecordParser().parse(out.text).ok) << out.text;
  return out;
}

std::string merged(std::string_view record, std::string defaults) {
  return filled_in(record, std::move(defaults)).text;
}

TEST(Defaults, WhereTheRecordLacksThem) {
  EXPECT_EQ(merged("{}", R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(merged(" { } ", R"({"a":1,"b":"x"})"), R"( { "a":1,"b":"x"} )");
  EXPECT_EQ(merged(R"({"b":2})", R"({"a":1,"b":"x","c":[1,{"d":null}]})"), R"({"b":2,"a":1,"c":[1,{"d":null}]})");
  EXPECT_EQ(merged(R"({"a":1})", "{}"), R"({"a":1})");
}

TEST(Defaults, NothingIsReplaced) {
  for (const std::string_view value : {"null", "0", "\"\"", "[]", "false", "{}"}) {
    const std::string record = cat(R"({"a":)", value, "}");
    EXPECT_EQ(merged(record, R"({"a":1})"), record);
    EXPECT_EQ(merged(record, R"({"a":[1]})"), record);
  }
  const std::string escaped = R"({"\u0061":0})";
  EXPECT_EQ(merged(escaped, R"({"a":1})"), escaped);
}

TEST(Defaults, ObjectsAreMergedOneLevelDeep) {
  const std::string host = R"({"metadata":{"host":"web-1","tags":{"x":1}}})";
  EXPECT_EQ(merged(R"({"metadata":{"release":"1"}})", host),
            R"({"metadata":{"release":"1","host":"web-1","tags":{"x":1}}})");
  EXPECT_EQ(merged(R"({"metadata": { } ,"z":1})", host), R"({"metadata": { "host":"web-1","tags":{"x":1}} ,"z":1})");
  EXPECT_EQ(merged(R"({"metadata":{"host":null,"tags":{"y":2}}})", host),
            R"({"metadata":{"host":null,"tags":{"y":2}}})");
  EXPECT_EQ(merged(R"({"metadata":{"h\u006fst":1,"a":{"tags":1}}})", host),
            R"({"metadata":{"h\u006fst":1,"a":{"tags":1},"tags":{"x":1}}})");
  EXPECT_EQ(merged(R"({"x":{"metadata":{}}})", host),
            R"({"x":{"metadata":{}},"metadata":{"host":"web-1","tags":{"x":1}}})");
  EXPECT_EQ(merged(R"({"a":{"x":{}},"b":{"y":1}})", R"({"a":{"p":1},"b":{"q":2},"c":{"r":3}})"),
            R"({"a":{"x":{},"p":1},"b":{"y":1,"q":2},"c":{"r":3}})");
  for (const std::string_view other : {"null", "[{}]", "\"{}\"", "1"}) {
    const std::string record = cat(R"({"metadata":)", other, "}");
    EXPECT_EQ(merged(record, host), record) << "a value of another type is left alone";
  }
}

TEST(Defaults, OfARepeatedNameTheLastOneCounts) {
  const std::string host = R"({"m":{"h":1}})";
  EXPECT_EQ(merged(R"({"m":{"h":2},"m":{}})", host), R"({"m":{"h":2},"m":{"h":1}})");
  EXPECT_EQ(merged(R"({"m":{},"m":{"h":2}})", host), R"({"m":{},"m":{"h":2}})");
  EXPECT_EQ(merged(R"({"m":{},"m":1})", host), R"({"m":{},"m":1})");
  EXPECT_EQ(merged(R"({"m":1,"m":{}})", host), R"({"m":1,"m":{"h":1}})");
}

TEST(Defaults, BesideMasks) {
  const std::string defaults = R"({"m":{"h":1},"n":2})";
  EXPECT_EQ(filled_in(R"({"m":{"k":"s"}})", defaults, {"/m"}).text, R"({"m":{},"n":2})");
  EXPECT_EQ(filled_in(R"({"m":{"k":"s","l":{"k":"s"}},"z":"s"})", defaults, {"/m/*", "/z"}).text,
            R"({"m":{"k":"[redacted]","l":{},"h":1},"z":"[redacted]","n":2})");
  EXPECT_EQ(filled_in("{}", defaults, {"/m", "/n"}).text, R"({"m":{"h":1},"n":2})") << "the operator's own";
}

TEST(Defaults, CountAsTheRecordsOwn) {
  const Filled out =
      filled_in(R"({"x":1})", R"({"timestamp":"2026-01-01T00:00:00Z","model":"m","cost":0.5})", {}, true);
  EXPECT_EQ(out.text, R"({"x":1,"timestamp":"2026-01-01T00:00:00Z","model":"m","cost":0.5})");
  EXPECT_EQ(out.fields.model, R"("m")");
  EXPECT_EQ(out.fields.cost, "0.5");
  const Filled added = filled_in("{}", R"({"model":"m"})", {}, true);
  EXPECT_TRUE(added.text.starts_with(R"({"model":"m","timestamp":")")) << added.text;
  EXPECT_EQ(filled_in(R"({"model":"own"})", R"({"model":"m"})").fields.model, R"("own")");
}

TEST(Defaults, AsManyAsThereMayBe) {
  std::string defaults = R"({"m":{"f0":0)";
  for (std::size_t i = 1; i < kMostDefaults; ++i) {
    defaults += cat(R"(,"f)", i, R"(":)", i);
  }
  defaults += "}";
  for (std::size_t i = 1; i < kMostDefaults; ++i) {
    defaults += cat(R"(,"g)", i, R"(":)", i);
  }
  defaults += "}";
  EXPECT_EQ(merged("{}", defaults), defaults);
  EXPECT_EQ(merged(defaults, defaults), defaults);
  const std::string some = merged(R"({"g63":"own","m":{"f63":"own"}})", defaults);
  EXPECT_TRUE(some.starts_with(R"({"g63":"own","m":{"f63":"own","f0":0,"f1":1,)")) << some;
  EXPECT_TRUE(some.ends_with(R"("g61":61,"g62":62})")) << some;
}

TEST(Defaults, NamesAndTextsOfAnyKind) {
  EXPECT_EQ(merged("{}", R"({"a\"}\u00e9":{"}":"{,\"","":[]}})"), R"({"a\"}\u00e9":{"}":"{,\"","":[]}})");
  EXPECT_EQ(merged(R"({"a\"}é":{"}":1}})", R"({"a\"}\u00e9":{"}":"{,\"","":[]}})"), R"({"a\"}é":{"}":1,"":[]}})");
}

}  // namespace
}  // namespace respand::record
