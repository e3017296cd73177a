#include "sink/script.h"

#include <gtest/gtest.h>

#include <map>

namespace respand::sink {
namespace {

using std::chrono::milliseconds;
constexpr MonoTime kScriptTime{std::chrono::hours{1}};

Rules failing(std::vector<FailRule> fail) {
  Rules rules;
  rules.fail = std::move(fail);
  return rules;
}

std::vector<std::pair<Fault, int>> verdicts(Script& script, int count) {
  std::vector<std::pair<Fault, int>> all;
  for (int i = 0; i < count; ++i) {
    const Verdict verdict = script.judge(200, 1, kScriptTime);
    all.emplace_back(verdict.fault, verdict.status);
  }
  return all;
}

TEST(Script, DrawsEachRuleAsOftenAsItsProbabilitySays) {
  const Rules rules = failing({{.status = 503, .probability = 0.2}, {.fault = Fault::kReset, .probability = 0.1}});
  Script script(rules, 7);
  std::map<std::pair<Fault, int>, int> counts;
  for (const auto& verdict : verdicts(script, 10'000)) {
    ++counts[verdict];
  }
  EXPECT_EQ(counts.size(), 3U);
  EXPECT_NEAR((counts[{Fault::kNone, 503}]), 2000, 150);
  EXPECT_NEAR((counts[{Fault::kReset, 200}]), 1000, 150);
  Script again(rules, 7);
  Script other(rules, 8);
  Script first(rules, 7);
  const auto expected = verdicts(first, 100);
  EXPECT_EQ(verdicts(again, 100), expected);
  EXPECT_NE(verdicts(other, 100), expected);
}

TEST(Script, CertainAndImpossibleRules) {
  Script certain(failing({{.status = 500, .probability = 0}, {.fault = Fault::kHang, .probability = 1}}), 1);
  for (const auto& verdict : verdicts(certain, 1000)) {
    EXPECT_EQ(verdict.first, Fault::kHang);
  }
}

TEST(Script, DrawsOnlyForRequestsThatAreGoodThemselves) {
  Script script(failing({{.status = 503, .probability = 1}}), 1);
  EXPECT_EQ(script.judge(400, 1, kScriptTime).status, 400);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).status, 503);
}

TEST(Script, LimitsConcurrency) {
  Rules rules;
  rules.concurrency = 2;
  Script script(rules, 1);
  EXPECT_EQ(script.judge(200, 2, kScriptTime).status, 200);
  EXPECT_EQ(script.judge(200, 3, kScriptTime).status, 429);
}

TEST(Script, LimitsTheRateOfEachSecond) {
  Rules rules;
  rules.limits = {*parse_rate("2")};
  Script script(rules, 1);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).status, 200);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).status, 200);
  EXPECT_EQ(script.judge(200, 1, kScriptTime + milliseconds{999}).status, 429);
  EXPECT_EQ(script.judge(200, 1, kScriptTime + milliseconds{1000}).status, 200);
}

TEST(Script, ATokenBucketAndAWindowHoldTogether) {
  Rules rules;
  rules.limits = {*parse_rate("10/s:5"), *parse_window("12/1m", RateLimit::Kind::kSlidingWindow)};
  Script script(rules, 1);
  int taken = 0;
  for (int i = 0; i < 600; ++i) {
    taken += script.judge(200, 1, kScriptTime + i * milliseconds{10}).status == 200 ? 1 : 0;
    if (i == 10) {
      EXPECT_EQ(taken, 6) << "the burst, and what came back in 100 ms";
    }
  }
  EXPECT_EQ(taken, 12);
  EXPECT_EQ(script.judge(200, 1, kScriptTime + std::chrono::seconds{59}).status, 429);
  EXPECT_EQ(script.judge(200, 1, kScriptTime + std::chrono::seconds{60}).status, 200);
}

TEST(Script, NewRulesBeginWithFullLimits) {
  Rules rules;
  rules.limits = {*parse_rate("1/h:1")};
  Script script(rules, 1);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).status, 200);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).status, 429);
  script.set(rules);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).status, 200);
}

TEST(Script, FailuresAreDrawnAmongWhatTheLimitsLetIn) {
  Rules rules = failing({{.status = 500, .probability = 0.5}});
  rules.limits = {*parse_window("1000/10s", RateLimit::Kind::kFixedWindow)};
  Script script(rules, 3);
  std::map<int, int> counts;
  for (int i = 0; i < 2000; ++i) {
    ++counts[script.judge(200, 1, kScriptTime).status];
  }
  EXPECT_EQ(counts[429], 1000);
  EXPECT_NEAR(counts[500], 500, 80);
}

