#include "cli/replies.h"

#include <gtest/gtest.h>

namespace respand::cli {
namespace {

TEST(ParseReply, ReadsBothAnswers) {
  const auto durable = parse_reply(R"({"durable":18446744073709551615})");
  ASSERT_TRUE(durable);
  EXPECT_EQ(durable->kind, Reply::Kind::kDurable);
  EXPECT_EQ(durable->number, 18446744073709551615U);
  const auto refused = parse_reply(R"({"line":3,"error":"not \"JSON\" \u0041}","byte":7})");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, Reply::Kind::kRefused);
  EXPECT_EQ(refused->number, 3U);
  EXPECT_EQ(refused->error, "not \"JSON\" A}");
}

TEST(ParseReply, ReadsNumbersOfRecords) {
  const auto numbered = parse_reply(R"({"line":3,"sequence":77,"records":2})");
  ASSERT_TRUE(numbered);
  EXPECT_EQ(numbered->kind, Reply::Kind::kNumbered);
  EXPECT_EQ(numbered->number, 3U);
  EXPECT_EQ(numbered->sequence, 77U);
  EXPECT_EQ(numbered->records, 2U);
  EXPECT_FALSE(parse_reply(R"({"line":3,"sequence":77})"));
  EXPECT_FALSE(parse_reply(R"({"line":3,"sequence":,"records":2})"));
}

TEST(ParseReply, TakesNothingElse) {
  for (const char* line : {"", "{", "{}", "HTTP/1.1 400 Bad Request", R"({"durable":})", R"({"durable":-1})",
                           R"({"durable":"1"})", R"({"durable":1)", R"({"durable":18446744073709551616})",
                           R"({"durable":1x})", R"({"line":1})", R"({"line":1,"error":})", R"({"line":1,"error":"x})",
                           R"({"line":1,"error":"x\"})", R"({"line":1,"error":"x)", R"({"line":,"error":"x"})"}) {
    EXPECT_FALSE(parse_reply(line)) << line;
  }
}

}  // namespace
}  // namespace respand::cli
