#include "sink/options.h"

#include <gtest/gtest.h>

namespace respand::sink {
namespace {

TEST(ParseFail, TakesStatusesAndFaults) {
  const auto status = parse_fail("503:0.2");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->status, 503);
  EXPECT_EQ(status->fault, Fault::kNone);
  EXPECT_EQ(status->probability, 0.2);
  const auto always = parse_fail("reset");
  ASSERT_TRUE(always);
  EXPECT_EQ(always->fault, Fault::kReset);
  EXPECT_EQ(always->probability, 1);
  for (const Fault fault : {Fault::kReset, Fault::kClose, Fault::kHalf, Fault::kHang}) {
    EXPECT_EQ(parse_fail(std::string(name_of(fault)) + ":0")->fault, fault);
  }
  EXPECT_TRUE(parse_fail("200:1"));
  EXPECT_TRUE(parse_fail("599:1"));
}

TEST(ParseFail, RefusesTheRest) {
  for (const char* text : {"", ":", ":1", "199:1", "600:1", "503:", "503:-0.1", "503:1.01", "503:nan", "503:1x",
                           "none:1", "Reset:1", "503 :1", "-503:1", "503:0.1:0.1", "99999999999:1"}) {
    EXPECT_FALSE(parse_fail(text)) << text;
  }
}

TEST(ParseDelay, TakesOneOrTwo) {
  Rules rules;
  ASSERT_TRUE(parse_delay("50ms", rules));
  EXPECT_EQ(rules.delay_min, std::chrono::milliseconds{50});
  EXPECT_EQ(rules.delay_max, std::chrono::milliseconds{50});
  ASSERT_TRUE(parse_delay("20ms..2s", rules));
  EXPECT_EQ(rules.delay_min, std::chrono::milliseconds{20});
  EXPECT_EQ(rules.delay_max, std::chrono::seconds{2});
  for (const char* text : {"", "..", "50", "50ms..", "..50ms", "80ms..20ms", "1s..2s..3s"}) {
    EXPECT_FALSE(parse_delay(text, rules)) << text;
  }
  EXPECT_EQ(rules.delay_min, std::chrono::milliseconds{20});
}

TEST(ParseRetryAfter, TakesSecondsResetDateAndJson) {
  Rules rules;
  ASSERT_TRUE(parse_retry_after("7", rules));
  EXPECT_EQ(rules.retry_after, 7U);
  EXPECT_EQ(rules.retry_after_form, RetryAfterForm::kUsual);
  EXPECT_FALSE(rules.retry_after_reset);
  ASSERT_TRUE(parse_retry_after("date:30", rules));
  EXPECT_EQ(rules.retry_after, 30U);
  EXPECT_EQ(rules.retry_after_form, RetryAfterForm::kDate);
  ASSERT_TRUE(parse_retry_after("json:reset", rules));
  EXPECT_EQ(rules.retry_after_form, RetryAfterForm::kJson);
  EXPECT_TRUE(rules.retry_after_reset);
  EXPECT_TRUE(parse_retry_after("reset", rules));
  EXPECT_TRUE(parse_retry_after("604800", rules));
  for (const char* text : {"", "604801", "-1", "1.5", "1s", "date:", "json:0", "date:none", "Reset", "http:1"}) {
    EXPECT_FALSE(parse_retry_after(text, rules)) << text;
  }
  for (const char* text : {"none", "0"}) {
    ASSERT_TRUE(parse_retry_after(text, rules));
    EXPECT_EQ(rules.retry_after, 0U);
    EXPECT_FALSE(rules.retry_after_reset);
  }
}

TEST(ParseLimitHeaders, TakesOneOfThree) {
  EXPECT_EQ(*parse_limit_headers("none"), LimitHeaders::kNone);
  EXPECT_EQ(*parse_limit_headers("ratelimit"), LimitHeaders::kRateLimit);
  EXPECT_EQ(*parse_limit_headers("x-ratelimit"), LimitHeaders::kXRateLimit);
  for (const std::string_view wrong : {"", "RateLimit", "x"}) {
    EXPECT_FALSE(parse_limit_headers(wrong)) << wrong;
  }
}

TEST(ParseListen, TakesHostAndPort) {
  EXPECT_EQ(parse_listen("localhost:0")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen("[::1]:65535")->host, "::1");
  EXPECT_EQ(parse_listen("[::1]:65535")->port, 65535);
  for (const char* text :
       {"", ":", ":80", "localhost", "localhost:", "localhost:65536", "localhost:-1", "localhost:8x"}) {
    EXPECT_FALSE(parse_listen(text)) << text;
  }
}

TEST(CheckRules, SumsUpToOneAtMost) {
  Rules rules;
  rules.fail.assign(
      10, FailRule{.fault = Fault::kNone, .status = 500, .probability = 0.1});  // sums up to a little less than 1
  EXPECT_TRUE(check(rules));
  rules.fail.push_back({.fault = Fault::kReset, .status = 0, .probability = 0.001});
  EXPECT_FALSE(check(rules));
}

}  // namespace
}  // namespace respand::sink
