#include "sockets/partial_record_pool.h"

#include <gtest/gtest.h>

#include <vector>

namespace respand::sockets {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kRead = 256 * kKiB;

struct Budgets : ::testing::Test {
  PartialRecordPool::BufferLease& account() {
    accounts.push_back(std::make_unique<PartialRecordPool::BufferLease>());
    PartialRecordPool::BufferLease* const made = accounts.back().get();
    made->wake = [this, made] { woken.push_back(made); };
    return *made;
  }

  PartialRecordPool pool{100 * kKiB};
  std::vector<std::unique_ptr<PartialRecordPool::BufferLease>> accounts;
  std::vector<PartialRecordPool::BufferLease*> woken;
};

TEST_F(Budgets, AReadIsBoundedByWhatIsLeft) {
  PartialRecordPool::BufferLease& a = account();
  EXPECT_EQ(pool.allowance(a, 64 * kKiB), 64 * kKiB);
  EXPECT_EQ(pool.allowance(a, kRead), 116 * kKiB);
  pool.set(a, 16 * kKiB);
  EXPECT_EQ(pool.used(), 0U);
  EXPECT_EQ(pool.allowance(a, kRead), 100 * kKiB);
  pool.set(a, 16 * kKiB + 1);
  EXPECT_EQ(pool.used(), 1U);
  pool.set(a, 0);
  EXPECT_EQ(pool.used(), 0U);
}

TEST_F(Budgets, SmallRecordsGoOnWhenThePoolIsUsedUp) {
  PartialRecordPool::BufferLease& hog = account();
  pool.set(hog, 116 * kKiB);
  PartialRecordPool::BufferLease& small = account();
  EXPECT_EQ(pool.allowance(small, kRead), 16 * kKiB);
  pool.set(small, 10 * kKiB);
  EXPECT_EQ(pool.allowance(small, kRead), 6 * kKiB);
  pool.set(small, 16 * kKiB - 1);
  EXPECT_EQ(pool.allowance(small, kRead), 1U);
}

TEST_F(Budgets, OneAtATimeIsFavouredAndTheOthersWait) {
  PartialRecordPool::BufferLease& hog = account();
  pool.set(hog, 116 * kKiB);
  EXPECT_EQ(pool.allowance(hog, kRead), kRead);
  pool.set(hog, 2000 * kKiB);
  EXPECT_EQ(pool.used(), 0U) << "the favoured one has a reserve of its own";
  PartialRecordPool::BufferLease& a = account();
  PartialRecordPool::BufferLease& b = account();
  pool.set(a, 60 * kKiB);
  pool.set(b, 72 * kKiB);
  EXPECT_EQ(pool.allowance(a, kRead), 0U);
  pool.wait(a);
  EXPECT_EQ(pool.allowance(b, kRead), 0U);
  pool.wait(b);
  EXPECT_FALSE(pool.can_resume());
  pool.set(hog, 100);
  ASSERT_TRUE(pool.can_resume());
  pool.resume();
  EXPECT_EQ(woken, (std::vector<PartialRecordPool::BufferLease*>{&a, &b}));
  EXPECT_EQ(pool.allowance(a, kRead), kRead) << "the next one is favoured";
  EXPECT_EQ(pool.allowance(b, kRead), 44 * kKiB) << "and what it held of the pool is free";
}

TEST_F(Budgets, TheFavourIsForOneRecord) {
  PartialRecordPool::BufferLease& hog = account();
  pool.set(hog, 116 * kKiB);
  PartialRecordPool::BufferLease& a = account();
  PartialRecordPool::BufferLease& b = account();
  pool.set(a, 20 * kKiB);
  EXPECT_EQ(pool.allowance(a, kRead), kRead);
  pool.set(b, 20 * kKiB);
  EXPECT_EQ(pool.allowance(b, kRead), 0U);
  pool.wait(b);
  pool.set(a, 200 * kKiB, PartialRecordPool::Holds::kTheSame);
  EXPECT_EQ(pool.used(), 104 * kKiB);
  EXPECT_FALSE(pool.can_resume());
  pool.set(a, 50 * kKiB, PartialRecordPool::Holds::kAnother);
  EXPECT_EQ(pool.used(), 138 * kKiB) << "what it holds now counts like everybody's";
  EXPECT_EQ(pool.allowance(a, kRead), 0U);
  pool.wait(a);
  ASSERT_TRUE(pool.can_resume());
  pool.resume();
  EXPECT_EQ(woken, (std::vector<PartialRecordPool::BufferLease*>{&b, &a}));
  EXPECT_EQ(pool.allowance(b, kRead), kRead) << "it has waited longer";
  EXPECT_EQ(pool.allowance(a, kRead), 0U);
}

TEST_F(Budgets, WhatFavouredOnesLeaveBehindIsBounded) {
  PartialRecordPool::BufferLease& large = account();
  pool.set(large, 116 * kKiB + PartialRecordPool::kOverdraft);
  PartialRecordPool::BufferLease& a = account();
  pool.set(a, 17 * kKiB);
  EXPECT_EQ(pool.used(), 101 * kKiB + PartialRecordPool::kOverdraft);
  EXPECT_EQ(pool.allowance(a, kRead), kRead) << "what it held of the pool is in its reserve now";
  PartialRecordPool::BufferLease& b = account();
  pool.set(b, 16 * kKiB + 1);
  EXPECT_EQ(pool.allowance(a, kRead), PartialRecordPool::kFree);
  pool.set(b, 0);
  EXPECT_EQ(pool.allowance(a, kRead), kRead);
}

TEST_F(Budgets, WhoGoesAwayGivesAllBack) {
  PartialRecordPool::BufferLease& a = account();
  PartialRecordPool::BufferLease& b = account();
  pool.set(a, 500 * kKiB);
  EXPECT_EQ(pool.allowance(a, kRead), kRead);
  pool.set(b, 116 * kKiB);
  EXPECT_EQ(pool.allowance(b, kRead), 0U);
  pool.wait(b);
  pool.give_up(b);
  EXPECT_FALSE(pool.somebody_waits());
  EXPECT_EQ(pool.used(), 0U);
  pool.set(b, 116 * kKiB);
  pool.wait(b);
  pool.give_up(a);
  ASSERT_TRUE(pool.can_resume());
  pool.resume();
  EXPECT_EQ(pool.allowance(b, kRead), kRead);
}

TEST_F(Budgets, NobodyPassesThoseWhoWait) {
  PartialRecordPool::BufferLease& hog = account();
  pool.set(hog, 116 * kKiB);
  EXPECT_EQ(pool.allowance(hog, kRead), kRead);
  PartialRecordPool::BufferLease& a = account();
  pool.set(a, 116 * kKiB);
  pool.wait(a);
  pool.set(a, 60 * kKiB);
  PartialRecordPool::BufferLease& late = account();
  pool.set(late, 16 * kKiB);
  EXPECT_EQ(pool.allowance(late, kRead), 0U) << "although there is room";
  pool.resume();
  EXPECT_EQ(woken, (std::vector<PartialRecordPool::BufferLease*>{&a}));
  EXPECT_GT(pool.allowance(a, kRead), 0U);
}

TEST_F(Budgets, StalledIsWhoHoldsMemoryAndDoesNotGetOn) {
  constexpr Duration kGrace = std::chrono::seconds{10};
  MonoTime now{Duration{1'000'000}};
  PartialRecordPool::BufferLease& a = account();
  pool.set(a, 16 * kKiB);
  PartialRecordPool::note_read(a, 1, now);
  EXPECT_FALSE(pool.stalled(a, now + kGrace, kGrace)) << "it holds nothing shared";
  pool.set(a, 20 * kKiB);
  EXPECT_FALSE(pool.stalled(a, now + kGrace - Duration{1}, kGrace));
  EXPECT_TRUE(pool.stalled(a, now + kGrace, kGrace));
  now += std::chrono::seconds{9};
  PartialRecordPool::note_read(a, PartialRecordPool::kProgress - 1, now);
  EXPECT_TRUE(pool.stalled(a, now + std::chrono::seconds{1}, kGrace)) << "a trickle is no progress";
  PartialRecordPool::note_read(a, 1, now);
  EXPECT_FALSE(pool.stalled(a, now + std::chrono::seconds{1}, kGrace));
  pool.wait(a);
  EXPECT_FALSE(pool.stalled(a, now + kGrace, kGrace)) << "it is us who keep it waiting";
}

}  // namespace
}  // namespace respand::sockets
