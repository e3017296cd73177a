#include "ledger/usd.h"

#include <gtest/gtest.h>

namespace respand::ledger {
namespace {

TEST(Usd, OfDecimals) {
  EXPECT_EQ(Usd::of({15, 4}), (Usd{0, 1'500'000'000'000'000}));
  EXPECT_EQ(Usd::of({0, 0}), Usd{});
  EXPECT_EQ(Usd::of({123, 0}), (Usd{123, 0}));
  EXPECT_EQ(Usd::of({1, 18}), (Usd{0, 1}));
  // 999999999999999999.999999999999999999, the largest that the encoder makes
  const record::Wide most = record::Wide{1'000'000'000'000'000'000} * 1'000'000'000'000'000'000 - 1;
  EXPECT_EQ(Usd::of({most, 18}), (Usd{999'999'999'999'999'999, 999'999'999'999'999'999}));
}

TEST(Usd, SumsCarryAndStopAtTheLargest) {
  Usd money{1, Usd::kUnits - 1};
  money.add({0, 1});
  EXPECT_EQ(money, (Usd{2, 0}));
  money.add({3, Usd::kUnits - 1});
  EXPECT_EQ(money.minus({3, Usd::kUnits - 1}), (Usd{2, 0}));
  EXPECT_EQ(money.minus(money), Usd{});
  Usd most{Usd::kMost - 1, 0};
  most.add({1, 0});
  EXPECT_EQ(most.dollars, Usd::kMost);
  most.add({5, 5});
  EXPECT_EQ(most.dollars, Usd::kMost);
}

TEST(Usd, Texts) {
  EXPECT_EQ((Usd{0, 0}.exact()), "0");
  EXPECT_EQ((Usd{12, 0}.exact()), "12");
  EXPECT_EQ((Usd{0, 1'500'000'000'000}.exact()), "0.0000015");
  EXPECT_EQ((Usd{1, 1}.exact()), "1.000000000000000001");
  EXPECT_EQ((Usd{1, Usd::kUnits / 2}.rounded(0)), "2");
  EXPECT_EQ((Usd{1, Usd::kUnits / 2 - 1}.rounded(0)), "1");
  EXPECT_EQ((Usd{0, 4'999'999'999'999'999}.rounded(2)), "0.00");
  EXPECT_EQ((Usd{0, 5'000'000'000'000'000}.rounded(2)), "0.01");
  EXPECT_EQ((Usd{9, Usd::kUnits - 1}.rounded(4)), "10.0000");
  EXPECT_EQ((Usd{9, Usd::kUnits - 1}.rounded(18)), "9.999999999999999999");
}

}  // namespace
}  // namespace respand::ledger
