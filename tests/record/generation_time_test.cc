// What is computed from the times of a record, and that nothing is where they do not tell.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "record/moment.h"
#include "respand/base/random.h"
#include "respand/record/enricher.h"

namespace respand::record {
namespace {

constexpr Additions kOnlyThis = {
    .timestamp = false, .custom_identifier = false, .generation_time = true, .cost = false};

std::string filled_in_time(const std::string& record, Additions additions = kOnlyThis) {
  RecordParser parser;
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << record;
  SeededRandom random(1);
  std::vector<char> block(record.size() + kMaxGrowth);
  Enricher enricher(additions, random);
  enricher.enrichment(parsed.fields);
  const std::size_t size = enricher.fill(record, parsed.fields, WallTime{}, block.data());
  EXPECT_LE(size, block.size());
  return {block.data(), size};
}

// The generation_time added to a record with these times; "" where none is.
std::string between(const std::string& start, const std::string& end) {
  const std::string head = R"({"start_time":)" + start + R"(,"end_time":)" + end;
  const std::string text = filled_in_time(head + "}");
  const std::string name = R"(,"generation_time":)";
  if (text == head + "}") {
    return "";
  }
  EXPECT_TRUE(text.starts_with(head + name)) << text;
  return text.substr(head.size() + name.size(), text.size() - head.size() - name.size() - 1);
}

struct TimeCase {
  const char* start;
  const char* end;
  const char* seconds;
};

TEST(GenerationTime, IsExact) {
  for (const auto& [start, end, seconds] : std::vector<TimeCase>{
           {R"("2026-11-21T10:00:00Z")", R"("2026-11-21T10:00:01.2Z")", "1.2"},
           {R"("2026-11-21T10:00:00.900000Z")", R"("2026-11-21T10:00:01.000001Z")", "0.100001"},
           {R"("2026-11-21T10:00:00.1Z")", R"("2026-11-21T10:00:00.3Z")", "0.2"},  // in binary: 0.19999999999999998
           {R"("2026-11-21T10:00:00Z")", R"("2026-11-21T10:00:00Z")", "0"},
           {R"("2026-11-21T10:00:00+01:00")", R"("2026-11-21T09:00:05Z")", "5"},  // 10:00 at +1 is 09:00 UTC
           {R"("2026-11-21T23:59:59-0530")", R"("2026-11-22T05:30:00Z")", "1"},   // 23:59:59 + 5:30 = 05:29:59
           {R"("2026-11-21T10:00:00+02")", R"("2026-11-21 08:00:02z")", "2"},
           {R"("2026-11-21T10:00Z")", R"("2026-11-21T10:01:00,5Z")", "60.5"},
           {R"("2024-02-28T23:59:59Z")", R"("2024-03-01T00:00:00Z")", "86401"},  // 29 February lies between
           {R"("2026-11-21T10:00:00.000000001Z")", R"("2026-11-21T10:00:00.000000003Z")", "0.000000002"},
           {R"("2026-11-21T10:00:00")", R"("2026-11-21T10:00:03")", "3"},  // both without offset
           {"1795304402", "1795304403.25", "1.25"},
           {"1795304402123", "1795304403456", "1.333"},         // ms: 1333 / 1000
           {"1795304402", "1795304402500", "0.5"},              // seconds, then milliseconds
           {"1795304402123.5", "1795304402123.75", "0.00025"},  // 0.25 ms
           {"1.795304402e9", "1795304402.1e0", "0.1"},
           {"1795255200", R"("2026-11-21T10:00:01Z")", "1"},               // 20778 days * 86400 + 36000 = 1795255200
           {"1795304402123456", "1795304402123457", "0.000001"},           // microseconds
           {"1795304402123456789", "1795304403123456790", "1.000000001"},  // nanoseconds, beyond 10^18
           {"1795304402", "1795304402500000", "0.5"},                      // each by its own size
           {"1795304402", "1795304402500000000", "0.5"},
           {R"("1795304402.25")", R"("1795304402500")", "0.25"},  // the text of a number
           {R"("1795304402123456789")", R"("1795304402123456790")", "0.000000001"},
           {R"("2026-11-21 10:00:00 UTC")", R"("2026-11-21T10:00:02Z")", "2"},
           {R"("2026-11-21 10:00:00.123456 UTC")", R"("2026-11-21 10:00:00.123457 GMT")", "0.000001"},
           {R"("Sat, 21 Nov 2026 10:00:00 GMT")", R"("Sat, 21 Nov 2026 10:00:01 +0000")", "1"},  // RFC 1123
           {R"("Saturday, 21-Nov-2026 10:00:00 GMT")", "1795255203", "3"},
           {R"("2026-11-21 10:00:00.5 +0000 UTC m=+0.000012345")", R"("2026-11-21 11:00:01.75 +0100 CET m=+1.25")",
            "1.25"},  // Go; the zone's name stands behind its offset
           {R"("2026-11-21 10:00:00.5 +0000 UTC m=+0.000012345")", R"("2026-11-21 11:00:01.75 +0100 +0100")", "1.25"},
           {R"("2026-11-21 10:00:00.5 +0000 UTC m=+0.000012345")", R"("2026-11-21 11:00:01.75 +0100")", "1.25"},
           {R"("Sat Nov 21 10:00:00 UTC 2026")", R"x("Sat Nov 21 2026 11:00:04 GMT+0100 (CET)")x", "4"},  // Java, JS
           {R"("2026-11-21T11:00:00.25+01:00[Europe/Berlin]")", R"("2026-11-21T10:00:01Z[UTC]")", "0.75"},
           {R"("20261121T100000Z")", R"("20261121T110000.5+0100")", "0.5"},  // basic ISO
           {R"("2026/11/21 10:00:00")", R"("2026-11-21T10:00:03")", "3"},    // both without offset
       }) {
    EXPECT_EQ(between(start, end), seconds) << start << " … " << end;
  }
}

TEST(GenerationTime, NothingIsInvented) {
  const std::string good = R"("2026-11-21T10:00:00Z")";
  for (const char* const bad : {"true",
                                "false",
                                "{}",
                                "[1795304402]",
                                R"("")",
                                R"("yesterday")",
                                R"("2026-11-21")",
                                R"("2026-13-01T10:00:00Z")",
                                R"("2026-02-29T10:00:00Z")",
                                R"("2026-11-21T24:00:00Z")",
                                R"("2026-11-21T10:60:00Z")",
                                R"("2026-11-21T10:00:61Z")",
                                R"("2026-11-21T10:00:00.Z")",
                                R"("2026-11-21T10:00:00Zz")",
                                R"("2026-11-21T10:00:00+1")",
                                R"("2026-11-21T10:00:00+24:00")",
                                R"("2026-11-21T10:00:00")",
                                R"("0001-01-01T00:00:00Z")",
                                "0",
                                "-1795304402",
                                "12.5",
                                "99999999",
                                "1e20",
                                R"("12.5")",
                                R"("2026-11-21T10:00:00 EST")",
                                R"("Sat, 21 Nov 2026 10:00:00 CET")",
                                R"("Sat, 31 Nov 2026 10:00:00 GMT")",
                                R"("21 Nov 2026")",
                                R"("10:00:00 GMT")",
                                R"("20261121T1000Z")",
                                "1e400",
                                R"("2026-11-21T10:00:00Z\u0000")"}) {
    EXPECT_EQ(between(good, bad), "") << bad;
    EXPECT_EQ(between(bad, good), "") << bad;
  }
  EXPECT_EQ(between("null", good), "");
  EXPECT_EQ(between(good, "null"), "");
  EXPECT_EQ(between(R"("2026-11-21T10:00:00Z")", R"("2026-11-21T09:59:59.999999Z")"), "") << "ends before it starts";
}

TEST(GenerationTime, TheTimestampIsTheEndWhereNoneIsGiven) {
  const std::string start = R"({"start_time":1795304402,)";
  EXPECT_EQ(filled_in_time(start + R"("timestamp":1795304404})"),
            start + R"("timestamp":1795304404,"generation_time":2})");
  EXPECT_EQ(filled_in_time(start + R"("end_time":null,"timestamp":1795304404})"),
            start + R"("end_time":null,"timestamp":1795304404,"generation_time":2})");
  const std::string wrong = start + R"("end_time":"soon","timestamp":1795304404})";
  EXPECT_EQ(filled_in_time(wrong), wrong);
}

TEST(GenerationTime, NeverFromATimeThatWasFilledIn) {
  EXPECT_EQ(filled_in_time(R"({"start_time":1795304402})", {}).find("generation_time"), std::string::npos);
  EXPECT_EQ(filled_in_time(R"({"end_time":1795304402})", {}).find("generation_time"), std::string::npos);
}

TEST(GenerationTime, WhatIsThereStays) {
  for (const char* const there : {R"("generation_time":9)", R"("latency":9)", R"("latency":"slow")"}) {
    const std::string record = std::string(R"({"start_time":1795304402,"end_time":1795304403,)") + there + "}";
    EXPECT_EQ(filled_in_time(record), record);
  }
  const std::string nested = R"({"metadata":{"start_time":1795304402,"end_time":1795304403}})";
  EXPECT_EQ(filled_in_time(nested), nested);
}

TEST(GenerationTime, ANullGivesWay) {
  const std::string times = R"({"start_time":1795304402,"end_time":1795304403)";
  EXPECT_EQ(filled_in_time(times + R"(,"generation_time":null})"), times + R"(,"generation_time":1})");
  EXPECT_EQ(filled_in_time(times + R"(,"latency" : null , "a":1})"), times + R"(,"latency" : 1 , "a":1})");
  EXPECT_EQ(filled_in_time(times + R"(,"latency":null,"generation_time":null})"),
            times + R"(,"latency":1,"generation_time":1})");
  EXPECT_EQ(filled_in_time(times + R"(,"latency":2,"generation_time":null})"),
            times + R"(,"latency":2,"generation_time":null})")
      << "it is there, under its other name";
  EXPECT_EQ(filled_in_time(R"({"generation_time":null})"), R"({"generation_time":null})") << "nothing is known";
}

TEST(GenerationTime, AnAnswerMayTellItself) {
  // Bedrock's Converse: 1234 ms. Ollama: 5,191,566,416 ns.
  EXPECT_EQ(filled_in_time(R"({"full_response":{"metrics":{"latencyMs":1234}}})"),
            R"({"full_response":{"metrics":{"latencyMs":1234}},"generation_time":1.234})");
  EXPECT_EQ(filled_in_time(R"({"total_duration":5191566416,"eval_count":298})"),
            R"({"total_duration":5191566416,"eval_count":298,"generation_time":5.191566416})");
  const std::string timed = R"({"start_time":1795304402,"end_time":1795304403,"metrics":{"latencyMs":1234})";
  EXPECT_EQ(filled_in_time(timed + "}"), timed + R"(,"generation_time":1})") << "the application's own times go before";
}

TEST(GenerationTime, OnlyWhereItIsAskedFor) {
  const std::string record = R"({"start_time":1795304402,"end_time":1795304403})";
  EXPECT_EQ(filled_in_time(record, {.timestamp = false, .custom_identifier = false, .generation_time = false}), record);
}

// With a fraction the usual way reads it, without one the way for all others.
TEST(GenerationTime, BothWaysOfReadingATimeAgree) {
  const std::string plain = "2026-11-21T10:00:59";
  std::size_t taken = 0;
  for (std::size_t at = 0; at < plain.size(); ++at) {
    for (int c = 0x20; c < 0x100; ++c) {
      std::string one = plain;
      one[at] = static_cast<char>(c);
      const std::string quick = "\"" + one + ".0\"";
      const std::string slow = "\"" + one + "\"";
      Decimal seconds;
      const Between both = seconds_between(slow, quick, seconds);
      ASSERT_EQ(seconds_between(quick, quick, seconds), both) << one;
      ASSERT_EQ(seconds_between(slow, slow, seconds), both) << one;
      ASSERT_TRUE(both == Between::kUnknown || seconds.digits == 0) << one;
      taken += both == Between::kKnown ? 1U : 0U;
    }
  }
  EXPECT_EQ(taken, 108U) << "by hand";
}

}  // namespace
}  // namespace respand::record
