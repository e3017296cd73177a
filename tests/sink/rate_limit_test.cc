#include "sink/rate_limit.h"

#include <gtest/gtest.h>

#include <vector>

namespace respand::sink {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = RateLimit::Kind;
constexpr MonoTime kNow{std::chrono::hours{1}};

// Who asks every millisecond for that long: how many he gets in each second.
std::vector<int> taken(RateLimitCount& count, int for_seconds) {
  std::vector<int> in_second;
  for (int second = 0; second < for_seconds; ++second) {
    in_second.push_back(0);
    for (int i = 0; i < 1000; ++i) {
      const MonoTime now = kNow + seconds{second} + milliseconds{i};
      if (count.wait(now) == Duration{0}) {
        count.take(now);
        ++in_second.back();
      }
    }
  }
  return in_second;
}

TEST(ParseRate, TakesATokenBucketAndARate) {
  const auto bucket = parse_rate("300/s:30");
  ASSERT_TRUE(bucket);
  EXPECT_EQ(bucket->kind, Kind::kTokenBucket);
  EXPECT_EQ(bucket->requests, 300);
  EXPECT_EQ(bucket->per, seconds{1});
  EXPECT_EQ(bucket->burst, 30);
  EXPECT_EQ(parse_rate("0.5/m:1")->per, minutes{1});
  EXPECT_EQ(parse_rate("0.5/m:1")->requests, 0.5);
  EXPECT_EQ(parse_rate("7/250ms:1.5")->per, milliseconds{250});
  for (const char* text : {"300", "300/s", "300/1s"}) {
    const auto rate = parse_rate(text);
    ASSERT_TRUE(rate) << text;
    EXPECT_EQ(rate->kind, Kind::kFixedWindow);
    EXPECT_EQ(rate->requests, 300);
    EXPECT_EQ(rate->per, seconds{1});
  }
}

TEST(ParseRate, RefusesTheRest) {
  for (const char* text :
       {"",          "/",        ":",        "/s",         "0/s:1",     "-1/s:1",  "x/s:1",     "nan/s:1",
        "300/:1",    "300/x:1",  "300/0s:1", "300/25h:1",  "300/s:",    "300/s:0", "300/s:0.9", "300/s:x",
        "300/s:nan", "300:30",   "300:30/s", "300/s:30:1", "300/s/s:1", "0.5/s",   "1e9/s",     "2000000000/s:1",
        " 300/s:30", "300/s:30 "}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
  EXPECT_NE(parse_rate("300/s:0").error().message.find("e.g. 300/s:30"), std::string::npos);
}

TEST(ParseWindow, TakesACountAndALength) {
  EXPECT_EQ(parse_window("1000/10s", Kind::kFixedWindow)->requests, 1000);
  EXPECT_EQ(parse_window("1000/10s", Kind::kFixedWindow)->per, seconds{10});
  EXPECT_EQ(parse_window("1000000/m", Kind::kSlidingWindow)->kind, Kind::kSlidingWindow);
  EXPECT_TRUE(parse_window("1000001/m", Kind::kFixedWindow));
  EXPECT_FALSE(parse_window("1000001/m", Kind::kSlidingWindow)) << "it remembers each of them";
  for (const char* text :
       {"", "1000", "1000/", "/10s", "0/10s", "1.5/10s", "1000/10", "1000/10s:3", "1000/0s", "-1/10s"}) {
    EXPECT_FALSE(parse_window(text, Kind::kFixedWindow)) << text;
  }
}

TEST(RateLimit, ATokenBucketLetsItsBurstInAndThenItsRate) {
  RateLimitCount count(*parse_rate("300/s:30"));
  EXPECT_EQ(taken(count, 4), (std::vector<int>{329, 300, 300, 300}));
}

TEST(RateLimit, ATokenBucketSavesNoMoreThanItsBurst) {
  RateLimitCount count(*parse_rate("300/s:30"));
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(count.wait(kNow), Duration{0}) << i;
    count.take(kNow);
  }
  EXPECT_EQ(count.wait(kNow), Duration{3334}) << "a token comes back, rounded up to a microsecond";
  const MonoTime later = kNow + std::chrono::hours{1};
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(count.wait(later), Duration{0}) << i;
    count.take(later);
  }
  EXPECT_GT(count.wait(later), Duration{0});
}

TEST(RateLimit, AFixedWindowOpensAnewAtItsEnd) {
  RateLimitCount count(*parse_window("100/10s", Kind::kFixedWindow));
  EXPECT_EQ(taken(count, 21), (std::vector<int>{100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100}));
  EXPECT_EQ(count.wait(kNow + seconds{25}), seconds{5});
  EXPECT_EQ(count.wait(kNow + seconds{34}), Duration{0}) << "the windows keep their places";
}

TEST(RateLimit, ASlidingWindowForgetsOneAfterTheOther) {
  RateLimitCount count(*parse_window("3/10s", Kind::kSlidingWindow));
  for (const int at : {0, 2, 9}) {
    ASSERT_EQ(count.wait(kNow + seconds{at}), Duration{0});
    count.take(kNow + seconds{at});
  }
  EXPECT_EQ(count.wait(kNow + milliseconds{9500}), milliseconds{500});
  EXPECT_EQ(count.wait(kNow + seconds{10}), Duration{0});
  count.take(kNow + seconds{10});
  EXPECT_EQ(count.wait(kNow + seconds{10}), seconds{2});
}

}  // namespace
}  // namespace respand::sink
