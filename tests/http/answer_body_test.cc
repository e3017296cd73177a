#include "http/answer_body.h"

#include <gtest/gtest.h>

#include "http/retry_after.h"
#include "respand/base/text.h"

namespace respand::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<Duration> retry_after(std::string_view json) { return read_answer_body(json, false).retry_after; }

TEST(AnswerBody, SaysHowLongToWait) {
  EXPECT_EQ(retry_after(R"({"detail":"Rate limit exceeded","retry_after":60})"), seconds{60});
  EXPECT_EQ(retry_after("{ \"retry_after\" : 2.5 , \"x\":1}"), milliseconds{2500});
  EXPECT_EQ(retry_after(R"({"error":{"retry_after":"30"}})"), seconds{30});
  EXPECT_EQ(retry_after(R"({"retry_after":1e99})"), hours{24});
}

// The word may be a value, stand in a text, or come first with something that is no number.
TEST(AnswerBody, TheMemberCountsNotTheWord) {
  EXPECT_EQ(retry_after(R"({"code":"retry_after","retry_after":7})"), seconds{7});
  EXPECT_EQ(retry_after(R"({"retry_after":null,"error":{"retry_after":8}})"), seconds{8});
  EXPECT_EQ(retry_after(R"({"detail":"\"retry_after\":5","retry\u005fafter":9})"), seconds{9});
  EXPECT_EQ(retry_after(R"([{"errors":[{"retry_after":4}]}])"), seconds{4});
  EXPECT_EQ(retry_after(R"({"error":{"retry_after":60},"retry_after":3})"), seconds{3}) << "the outermost";
  EXPECT_EQ(retry_after(R"({"retry_after":{"seconds":5}})"), std::nullopt);
}

TEST(AnswerBody, IgnoresWhatIsNoSuchMember) {
  for (const std::string_view json :
       {"", "{}", R"({"retry_after")", R"({"retry_after":)", R"({"retry_after":null})", R"({"retry_after":-5})",
        R"({"retry_after":})", R"({"retry_after":"5)", R"({"retry_after":5)", R"({"retry_after":5x})",
        R"("retry_after")", R"({"detail":"\"retry_after\":5"})", R"({"retry_after":["5"]})", R"({"retry_afters":5})",
        R"({"retry_after":"soon"})", R"({"retry_after":true})", "<html>retry_after: 5</html>"}) {
    EXPECT_EQ(retry_after(json), std::nullopt) << json;
  }
}

TEST(AnswerBody, OfACutOneWhatCameBeforeCounts) {
  const std::string_view cut = R"({"retry_after":5,"detail":"Rate li)";
  EXPECT_EQ(read_answer_body(cut, true).retry_after, seconds{5});
  EXPECT_EQ(read_answer_body(cut, false).retry_after, std::nullopt);
}

TEST(AnswerBody, SaysWhatIsWrong) {
  const auto message = [](std::string_view json) { return read_answer_body(json, false).message; };
  EXPECT_EQ(message(R"({"detail":"Your API key is invalid"})"), "Your API key is invalid");
  EXPECT_EQ(message(R"({"error":{"message":"Validation error","code":"x"}})"), "Validation error");
  EXPECT_EQ(message(R"({"detail":[{"loc":["body"],"input":"a prompt","msg":"Field required"}]})"), "Field required");
  EXPECT_EQ(message(R"({"error":"no","detail":{"message":"deeper"}})"), "no");
  EXPECT_EQ(message(R"({"input":"a prompt"})"), "");
  EXPECT_EQ(message("<html>"), "");
}

TEST(AnswerBody, NestingCostsNoStack) {
  for (const char* piece : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) {
      deep += piece;
    }
    EXPECT_EQ(retry_after(deep), std::nullopt);
  }
  const std::string most(AnswerBody::kMaxDepth - 1, '[');
  const std::string end(AnswerBody::kMaxDepth - 1, ']');
  EXPECT_EQ(retry_after(cat(most, R"({"retry_after":5})", end)), seconds{5});
  EXPECT_EQ(retry_after(cat("[", most, R"({"retry_after":5})", end, "]")), std::nullopt);
}

}  // namespace
}  // namespace respand::http
