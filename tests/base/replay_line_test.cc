#include "respand/base/replay_line.h"

#include <gtest/gtest.h>

#include "respand/base/json_text.h"

namespace respand {
namespace {

TEST(ReplayLine, ComesBackAsItWasWritten) {
  for (const ReplayLine& line : {ReplayLine{ApiRoute::kRecords, "prod", R"({"a":","body":"})"},
                                 ReplayLine{ApiRoute::kOtlp, "", R"({"base64":"CgA="})"}}) {
    const std::string text = write_replay_line(line);
    const auto back = read_replay_line(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(back->route, line.route);
    EXPECT_EQ(back->key, line.key);
    EXPECT_EQ(back->body, line.body);
  }
  EXPECT_EQ(write_replay_line({ApiRoute::kOtlp, "prod", "{}"}),
            R"({"respand-replay":1,"route":"v2/traces","key":"prod","body":{}})");
}

TEST(ReplayLine, ARecordIsNone) {
  for (const std::string_view text :
       {R"({"a":1})", "", R"({"respand-replay":1})", R"({"respand-replay":1,"route":"later","key":"","body":{}})",
        R"({"respand-replay":1,"route":"","key":"","body":[]})"}) {
    EXPECT_FALSE(read_replay_line(text)) << text;
  }
}

TEST(ReplayLine, BytesComeOutOfBase64) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) {
    EXPECT_EQ(out_of_base64(in_base64(bytes)), bytes);
    bytes.push_back(static_cast<char>(c));
  }
  EXPECT_FALSE(out_of_base64(R"({"base64":"A"})"));
  EXPECT_FALSE(out_of_base64(R"({"base64":"A*=="})"));
  EXPECT_FALSE(out_of_base64(R"({"a":"AAAA"})"));
}

}  // namespace
}  // namespace respand
