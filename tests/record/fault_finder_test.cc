// Which words a fault has is in record_parser_test.cc, that both readings of a record agree in
// document_walk_oracle_test.cc.

#include "record/fault_finder.h"

#include <gtest/gtest.h>

#include <string>

namespace respand::record {
namespace {

TEST(FaultFinder, NoneInASoundRecord) {
  FaultFinder finder(2);
  EXPECT_FALSE(finder.find("{}").has_value());
  EXPECT_FALSE(finder.find(R"( {"a":[1,"\u0041",null]} )").has_value());
}

TEST(FaultFinder, OfSeveralFaultsTheFirstByte) {
  FaultFinder finder(2);
  const auto fault = finder.find(R"({"a":01,"b":[[]],)");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->message, "not valid JSON: a malformed number, at byte 6");
}

TEST(FaultFinder, EachRecordByItself) {
  FaultFinder finder(2);
  for (int round = 0; round < 3; ++round) {
    const auto deep = finder.find(R"({"a":[[]]})");
    ASSERT_TRUE(deep.has_value());
    EXPECT_EQ(deep->reason, Reason::kTooDeep);
    EXPECT_EQ(deep->byte, 6U);
    const auto root = finder.find("[]");
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(root->reason, Reason::kNotObject);
    EXPECT_FALSE(finder.find("{}").has_value());
  }
}

}  // namespace
}  // namespace respand::record
