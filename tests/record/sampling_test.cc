#include <gtest/gtest.h>

#include <string>

#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"

namespace respand::record {
namespace {

bool kept(std::string_view record, const Sampling& sample, std::string_view identifier = "trace-1",
          std::vector<std::string> redact = {}) {
  RecordParser parser;
  const auto rules = std::make_shared<const Rules>(Rules::Settings{.redact = std::move(redact), .sample = sample});
  parser.reconfigure(rules);
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << record;
  SeededRandom random(1);
  Enricher enricher({}, random);
  return rules->keeps(parsed.fields, enricher.enrichment(parsed.fields).summary, identifier);
}

// The values were worked out by another program (Python) from the words in rules.h: they hold on every host and for
// every version to come, or traces would be torn apart while a fleet is upgraded.
TEST(Sampling, PointsAreForEver) {
  EXPECT_EQ(sampling_point(""), 0x1.ea542bd3536bdp-1);
  EXPECT_EQ(sampling_point("a"), 0x1.605edfa40a100p-7);
  EXPECT_EQ(sampling_point("trace-1"), 0x1.b3f63dda4106cp-2);
  EXPECT_EQ(sampling_point("trace-2"), 0x1.160d78626494cp-3);
  EXPECT_EQ(sampling_point("trace-é"), 0x1.71b530ac84b88p-4);
}

TEST(Sampling, PointsAreEven) {
  constexpr int kAll = 100'000;
  int low = 0;
  int tenth[10] = {};
  for (int i = 0; i < kAll; ++i) {
    const double point = sampling_point(cat("trace-", i));
    ASSERT_TRUE(point >= 0 && point < 1);
    ++tenth[static_cast<int>(point * 10)];
    low += point < 0.001 ? 1 : 0;
  }
  for (const int n : tenth) {
    EXPECT_NEAR(n, kAll / 10, 400);  // more than four standard deviations
  }
  EXPECT_NEAR(low, 100, 45);
}

TEST(Sampling, ByTraceElseThreadElseIdentifier) {
  const Sampling half{.rate = 0.3};  // trace-2 (0.136) goes out, trace-1 (0.426) stays
  EXPECT_TRUE(
      kept(R"({"trace_unique_id":"trace-2","thread_identifier":"trace-1","custom_identifier":"trace-1"})", half));
  EXPECT_FALSE(
      kept(R"({"trace_unique_id":"trace-1","thread_identifier":"trace-2","custom_identifier":"trace-2"})", half));
  EXPECT_TRUE(kept(R"({"thread_identifier":"trace-2","custom_identifier":"trace-1"})", half));
  EXPECT_FALSE(kept(R"({"thread_identifier":"trace-1","custom_identifier":"trace-2"})", half));
  EXPECT_TRUE(kept(R"({"custom_identifier":"trace-2"})", half));
  EXPECT_FALSE(kept(R"({"custom_identifier":"trace-1"})", half));
  for (const std::string_view none : {"null", "\"\"", "{}", "[1]", "true"}) {
    EXPECT_TRUE(kept(cat(R"({"trace_unique_id":)", none, R"(,"thread_identifier":"trace-2"})"), half)) << none;
    EXPECT_FALSE(kept(cat(R"({"trace_unique_id":)", none, R"(,"thread_identifier":"trace-1"})"), half)) << none;
  }
  EXPECT_TRUE(kept(R"({"tr\u0061ce_unique_id":"\u0074race-2"})", half)) << "by what is meant, not by how it is written";
  EXPECT_EQ(kept(R"({"trace_unique_id":17})", half), sampling_point("17") < 0.3);
}

TEST(Sampling, AMaskedTraceIsStillOne) {
  const Sampling half{.rate = 0.3};
  const std::vector<std::string> masks{"/trace_unique_id", "/custom_identifier"};
  EXPECT_TRUE(kept(R"({"trace_unique_id":"trace-2"})", half, "trace-1", masks));
  EXPECT_FALSE(kept(R"({"trace_unique_id":"trace-1"})", half, "trace-2", masks));
  EXPECT_TRUE(kept(R"({"custom_identifier":"trace-1"})", half, "trace-2", masks)) << "by the next one";
  EXPECT_FALSE(kept(R"({"custom_identifier":"trace-2"})", half, "trace-1", masks));
}

TEST(Sampling, WithoutIdentifierByTheOneItIsGiven) {
  EXPECT_TRUE(kept("{}", {.rate = 0.3}, "trace-2"));
  EXPECT_FALSE(kept("{}", {.rate = 0.3}, "trace-1"));
}

TEST(Sampling, TheEndsOfTheRange) {
  EXPECT_TRUE(kept("{}", {.rate = 1}));
  EXPECT_FALSE(kept("{}", {.rate = 0}));
  EXPECT_TRUE(kept(R"({"trace_unique_id":"x"})", {.rate = 1}));
  EXPECT_FALSE(kept(R"({"trace_unique_id":"x"})", {.rate = 0}));
}

TEST(Sampling, FailedCallsGoOut) {
  for (const std::string_view failed : {R"({"status_code":400})", R"({"status_code":503.0})", R"({"status":"error"})",
                                        R"({"error_message":"it broke"})", R"({"status_code":200,"status":"error"})"}) {
    EXPECT_TRUE(kept(failed, {.rate = 0})) << failed;
    EXPECT_FALSE(kept(failed, {.rate = 0, .keep_errors = false})) << failed;
  }
  for (const std::string_view fine :
       {R"({"status_code":399})", R"({"status_code":200})", R"({"status":"success"})", R"({"error_message":""})",
        R"({"error_message":null})", R"({"status_code":"x"})"}) {
    EXPECT_FALSE(kept(fine, {.rate = 0})) << fine;
  }
}

TEST(Sampling, SlowCallsGoOut) {
  const Sampling slow{.rate = 0, .keep_slower_than = std::chrono::seconds{5}};
  EXPECT_TRUE(kept(R"({"generation_time":5.000001})", slow));
  EXPECT_FALSE(kept(R"({"generation_time":5})", slow));
  EXPECT_TRUE(kept(R"({"latency":6e0})", slow));
  EXPECT_TRUE(kept(R"({"start_time":"2026-11-21T10:00:00Z","end_time":"2026-11-21T10:00:05.001Z"})", slow));
  EXPECT_FALSE(kept(R"({"start_time":"2026-11-21T10:00:00Z","end_time":"2026-11-21T10:00:05Z"})", slow));
  EXPECT_FALSE(kept(R"({"generation_time":"9"})", slow));
  EXPECT_FALSE(kept(R"({"generation_time":99})", {.rate = 0}));
}

}  // namespace
}  // namespace respand::record
