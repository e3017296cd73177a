#include "sink/identifier_set.h"

#include <gtest/gtest.h>

#include <string>

namespace respand::sink {
namespace {

TEST(IdentifierSet, KnowsWhatItHasSeenWhileItGrows) {
  IdentifierSet set;
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(set.insert(std::to_string(i)));
    ASSERT_FALSE(set.insert(std::to_string(i / 2)));
  }
  EXPECT_EQ(set.size(), 20'000U);
  EXPECT_TRUE(set.insert(""));
  EXPECT_FALSE(set.insert(""));
}

}  // namespace
}  // namespace respand::sink
