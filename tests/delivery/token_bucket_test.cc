#include "delivery/token_bucket.h"
#include "tests/delivery/start.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TokenBucket, WithoutALimitAllIsPermitted) {
  TokenBucket bucket({.rate = 0});
  EXPECT_FALSE(bucket.limits());
  EXPECT_EQ(bucket.take(kStart, 1'000'000), 1'000'000U);
  EXPECT_EQ(bucket.take(kStart, 1'000'000), 1'000'000U);
}

TEST(TokenBucket, HoldsATenthOfASecondAndRefillsEvenly) {
  TokenBucket bucket({.rate = 100});
  EXPECT_EQ(bucket.take(kStart, 50), 10U);
  EXPECT_EQ(bucket.take(kStart, 50), 0U);
  EXPECT_EQ(bucket.next(kStart, 50), kStart + milliseconds{100}) << "as many as it holds";
  EXPECT_EQ(bucket.next(kStart, 3), kStart + milliseconds{30});
  EXPECT_EQ(bucket.take(kStart + milliseconds{30}, 50), 3U);
  EXPECT_EQ(bucket.take(kStart + seconds{60}, 50), 10U) << "no more gathers";
}

TEST(TokenBucket, HoldsOneWhereTheRateIsLow) {
  TokenBucket bucket({.rate = 1});
  EXPECT_EQ(bucket.take(kStart, 5), 1U);
  EXPECT_EQ(bucket.take(kStart + milliseconds{999}, 5), 0U);
  EXPECT_EQ(bucket.take(kStart + seconds{1}, 5), 1U);
}

TEST(TokenBucket, WhatIsGivenBackIsThereAgain) {
  TokenBucket bucket({.rate = 100});
  ASSERT_EQ(bucket.take(kStart, 10), 10U);
  bucket.give_back(4);
  EXPECT_EQ(bucket.take(kStart, 10), 4U);
}

TEST(TokenBucket, ALowerRateTakesWhatIsTooMuch) {
  TokenBucket bucket({.rate = 1000});
  bucket.reconfigure({.rate = 100});
  EXPECT_EQ(bucket.take(kStart, 500), 10U);
  bucket.reconfigure({.rate = 0});
  EXPECT_EQ(bucket.take(kStart, 500), 500U);
}

TEST(TokenBucket, APartOfALimitEndsByItself) {
  TokenBucket bucket({.rate = 100, .until = kStart + seconds{2}, .after = 1});
  EXPECT_EQ(bucket.rate(kStart), 100);
  EXPECT_EQ(bucket.take(kStart + milliseconds{1950}, 50), 10U);
  EXPECT_EQ(bucket.take(kStart + seconds{3}, 50), 1U) << "five were there, and the bucket became smaller";
  EXPECT_EQ(bucket.rate(kStart + seconds{3}), 1);
  EXPECT_EQ(bucket.take(kStart + milliseconds{3500}, 50), 0U);
  EXPECT_EQ(bucket.take(kStart + seconds{4}, 50), 1U);
  bucket.reconfigure({.rate = 100, .until = kStart + seconds{4}, .after = 0});
  EXPECT_EQ(bucket.take(kStart + seconds{5}, 50), 50U) << "it had ended before, in no limit";
}

TEST(TokenBucket, ALimitBelowOneASecondIsOne) {
  TokenBucket bucket({.rate = 0.25});
  EXPECT_EQ(bucket.take(kStart, 5), 1U);
  EXPECT_EQ(bucket.next(kStart, 5), kStart + seconds{4});
  EXPECT_EQ(bucket.take(kStart + seconds{3}, 5), 0U);
  EXPECT_EQ(bucket.take(kStart + seconds{4}, 5), 1U);
}

}  // namespace
}  // namespace respand::delivery
