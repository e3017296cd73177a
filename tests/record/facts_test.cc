#include <gtest/gtest.h>

#include "respand/record/record_parser.h"
#include "samples.h"

namespace respand::record {
namespace {

RecordFields facts_of(std::string_view text) {
  RecordParser parser;
  const ParsedRecord parsed = parser.parse(text);
  EXPECT_TRUE(parsed.ok) << parsed.refusal.message;
  return parsed.fields;
}

TEST(RecordFields, OfAUsualRecord) {
  const std::string record = usual_record();
  const RecordFields fields = facts_of(record);
  EXPECT_EQ(fields.model, R"("nextbit256/cydonia-2b")");
  EXPECT_EQ(fields.cost, "0.00141");
  EXPECT_EQ(fields.generation_time, "1.2837");
  EXPECT_EQ(fields.customer_identifier, R"("user_123")");
  EXPECT_EQ(fields.timestamp, "");
  EXPECT_EQ(fields.custom_identifier, "");
  EXPECT_EQ(fields.latency, "");
  EXPECT_EQ(fields.close, record.size() - 1);
  EXPECT_FALSE(fields.empty);
}

TEST(RecordFields, EveryFieldAsWritten) {
  const std::string_view text =
      R"( { "timestamp" : "2026-11-21T00:00:00Z" , "custom_identifier":"a\u0062", "generation_time":0.10,"latency":1e-7,"cost":-0,)"
      R"("model":null,"customer_identifier":true} )";
  const RecordFields fields = facts_of(text);
  EXPECT_EQ(fields.timestamp, R"("2026-11-21T00:00:00Z")");
  EXPECT_EQ(fields.custom_identifier, R"("a\u0062")");
  EXPECT_EQ(fields.generation_time, "0.10");
  EXPECT_EQ(fields.latency, "1e-7");
  EXPECT_EQ(fields.cost, "-0");
  EXPECT_EQ(fields.model, "null");
  EXPECT_EQ(fields.customer_identifier, "true");
  EXPECT_EQ(fields.close, text.size() - 2);
  EXPECT_GE(fields.timestamp.data(), text.data()) << "a view into the bytes given";
  EXPECT_LT(fields.timestamp.data(), text.data() + text.size());
}

TEST(RecordFields, TheProviderUnderEitherName) {
  EXPECT_EQ(facts_of(R"({"provider":"a","provider_id":"b"})").provider, R"("a")");
  EXPECT_EQ(facts_of(R"({"provider_id":"b","provider":null})").provider, R"("b")");
  EXPECT_EQ(facts_of(R"({"provider_id":"b"})").provider, R"("b")");
  EXPECT_EQ(facts_of(R"({"provider":null})").provider, "null");
}

TEST(RecordFields, NumbersAtEveryTurn) {
  for (const std::string_view number :
       {"0", "7", "-7", "-0", "10", "-10", "0.5", "-0.5", "12345678901234567890", "-1.25e-30", "1e400"}) {
    const std::string text =
        R"({"cost":)" + std::string(number) + R"(,"a":[-1,20,-300],"latency":)" + std::string(number) + "}";
    const RecordFields fields = facts_of(text);
    EXPECT_EQ(fields.cost, number);
    EXPECT_EQ(fields.latency, number);
  }
}

TEST(RecordFields, ObjectsAndArraysWhole) {
  const RecordFields fields =
      facts_of(R"({"cost":{"cost":1,"x":[{}]},"model":[ "a", ["b"] ],"latency":[],"timestamp":{},"a":2})");
  EXPECT_EQ(fields.cost, R"({"cost":1,"x":[{}]})");
  EXPECT_EQ(fields.model, R"([ "a", ["b"] ])");
  EXPECT_EQ(fields.latency, "[]");
  EXPECT_EQ(fields.timestamp, "{}");
}

TEST(RecordFields, OnlyTheOutermostObjectCounts) {
  const RecordFields fields = facts_of(
      R"({"metadata":{"cost":1,"model":"x","timestamp":1,"customer_identifier":"y","customer_params":{"customer_identifier":"z"}},)"
      R"("a":[{"latency":1,"generation_time":2,"custom_identifier":"c"}],"b":"cost","c":["model","x"]})");
  EXPECT_EQ(fields.cost, "");
  EXPECT_EQ(fields.model, "");
  EXPECT_EQ(fields.timestamp, "");
  EXPECT_EQ(fields.latency, "");
  EXPECT_EQ(fields.generation_time, "");
  EXPECT_EQ(fields.custom_identifier, "");
  EXPECT_EQ(fields.customer_identifier, "");
}

TEST(RecordFields, AValueIsNotAKey) {
  const RecordFields fields = facts_of(R"({"a":"cost","b":1,"cost":"model","c":2})");
  EXPECT_EQ(fields.cost, R"("model")");
  EXPECT_EQ(fields.model, "");
}

TEST(RecordFields, NamesOfTheSameLength) {
  const RecordFields fields = facts_of(
      R"({"Cost":1,"cosT":2,"models":3,"modem":4,"customer_identifies":5,"customer_paramz":{"customer_identifier":6},"":7})");
  EXPECT_EQ(fields.cost, "");
  EXPECT_EQ(fields.model, "");
  EXPECT_EQ(fields.customer_identifier, "");
}

TEST(RecordFields, TheLastOfARepeatedNameCounts) {
  EXPECT_EQ(facts_of(R"({"cost":1,"cost":{"a":1},"cost":2})").cost, "2");
  EXPECT_EQ(facts_of(R"({"cost":1,"cost":{"a":[1]}})").cost, R"({"a":[1]})");
  EXPECT_EQ(facts_of(R"({"customer_params":{"customer_identifier":"a"},"customer_params":{}})").customer_identifier,
            "");
  EXPECT_EQ(facts_of(R"({"customer_params":{"customer_identifier":"a"},"customer_params":null})").customer_identifier,
            "");
  EXPECT_EQ(
      facts_of(R"({"customer_params":{"customer_identifier":"a","customer_identifier":"b"}})").customer_identifier,
      R"("b")");
}

TEST(RecordFields, EscapedNamesAreTheNames) {
  EXPECT_EQ(facts_of(R"({"mo\u0064el":"x"})").model, R"("x")");
  EXPECT_EQ(facts_of(R"({"\u0063\u006f\u0073\u0074":5})").cost, "5");
  EXPECT_EQ(facts_of(R"({"customer_params":{"customer\u005Fidentifier":"u"}})").customer_identifier, R"("u")");
  EXPECT_EQ(facts_of(R"({"customer\u005fparams":{"customer_identifier":"u"}})").customer_identifier, R"("u")");
  std::string all_escaped;
  for (const char c : std::string_view("customer_identifier")) {
    constexpr std::string_view kHex = "0123456789abcdef";
    all_escaped.append("\\u00").append(1, kHex[static_cast<unsigned char>(c) >> 4]).append(1, kHex[c & 0xF]);
  }
  EXPECT_EQ(facts_of("{\"" + all_escaped + "\":1}").customer_identifier, "1");
  EXPECT_EQ(facts_of("{\"" + all_escaped + "\\u0000\":1}").customer_identifier, "");
  EXPECT_EQ(facts_of(R"({"cost\u0000":1,"\ncost":2,"co\\st":3})").cost, "");
}

TEST(RecordFields, Customer) {
  EXPECT_EQ(
      facts_of(R"({"customer_identifier":"a","customer_params":{"customer_identifier":"b"}})").customer_identifier,
      R"("a")");
  EXPECT_EQ(
      facts_of(R"({"customer_params":{"customer_identifier":"b"},"customer_identifier":"a"})").customer_identifier,
      R"("a")");
  EXPECT_EQ(facts_of(R"({"customer_params":{"x":{"customer_identifier":"c"},"customer_identifier":"b"}})")
                .customer_identifier,
            R"("b")");
  EXPECT_EQ(facts_of(R"({"customer_params":{"x":{"customer_identifier":"c"}}})").customer_identifier, "");
  EXPECT_EQ(facts_of(R"({"customer_params":[{"customer_identifier":"c"}]})").customer_identifier, "");
  EXPECT_EQ(facts_of(R"({"customer_params":"x","y":{"customer_identifier":"c"}})").customer_identifier, "");
  EXPECT_EQ(facts_of(R"({"customer_params":{"customer_identifier":[1]}})").customer_identifier, "[1]");
  EXPECT_EQ(
      facts_of(R"({"customer_identifier":null,"customer_params":{"customer_identifier":"b"}})").customer_identifier,
      R"("b")");
  EXPECT_EQ(facts_of(R"({"customer_identifier":null,"customer_params":{}})").customer_identifier, "null");
}

TEST(RecordFields, CloseAndEmpty) {
  for (const std::string_view text : {"{}", "{ }", " \n{\t} "}) {
    const RecordFields fields = facts_of(text);
    EXPECT_TRUE(fields.empty);
    EXPECT_EQ(fields.close, text.find('}'));
  }
  for (const std::string_view text : {R"({"a":{}})", R"({"a":"}"} )", R"({"a":[{"b":{}}]})"}) {
    const RecordFields fields = facts_of(text);
    EXPECT_FALSE(fields.empty);
    EXPECT_EQ(fields.close, text.rfind('}'));
  }
}

TEST(RecordFields, NothingIsLeftOfTheRecordBefore) {
  RecordParser parser;
  ASSERT_TRUE(parser.parse(usual_record()).ok);
  ASSERT_FALSE(parser.parse(R"({"cost":1,"customer_params":{"customer_identifier":"x")").ok);
  const ParsedRecord parsed = parser.parse(R"({"a":1})");
  ASSERT_TRUE(parsed.ok);
  EXPECT_EQ(parsed.fields.cost, "");
  EXPECT_EQ(parsed.fields.model, "");
  EXPECT_EQ(parsed.fields.customer_identifier, "");
}

}  // namespace
}  // namespace respand::record
