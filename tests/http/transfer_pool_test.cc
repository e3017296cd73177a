// Which easy handles are used again, and which are not.

#include "http/transfer_pool.h"

#include <gtest/gtest.h>

namespace respand::http {
namespace {

Target target(const std::string& url = "http://localhost:1/") {
  start_library();
  Target made;
  made.url = url;
  return made;
}

TEST(TransferPoolTest, WhatWasGivenBackIsTakenAgain) {
  const ManualClock clock;
  TransferPool pool(target(), clock);
  auto first = pool.take();
  auto second = pool.take();
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->easy(), second->easy());
  const CURL* const easy = first->easy();
  pool.give_back(std::move(first));
  EXPECT_EQ(pool.idle(), 1U);
  EXPECT_EQ(pool.take()->easy(), easy);
  EXPECT_EQ(pool.idle(), 0U);
}

TEST(TransferPoolTest, OfATargetThatWasReplacedNoneIs) {
  const ManualClock clock;
  TransferPool pool(target(), clock);
  auto flying = pool.take();
  pool.give_back(pool.take());
  EXPECT_TRUE(pool.is_current(*flying));
  pool.set_target(target("http://localhost:2/"));
  EXPECT_EQ(pool.target().url, "http://localhost:2/");
  EXPECT_EQ(pool.idle(), 0U) << "those that waited";
  EXPECT_FALSE(pool.is_current(*flying));
  pool.give_back(std::move(flying));
  EXPECT_EQ(pool.idle(), 0U) << "those that were on their way";
  EXPECT_TRUE(pool.is_current(*pool.take()));
}

TEST(TransferPoolTest, ConnectionsAreLeftOnceTheyHaveLivedSoLong) {
  ManualClock clock;
  Target to = target();
  TransferPool pool(to, clock);
  auto flying = pool.take();
  for (int life = 0; life < 2; ++life) {
    clock.advance(to.connection_life - Duration{1});
    pool.renew_connections_if_due();
    EXPECT_TRUE(pool.is_current(*flying)) << "one below";
    clock.advance(Duration{1});
    pool.renew_connections_if_due();
    EXPECT_FALSE(pool.is_current(*flying));
    pool.give_back(std::move(flying));
    EXPECT_EQ(pool.idle(), 0U);
    flying = pool.take();
    EXPECT_TRUE(pool.is_current(*flying));
  }
  EXPECT_EQ(pool.target(), to) << "it goes where it went";
}

}  // namespace
}  // namespace respand::http
