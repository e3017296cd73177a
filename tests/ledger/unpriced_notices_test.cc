// What the log hears of models without a price: each once, and not all that an application may make up.

#include "ledger/unpriced_notices.h"

#include <gtest/gtest.h>

#include <string>

#include "respand/base/text.h"
#include "tests/support/files.h"

namespace respand::ledger {
namespace {

TEST(UnpricedNoticesTest, EachModelOnceAndOfTooManyThatTheyAreMore) {
  UnpricedNotices notices;
  const auto log_of = [&](const std::string& model) {
    testing::internal::CaptureStderr();
    notices.note({.model = model});
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(test::count_of(log_of("m1"), "model=m1"), 1U);
  EXPECT_EQ(log_of("m1"), "");
  for (std::size_t i = 2; i <= UnpricedNotices::kMostModels; ++i) {
    ASSERT_EQ(test::count_of(log_of(cat("m", i)), "not told one by one"), 0U) << i;
  }
  EXPECT_EQ(test::count_of(log_of("over-it"), "not told one by one"), 1U);
  EXPECT_EQ(log_of("one-more"), "");
}

}  // namespace
}  // namespace respand::ledger
