#include "respand/base/replay_line.h"

#include <gtest/gtest.h>

namespace respand {
namespace {

TEST(ReplayLine, ComesBackAsItWasWritten) {
  for (const ReplayLine& line :
       {ReplayLine{.key = "prod", .body = R"({"a":","body":"})"},
        ReplayLine{.route = ApiRoute::kOtlp, .body = R"({"base64":"CgA="})"},
        ReplayLine{.route = ApiRoute::kSpans, .query = R"(a=\",\"body\":1)", .body = R"({"a":1})"},
        ReplayLine{.key = "p", .query = "a=b", .headers = R"(X-Respan-A: \\\u000d\u000a)", .body = "{}"},
        ReplayLine{.headers = R"(traceparent: 1\u000d\u000a)", .body = "{}"}}) {
    const std::string text = write_replay_line(line);
    const auto back = read_replay_line(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(back->route, line.route);
    EXPECT_EQ(back->key, line.key);
    EXPECT_EQ(back->query, line.query);
    EXPECT_EQ(back->headers, line.headers);
    EXPECT_EQ(back->body, line.body);
  }
  EXPECT_EQ(write_replay_line({.route = ApiRoute::kOtlp, .key = "prod", .body = "{}"}),
            R"({"respand-replay":1,"route":"v2/traces","key":"prod","body":{}})");
}

TEST(ReplayLine, ARecordIsNone) {
  for (const std::string_view text :
       {R"({"a":1})", "", R"({"respand-replay":1})", R"({"respand-replay":1,"route":"later","key":"","body":{}})",
        R"({"respand-replay":1,"route":"","key":"","body":[]})",
        R"({"respand-replay":1,"route":"","key":"","query":"a)",
        R"({"respand-replay":1,"route":"","key":"","headers":"a","query":"b","body":{}})"}) {
    EXPECT_FALSE(read_replay_line(text)) << text;
  }
}

}  // namespace
}  // namespace respand