TEST(Script, TellsWhenARequestIsTakenAgain) {
  Rules rules;
  rules.retry_after_reset = true;
  rules.limits = {*parse_window("1/10s", RateLimit::Kind::kFixedWindow)};
  Script script(rules, 1);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).retry_after, 0U);
  EXPECT_EQ(script.judge(200, 1, kScriptTime + milliseconds{1}).retry_after, 10U) << "rounded up";
  EXPECT_EQ(script.judge(200, 1, kScriptTime + milliseconds{9500}).retry_after, 1U);
  rules.limits.clear();
  rules.concurrency = 1;
  script.set(rules);
  EXPECT_EQ(script.judge(200, 2, kScriptTime).retry_after, 1U) << "nobody knows: the least";
}

TEST(Script, TellsWhatIsLeftOfTheScarcestLimit) {
  Rules rules;
  rules.limits = {*parse_rate("100/s:50"), *parse_window("2/10s", RateLimit::Kind::kFixedWindow)};
  rules.limit_headers = LimitHeaders::kRateLimit;
  Script script(rules, 1);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).headers,
            "RateLimit-Policy: \"sink\";q=2;w=10\r\nRateLimit: \"sink\";r=1;t=10\r\n");
  EXPECT_EQ(script.judge(200, 1, kScriptTime + milliseconds{4000}).headers,
            "RateLimit-Policy: \"sink\";q=2;w=10\r\nRateLimit: \"sink\";r=0;t=6\r\n");
  const Verdict refused = script.judge(200, 1, kScriptTime + milliseconds{4500});
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.headers.find("r=0;t=6"), std::string::npos) << refused.headers;
  rules.limit_headers = LimitHeaders::kXRateLimit;
  script.set(rules);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).headers,
            "X-RateLimit-Limit: 2\r\nX-RateLimit-Remaining: 1\r\nX-RateLimit-Reset: 10\r\n");
  rules.limit_headers = LimitHeaders::kNone;
  script.set(rules);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).headers, "");
}

TEST(Script, DelaysWithinItsBounds) {
  Rules rules;
  rules.delay_min = milliseconds{20};
  rules.delay_max = milliseconds{80};
  Script script(rules, 1);
  bool differ = false;
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = script.judge(200, 1, kScriptTime).delay;
    ASSERT_GE(delay, rules.delay_min);
    ASSERT_LE(delay, rules.delay_max);
    differ = differ || delay != script.judge(200, 1, kScriptTime).delay;
  }
  EXPECT_TRUE(differ);
}

TEST(Script, WhomALimitTurnsAwayDoesNotWait) {
  Rules rules = failing({{.status = 503, .probability = 1}});
  rules.delay_min = rules.delay_max = milliseconds{20};
  rules.concurrency = 1;
  rules.limits = {*parse_rate("2")};
  Script script(rules, 1);
  EXPECT_EQ(script.judge(200, 1, kScriptTime).delay, milliseconds{20});
  const Verdict too_many = script.judge(200, 2, kScriptTime);
  EXPECT_EQ(too_many.status, 429);
  EXPECT_EQ(too_many.delay, Duration{0});
  EXPECT_EQ(script.judge(200, 1, kScriptTime).delay, Duration{0}) << "the third in this second";
}

TEST(Script, AsksForItsKey) {
  Script open({}, 1);
  EXPECT_TRUE(open.authorised(""));
  Rules rules;
  rules.key = "secret";
  open.set(rules);
  EXPECT_TRUE(open.authorised("Bearer secret"));
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "secret", "bearer secret"}) {
    EXPECT_FALSE(open.authorised(wrong)) << wrong;
  }
}

TEST(Verdict, TakesTheRecordWithASuccessAndWithHalfAnAnswer) {
  EXPECT_TRUE(Verdict{.status = 200}.takes_record());
  EXPECT_TRUE(Verdict{.status = 299}.takes_record());
  EXPECT_TRUE(Verdict{.fault = Fault::kHalf}.takes_record());
  EXPECT_FALSE(Verdict{.status = 300}.takes_record());
  EXPECT_FALSE(Verdict{.fault = Fault::kClose}.takes_record());
  EXPECT_FALSE(Verdict{.fault = Fault::kReset}.takes_record());
  EXPECT_FALSE(Verdict{.fault = Fault::kHang}.takes_record());
}

}  // namespace
}  // namespace respand::sink
