#include "app/query.h"

#include <gtest/gtest.h>

namespace respand::app {
namespace {

TEST(Query, ValuesComeBackWhateverTheyHold) {
  std::string query;
  put_query(query, "empty", "");
  put_query(query, "model", "a b&c=%20/ü\n");
  put_query(query, "customer", "x");
  EXPECT_EQ(query, "model=a%20b%26c%3D%2520%2F%C3%BC%0A&customer=x");
  EXPECT_EQ(query_value(query, "model"), "a b&c=%20/ü\n");
  EXPECT_EQ(query_value(query, "customer"), "x");
  EXPECT_EQ(query_value(query, "empty"), "");
}

TEST(Query, WhatIsBrokenIsTakenAsItIs) {
  EXPECT_EQ(query_value("a=%", "a"), "%");
  EXPECT_EQ(query_value("a=%4", "a"), "%4");
  EXPECT_EQ(query_value("a=%4G%41", "a"), "%4GA");
  EXPECT_EQ(query_value("ab=1&a&a=2&a=3", "a"), "2");
  EXPECT_EQ(query_value("&&=", "a"), "");
}

}  // namespace
}  // namespace respand::app
