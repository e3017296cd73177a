#include "http/rate_limit_headers.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "http/retry_after.h"

namespace respand::http {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kNow{seconds{1'790'000'000}};

RateLimitHint hint(std::initializer_list<std::string_view> lines) {
  RateLimitHeaders headers;
  for (const std::string_view line : lines) {
    headers.take(line);
  }
  return headers.read(kNow);
}
RateLimitHint hint(std::optional<double> limit, std::optional<Duration> window, std::optional<double> remaining,
                   std::optional<Duration> reset) {
  return {limit, window, remaining, reset};
}

constexpr auto kNone = std::nullopt;

TEST(RateLimitHeaders, ReadsTheDraftOfTheIetf) {
  EXPECT_EQ(hint({"RateLimit-Policy: \"default\";q=100;w=10\r\n", "RateLimit: \"default\";r=50;t=3\r\n"}),
            hint(100, seconds{10}, 50, seconds{3}));
  EXPECT_EQ(hint({"ratelimit:\"default\" ; r=0"}), hint(kNone, kNone, 0, kNone)) << "a time is not required";
  EXPECT_EQ(hint({"RateLimit: limit=100, remaining=50, reset=5", "RateLimit-Policy: 100;w=10"}),
            hint(100, seconds{10}, 50, seconds{5}))
      << "version 7";
  EXPECT_EQ(hint({"RateLimit-Limit: 100, 100;w=60", "RateLimit-Remaining: 9", "RateLimit-Reset: 30"}),
            hint(100, minutes{1}, 9, seconds{30}))
      << "versions 3 to 6";
}

TEST(RateLimitHeaders, OfSeveralPoliciesThatCountsWhichIsUsedUpFirst) {
  const std::string_view policies = R"(RateLimit-Policy: "minute";q=60;w=60, "day";q=2880;w=86400)";
  EXPECT_EQ(hint({policies, R"(RateLimit: "minute";r=0;t=20, "day";r=500;t=7000)"}),
            hint(60, minutes{1}, 0, seconds{20}));
  EXPECT_EQ(hint({policies, R"(RateLimit: "minute";r=60;t=20, "day";r=1;t=7000)"}),
            hint(2880, hours{24}, 1, seconds{7000}));
  EXPECT_EQ(hint({policies}), hint(2880, hours{24}, kNone, kNone)) << "nothing said of the state: the slowest";
  EXPECT_EQ(hint({policies, R"(RateLimit: "minute";r=0;t=20)", R"(RateLimit: "day";r=0;t=7000)"}),
            hint(2880, hours{24}, 0, seconds{7000}))
      << "both are used up; two lines are one list";
  EXPECT_EQ(hint({R"(RateLimit-Policy: "a,b;\"c";q=5;w=1, "x";q=1;w=9)", R"(RateLimit: "a,b;\"c";r=2;t=1)"}),
            hint(5, seconds{1}, 2, seconds{1}))
      << "commas in a name";
}

TEST(RateLimitHeaders, LimitsOnOtherThingsThanRequestsAreNotRead) {
  EXPECT_EQ(hint({R"(RateLimit-Policy: "bytes";q=9;w=1;qu="content-bytes", "r";q=5;w=1;qu="requests")",
                  R"(RateLimit: "bytes";r=0;t=50, "r";r=4;t=1)"}),
            hint(5, seconds{1}, 4, seconds{1}));
  EXPECT_EQ(hint({"x-ratelimit-limit-tokens: 10", "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 6m0s"}),
            RateLimitHint{});
}

TEST(RateLimitHeaders, ReadsTheUsualTriples) {
  EXPECT_EQ(hint({"X-RateLimit-Limit: 5000\r\n", "x-ratelimit-remaining: 0\r\n", "X-RateLimit-Reset: 1790000060\r\n",
                  "X-RateLimit-Used: 5000\r\n", "X-RateLimit-Resource: core\r\n"}),
            hint(5000, kNone, 0, minutes{1}));
  EXPECT_EQ(hint({"x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 59",
                  "x-ratelimit-reset-requests: 6m0s"}),
            hint(60, kNone, 59, minutes{6}));
  EXPECT_EQ(hint({"x-rate-limit-limit: 15", "x-rate-limit-remaining: 3", "x-rate-limit-reset: 1790000009"}),
            hint(15, kNone, 3, seconds{9}));
  EXPECT_EQ(hint({"X-RateLimit-Limit: 10, 10;w=1;name=\"all\"", "X-RateLimit-Remaining: 2", "X-RateLimit-Reset: 1"}),
            hint(10, seconds{1}, 2, seconds{1}))
      << "Envoy";
  EXPECT_EQ(hint({"X-RateLimit-Remaining: 2", "RateLimit-Remaining: 3", "RateLimit: \"a\";r=4"}).remaining, 4)
      << "the standard's word counts more";
}

TEST(RateLimitHeaders, ReadsCompoundDurations) {
  EXPECT_EQ(parse_compound_duration("6m0s"), minutes{6});
  EXPECT_EQ(parse_compound_duration("1h2m3.5s"), hours{1} + minutes{2} + milliseconds{3500});
  EXPECT_EQ(parse_compound_duration("120ms"), milliseconds{120});
  EXPECT_EQ(parse_compound_duration("17us"), microseconds{17});
  EXPECT_EQ(parse_compound_duration("999999999h"), kMaxRetryAfter);
  EXPECT_EQ(parse_compound_duration("9999999999999999999999s"), kMaxRetryAfter);
  for (const std::string_view wrong : {"", "s", "5", "5 s", "1s1m", "1s1s", "-1s", "1e9s", "..s", "1.s2", "1x", "1sx",
                                       "inf", "nan", "\xff", "6m0s "}) {
    EXPECT_EQ(parse_compound_duration(wrong), kNone) << wrong;
  }
}

TEST(RateLimitHeaders, WhatIsNotUnderstoodIsLeftOut) {
  for (const std::string_view line : {"",
                                      "\r\n",
                                      "r",
                                      "x-",
                                      ":",
                                      "RateLimit",
                                      "RateLimit:",
                                      "RateLimit: ",
                                      "RateLimit: ,,,;;;",
                                      "RateLimit: \"",
                                      "RateLimit: \"a",
                                      "RateLimit: \"a\\",
                                      "RateLimit: \"a\";r",
                                      "RateLimit: \"a\";r=",
                                      "RateLimit: \"a\";r=-1",
                                      "RateLimit: \"a\";r=?1",
                                      "RateLimit: \"a\";r=\"5\"",
                                      "RateLimit: \"a\";r=1e3",
                                      "RateLimit: =",
                                      "RateLimit: a=",
                                      "RateLimit-Policy: \"a\";q=0;w=1",
                                      "RateLimit-Policy: \"a\";q=1;w=0",
                                      "RateLimit-Policy: \"a\";q=1",
                                      "RateLimit-Policy: \"a\";w=5",
                                      "RateLimit-Policy: 5;w=-1",
                                      "RateLimit-Policy: nan;w=5",
                                      "X-RateLimit-Limit: many",
                                      "X-RateLimit-Remaining: -5",
                                      "X-RateLimit-Reset: yesterday",
                                      "X-RateLimit-Reset: 1789999999",
                                      "x-ratelimitless: 5",
                                      "X-RateLimit: 5",
                                      "RateLimit-: 5"}) {
    EXPECT_EQ(hint({line}), RateLimitHint{}) << line;
  }
}

TEST(RateLimitHeaders, AllIsBounded) {
  const std::string digits(500, '9');
  const RateLimitHint huge = hint(
      {"X-RateLimit-Limit: " + digits, "X-RateLimit-Remaining: " + digits, "X-RateLimit-Reset: 99999999999999999999"});
  EXPECT_EQ(huge.limit, RateLimitHeaders::kMaxNumber);
  EXPECT_EQ(huge.remaining, RateLimitHeaders::kMaxNumber);
  EXPECT_LE(huge.reset.value_or(Duration{0}), kMaxRetryAfter);
  EXPECT_EQ(hint({"RateLimit-Policy: \"a\";q=1;w=" + digits}).window, kMaxRetryAfter);
  EXPECT_EQ(hint({"RateLimit: \"a\";r=0;t=" + digits}).reset, kMaxRetryAfter);
  EXPECT_EQ(hint({"RateLimit: \"" + std::string(RateLimitHeaders::kMaxValue, 'a') + "\";r=5"}), RateLimitHint{})
      << "too long to be read";
  std::string many = "RateLimit: ";
  for (std::size_t i = 0; i < RateLimitHeaders::kMaxItems; ++i) {
    many += "a;r=7,";
  }
  EXPECT_EQ(hint({many + "a;r=5"}).remaining, 7) << "one too many";
  EXPECT_EQ(hint({many.substr(0, many.size() - 6) + "a;r=5"}).remaining, 5) << "the last that counts";
}

TEST(RateLimitHeaders, AnAnswerSaysNothingOfTheNext) {
  RateLimitHeaders headers;
  EXPECT_TRUE(headers.take("RateLimit: \"a\";r=5"));
  EXPECT_FALSE(headers.take("Retry-After: 5"));
  headers.clear();
  EXPECT_EQ(headers.read(kNow), RateLimitHint{});
}

}  // namespace
}  // namespace respand::http
