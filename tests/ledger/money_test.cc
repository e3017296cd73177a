#include "ledger/money.h"

#include <gtest/gtest.h>

namespace respand::ledger {
namespace {

TEST(Money, OfDecimals) {
  EXPECT_EQ(Money::of({15, 4}), (Money{0, 1'500'000'000'000'000}));
  EXPECT_EQ(Money::of({0, 0}), Money{});
  EXPECT_EQ(Money::of({123, 0}), (Money{123, 0}));
  EXPECT_EQ(Money::of({1, 18}), (Money{0, 1}));
  // 999999999999999999.999999999999999999, the largest that ingest makes
  const record::Wide most = record::Wide{1'000'000'000'000'000'000} * 1'000'000'000'000'000'000 - 1;
  EXPECT_EQ(Money::of({most, 18}), (Money{999'999'999'999'999'999, 999'999'999'999'999'999}));
}

TEST(Money, SumsCarryAndStopAtTheLargest) {
  Money money{1, Money::kUnits - 1};
  money.add({0, 1});
  EXPECT_EQ(money, (Money{2, 0}));
  money.add({3, Money::kUnits - 1});
  EXPECT_EQ(money.minus({3, Money::kUnits - 1}), (Money{2, 0}));
  EXPECT_EQ(money.minus(money), Money{});
  Money most{Money::kMost - 1, 0};
  most.add({1, 0});
  EXPECT_EQ(most.dollars, Money::kMost);
  most.add({5, 5});
  EXPECT_EQ(most.dollars, Money::kMost);
}

TEST(Money, Texts) {
  EXPECT_EQ((Money{0, 0}.exact()), "0");
  EXPECT_EQ((Money{12, 0}.exact()), "12");
  EXPECT_EQ((Money{0, 1'500'000'000'000}.exact()), "0.0000015");
  EXPECT_EQ((Money{1, 1}.exact()), "1.000000000000000001");
  EXPECT_EQ((Money{1, Money::kUnits / 2}.rounded(0)), "2");
  EXPECT_EQ((Money{1, Money::kUnits / 2 - 1}.rounded(0)), "1");
  EXPECT_EQ((Money{0, 4'999'999'999'999'999}.rounded(2)), "0.00");
  EXPECT_EQ((Money{0, 5'000'000'000'000'000}.rounded(2)), "0.01");
  EXPECT_EQ((Money{9, Money::kUnits - 1}.rounded(4)), "10.0000");
  EXPECT_EQ((Money{9, Money::kUnits - 1}.rounded(18)), "9.999999999999999999");
}

}  // namespace
}  // namespace respand::ledger
