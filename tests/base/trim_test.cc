#include "respand/base/trim.h"

#include <gtest/gtest.h>

namespace respand {
namespace {

TEST(Trimmed, TakesTheWhiteSpaceAtBothEnds) {
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed(" \t\r\n"), "");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(" \ta b\r\n"), "a b");
  EXPECT_EQ(trimmed(" a\n", " "), "a\n");
}

}  // namespace
}  // namespace respand
