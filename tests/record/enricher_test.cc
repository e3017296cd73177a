#include "respand/record/enricher.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <set>
#include <string>
#include <vector>

#include "respand/base/text.h"
#include "samples.h"

namespace respand::record {
namespace {

const WallTime kReceived{std::chrono::microseconds{1'795'304'402'123'456}};

// Timestamp and identifier, with their commas.
constexpr std::size_t kUsualGrowth = 101;

// The record filled in, in a block of exactly the size that the header asks for.
std::string filled(std::string_view record, Additions additions = {}, WallTime received = kReceived) {
  RecordParser parser;
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << parsed.refusal.message;
  SeededRandom random(1);
  Enricher enricher(additions, random);
  std::vector<char> block(record.size() + kMaxGrowth);
  enricher.enrichment(parsed.fields);
  const std::size_t size = enricher.fill(record, parsed.fields, received, block.data());
  EXPECT_LE(size, block.size());
  return {block.data(), size};
}

rapidjson::Document document_of(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  EXPECT_FALSE(document.HasParseError()) << text;
  return document;
}

TEST(Fill, AddsBothBeforeTheBrace) {
  const std::string text = filled(R"({"a":1})");
  EXPECT_TRUE(text.starts_with(R"({"a":1,"timestamp":"2026-11-21T)")) << text;
  EXPECT_EQ(text.substr(6, 42), R"(,"timestamp":")" + iso8601(kReceived) + '"');
  EXPECT_EQ(text.substr(48, 22), R"(,"custom_identifier":")");
  EXPECT_TRUE(text.ends_with("\"}"));
  EXPECT_EQ(text.size(), 7 + kUsualGrowth);
}

TEST(Fill, KeepsWhatIsAroundTheBrace) {
  for (const std::string_view record : {"{}", "{ }", " {\n} \r\n", R"({"a":1})", "{\n  \"a\": 1\n}\n", R"({"a":"}"} )",
                                        "{\"a\":\n[1,\n2]}", R"({"a":{"b":{}}})"}) {
    const std::string text = filled(record);
    const std::size_t close = record.rfind('}');
    EXPECT_TRUE(text.starts_with(record.substr(0, close))) << text;
    EXPECT_TRUE(text.ends_with(record.substr(close))) << text;
    rapidjson::Document document = document_of(text);
    ASSERT_TRUE(document.IsObject() && document.HasMember("timestamp") && document.HasMember("custom_identifier"))
        << text;
    EXPECT_EQ(std::string(document["timestamp"].GetString()), iso8601(kReceived));
    EXPECT_EQ(document["custom_identifier"].GetStringLength(), kUuidSize);
    document.RemoveMember("timestamp");
    document.RemoveMember("custom_identifier");
    EXPECT_TRUE(document == document_of(std::string(record))) << "but for the additions it is the same";
    RecordParser parser;
    EXPECT_TRUE(parser.parse(text).ok);
  }
}

TEST(Fill, GrowsByAtMostTheBound) {
  EXPECT_EQ(filled("{}").size(), 2 + kUsualGrowth - 1) << "the first member needs no comma";
  EXPECT_EQ(filled(usual_record()).size(), usual_record().size() + kUsualGrowth);
  const WallTime last{std::chrono::microseconds{253'402'300'799'999'999}};  // 9999-12-31T23:59:59.999999Z
  EXPECT_EQ(filled(R"({"a":1})", {}, last).size(), 7 + kUsualGrowth);
}

TEST(Fill, WhatIsPresentStays) {
  for (const std::string_view value : {R"("2020-01-01T00:00:00Z")", "null", "17", "\"\"", "{}", "[1]", "false"}) {
    const std::string stamp = R"({"timestamp":)" + std::string(value) + "}";
    const std::string stamped = filled(stamp);
    EXPECT_TRUE(stamped.starts_with(stamp.substr(0, stamp.size() - 1) + R"(,"custom_identifier":")")) << stamped;
    EXPECT_EQ(stamped.find("timestamp", 5), std::string::npos);
    const std::string name = R"({"custom_identifier":)" + std::string(value) + "}";
    const std::string named = filled(name);
    EXPECT_EQ(named, name.substr(0, name.size() - 1) + R"(,"timestamp":")" + iso8601(kReceived) + "\"}");
  }
  const std::string both = R"( {"timestamp":1, "custom_\u0069dentifier":null} )";
  EXPECT_EQ(filled(both), both);
}

TEST(Fill, OnlyWhatIsAskedFor) {
  EXPECT_EQ(filled("{ }", {.timestamp = false, .custom_identifier = false, .generation_time = false}), "{ }");
  EXPECT_EQ(filled("{ }", {.timestamp = true, .custom_identifier = false}),
            R"({ "timestamp":")" + iso8601(kReceived) + "\"}");
  EXPECT_TRUE(filled("{}", {.timestamp = false, .custom_identifier = true}).starts_with(R"({"custom_identifier":")"));
}

TEST(Fill, ANestedFieldIsNotTheField) {
  const std::string text = filled(R"({"metadata":{"timestamp":1,"custom_identifier":2}})");
  const rapidjson::Document document = document_of(text);
  ASSERT_TRUE(document.IsObject());
  EXPECT_TRUE(document.HasMember("timestamp"));
  EXPECT_TRUE(document.HasMember("custom_identifier"));
}

TEST(Fill, TheIdentifierThatIsDrawnIsTheOneThatIsGiven) {
  SeededRandom random(1);
  Enricher enricher({}, random);
  RecordParser parser;
  std::string before;
  for (int i = 0; i < 3; ++i) {
    const ParsedRecord parsed = parser.parse("{}");
    std::string out(2 + enricher.enrichment(parsed.fields).growth, '\0');
    const std::string drawn(enricher.draw_identifier(kReceived));
    EXPECT_NE(drawn, before);
    EXPECT_EQ(enricher.draw_identifier(kReceived), drawn);
    out.resize(enricher.fill("{}", parsed.fields, kReceived, out.data()));
    EXPECT_NE(out.find(drawn), std::string::npos) << out;
    before = drawn;
  }
}

TEST(Fill, NumbersAndTextStayAsWritten) {
  const std::string record = R"({"a":0.10,"b":1e-7,"c":18446744073709551615,"d":1e400,"e":"\u00e9é","a":2})";
  EXPECT_TRUE(filled(record).starts_with(record.substr(0, record.size() - 1)));
}

std::string uuid(WallTime time, Random& random) {
  std::string out(kUuidSize, '\0');
  put_uuid_v7(time, random, out.data());
  return out;
}

// Gives the same bits for ever.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t bits) : bits_(bits) {}
  [[nodiscard]] std::uint64_t next() override { return bits_; }

 private:
  std::uint64_t bits_;
};

TEST(UuidV7, Layout) {
  FixedRandom ones(~std::uint64_t{0});
  FixedRandom zeros(0);
  // The time of RFC 9562's example (appendix A.6): 2022-02-22T19:22:22Z.
  const WallTime time{std::chrono::milliseconds{0x017F22E279B0}};
  EXPECT_EQ(uuid(time, ones), "017f22e2-79b0-7fff-bfff-ffffffffffff");
  EXPECT_EQ(uuid(time, zeros), "017f22e2-79b0-7000-8000-000000000000");
  EXPECT_EQ(uuid(time + std::chrono::microseconds{999}, zeros), "017f22e2-79b0-7000-8000-000000000000");
  EXPECT_EQ(uuid(time + std::chrono::microseconds{1000}, zeros), "017f22e2-79b1-7000-8000-000000000000");
  EXPECT_EQ(uuid(WallTime{}, zeros), "00000000-0000-7000-8000-000000000000");
  EXPECT_EQ(uuid(WallTime{std::chrono::seconds{-5}}, zeros), "00000000-0000-7000-8000-000000000000");
}

TEST(UuidV7, SortsByTimeAndDoesNotRepeat) {
  SeededRandom random(3);
  std::set<std::string> seen;
  std::string before;
  for (int ms = 0; ms < 2000; ++ms) {
    const std::string id = uuid(kReceived + std::chrono::milliseconds{ms}, random);
    EXPECT_LT(before, id);
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_TRUE(seen.insert(uuid(kReceived + std::chrono::milliseconds{ms}, random)).second)
        << "two in one millisecond";
    before = id;
  }
}

TEST(UuidV7, EveryRandomBitVaries) {
  SeededRandom random(4);
  for (std::size_t place = 15; place < kUuidSize; ++place) {
    std::set<char> seen;
    for (int i = 0; i < 400; ++i) {
      seen.insert(uuid(kReceived, random)[place]);
    }
    const std::size_t expected = place == 18 || place == 23 ? 1 : place == 19 ? 4 : 16;  // a dash, the variant, a digit
    EXPECT_EQ(seen.size(), expected) << place;
  }
}

}  // namespace
}  // namespace respand::record
