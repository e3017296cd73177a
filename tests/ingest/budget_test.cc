#include "ingest/budget.h"

#include <gtest/gtest.h>

#include <vector>

namespace respand::ingest {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kRead = 256 * kKiB;

struct Budgets : ::testing::Test {
  Budget::Account& account() {
    accounts.push_back(std::make_unique<Budget::Account>());
    Budget::Account* const made = accounts.back().get();
    made->wake = [this, made] { woken.push_back(made); };
    return *made;
  }

  Budget budget{100 * kKiB};
  std::vector<std::unique_ptr<Budget::Account>> accounts;
  std::vector<Budget::Account*> woken;
};

TEST_F(Budgets, AReadIsBoundedByWhatIsLeft) {
  Budget::Account& a = account();
  EXPECT_EQ(budget.allowance(a, 64 * kKiB), 64 * kKiB);
  EXPECT_EQ(budget.allowance(a, kRead), 116 * kKiB);
  budget.set(a, 16 * kKiB);
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_EQ(budget.allowance(a, kRead), 100 * kKiB);
  budget.set(a, 16 * kKiB + 1);
  EXPECT_EQ(budget.used(), 1U);
  budget.set(a, 0);
  EXPECT_EQ(budget.used(), 0U);
}

TEST_F(Budgets, SmallRecordsGoOnWhenThePoolIsUsedUp) {
  Budget::Account& hog = account();
  budget.set(hog, 116 * kKiB);
  Budget::Account& small = account();
  EXPECT_EQ(budget.allowance(small, kRead), 16 * kKiB);
  budget.set(small, 10 * kKiB);
  EXPECT_EQ(budget.allowance(small, kRead), 6 * kKiB);
  budget.set(small, 16 * kKiB - 1);
  EXPECT_EQ(budget.allowance(small, kRead), 1U);
}

TEST_F(Budgets, OneAtATimeIsFavouredAndTheOthersWait) {
  Budget::Account& hog = account();
  budget.set(hog, 116 * kKiB);
  EXPECT_EQ(budget.allowance(hog, kRead), kRead);
  budget.set(hog, 2000 * kKiB);
  EXPECT_EQ(budget.used(), 0U) << "the favoured one has a reserve of its own";
  Budget::Account& a = account();
  Budget::Account& b = account();
  budget.set(a, 60 * kKiB);
  budget.set(b, 72 * kKiB);
  EXPECT_EQ(budget.allowance(a, kRead), 0U);
  budget.wait(a);
  EXPECT_EQ(budget.allowance(b, kRead), 0U);
  budget.wait(b);
  EXPECT_FALSE(budget.can_resume());
  budget.set(hog, 100);
  ASSERT_TRUE(budget.can_resume());
  budget.resume();
  EXPECT_EQ(woken, (std::vector<Budget::Account*>{&a, &b}));
  EXPECT_EQ(budget.allowance(a, kRead), kRead) << "the next one is favoured";
  EXPECT_EQ(budget.allowance(b, kRead), 44 * kKiB) << "and what it held of the pool is free";
}

TEST_F(Budgets, TheFavourIsForOneRecord) {
  Budget::Account& hog = account();
  budget.set(hog, 116 * kKiB);
  Budget::Account& a = account();
  Budget::Account& b = account();
  budget.set(a, 20 * kKiB);
  EXPECT_EQ(budget.allowance(a, kRead), kRead);
  budget.set(b, 20 * kKiB);
  EXPECT_EQ(budget.allowance(b, kRead), 0U);
  budget.wait(b);
  budget.set(a, 200 * kKiB, Budget::Holds::kTheSame);
  EXPECT_EQ(budget.used(), 104 * kKiB);
  EXPECT_FALSE(budget.can_resume());
  budget.set(a, 50 * kKiB, Budget::Holds::kAnother);
  EXPECT_EQ(budget.used(), 138 * kKiB) << "what it holds now counts like everybody's";
  EXPECT_EQ(budget.allowance(a, kRead), 0U);
  budget.wait(a);
  ASSERT_TRUE(budget.can_resume());
  budget.resume();
  EXPECT_EQ(woken, (std::vector<Budget::Account*>{&b, &a}));
  EXPECT_EQ(budget.allowance(b, kRead), kRead) << "it has waited longer";
  EXPECT_EQ(budget.allowance(a, kRead), 0U);
}

TEST_F(Budgets, WhatFavouredOnesLeaveBehindIsBounded) {
  Budget::Account& large = account();
  budget.set(large, 116 * kKiB + Budget::kOverdraft);
  Budget::Account& a = account();
  budget.set(a, 17 * kKiB);
  EXPECT_EQ(budget.used(), 101 * kKiB + Budget::kOverdraft);
  EXPECT_EQ(budget.allowance(a, kRead), kRead) << "what it held of the pool is in its reserve now";
  Budget::Account& b = account();
  budget.set(b, 16 * kKiB + 1);
  EXPECT_EQ(budget.allowance(a, kRead), Budget::kFree);
  budget.set(b, 0);
  EXPECT_EQ(budget.allowance(a, kRead), kRead);
}

TEST_F(Budgets, WhoGoesAwayGivesAllBack) {
  Budget::Account& a = account();
  Budget::Account& b = account();
  budget.set(a, 500 * kKiB);
  EXPECT_EQ(budget.allowance(a, kRead), kRead);
  budget.set(b, 116 * kKiB);
  EXPECT_EQ(budget.allowance(b, kRead), 0U);
  budget.wait(b);
  budget.give_up(b);
  EXPECT_FALSE(budget.somebody_waits());
  EXPECT_EQ(budget.used(), 0U);
  budget.set(b, 116 * kKiB);
  budget.wait(b);
  budget.give_up(a);
  ASSERT_TRUE(budget.can_resume());
  budget.resume();
  EXPECT_EQ(budget.allowance(b, kRead), kRead);
}

TEST_F(Budgets, NobodyPassesThoseWhoWait) {
  Budget::Account& hog = account();
  budget.set(hog, 116 * kKiB);
  EXPECT_EQ(budget.allowance(hog, kRead), kRead);
  Budget::Account& a = account();
  budget.set(a, 116 * kKiB);
  budget.wait(a);
  budget.set(a, 60 * kKiB);
  Budget::Account& late = account();
  budget.set(late, 16 * kKiB);
  EXPECT_EQ(budget.allowance(late, kRead), 0U) << "although there is room";
  budget.resume();
  EXPECT_EQ(woken, (std::vector<Budget::Account*>{&a}));
  EXPECT_GT(budget.allowance(a, kRead), 0U);
}

TEST_F(Budgets, StalledIsWhoHoldsMemoryAndDoesNotGetOn) {
  constexpr Duration kGrace = std::chrono::seconds{10};
  MonoTime now{Duration{1'000'000}};
  Budget::Account& a = account();
  budget.set(a, 16 * kKiB);
  Budget::note_read(a, 1, now);
  EXPECT_FALSE(budget.stalled(a, now + kGrace, kGrace)) << "it holds nothing shared";
  budget.set(a, 20 * kKiB);
  EXPECT_FALSE(budget.stalled(a, now + kGrace - Duration{1}, kGrace));
  EXPECT_TRUE(budget.stalled(a, now + kGrace, kGrace));
  now += std::chrono::seconds{9};
  Budget::note_read(a, Budget::kProgress - 1, now);
  EXPECT_TRUE(budget.stalled(a, now + std::chrono::seconds{1}, kGrace)) << "a trickle is no progress";
  Budget::note_read(a, 1, now);
  EXPECT_FALSE(budget.stalled(a, now + std::chrono::seconds{1}, kGrace));
  budget.wait(a);
  EXPECT_FALSE(budget.stalled(a, now + kGrace, kGrace)) << "it is us who keep it waiting";
}

}  // namespace
}  // namespace respand::ingest
