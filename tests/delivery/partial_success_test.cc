#include "delivery/partial_success.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

TEST(PartialSuccess, SaysHowManySpansWereRejected) {
  EXPECT_EQ(rejected_spans(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}})", false), 3U);
  EXPECT_EQ(rejected_spans(R"({"partialSuccess": {"rejectedSpans" : 4}})", false), 4U);
  EXPECT_EQ(rejected_spans(R"({"partial_success":{"rejected_spans":5}})", false), 5U);
  EXPECT_EQ(rejected_spans({"\x0a\x04\x08\x07\x12\x00", 6}, true), 7U);
}

TEST(PartialSuccess, OrNothing) {
  for (const char* answer : {"", "{}", R"({"partialSuccess":{}})", R"({"partialSuccess":{"rejectedSpans":0}})",
                             R"({"rejectedSpans":"many"})", R"({"rejectedSpans":99999999999})", R"("rejectedSpans")"}) {
    EXPECT_EQ(rejected_spans(answer, false), 0U) << answer;
  }
  EXPECT_EQ(rejected_spans("", true), 0U);
  EXPECT_EQ(rejected_spans("\x0a\x7f", true), 0U);
  EXPECT_EQ(rejected_spans("{}", true), 0U);
}

}  // namespace
}  // namespace respand::delivery
