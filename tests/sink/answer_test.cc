#include "sink/answer.h"

#include <gtest/gtest.h>

#include "tests/support/http_text.h"

namespace respand::sink {
namespace {

test::HttpMessage answer_of(const Verdict& verdict, Ending ending = {}) {
  std::string bytes;
  put_answer(bytes, verdict, ending);
  auto message = test::take_message(bytes);
  EXPECT_TRUE(message && bytes.empty());
  return message.value_or(test::HttpMessage());
}

TEST(Answer, SpeaksAsTheApi) {
  EXPECT_EQ(answer_of({.status = 200}).first_line, "HTTP/1.1 200 OK");
  EXPECT_EQ(answer_of({.status = 200}).body, R"({"message":"log successful"})");
  EXPECT_EQ(answer_of({.status = 201}).body, R"({"message":"log successful"})");
  EXPECT_EQ(answer_of({.status = 400}).body, R"({"detail":"Invalid request format"})");
  EXPECT_EQ(answer_of({.status = 503}).first_line, "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(answer_of({.status = 503}).body, R"({"detail":"Service Unavailable"})");
  EXPECT_EQ(answer_of({.status = 405}).header("allow"), "POST");
}

TEST(Answer, EveryStatusIsAWholeMessage) {
  for (int status = 200; status < 600; ++status) {
    EXPECT_EQ(answer_of({.status = status}).status(), status);
    EXPECT_EQ(answer_of({.status = status}, {.close = true}).header("connection"), "close");
  }
  EXPECT_EQ(answer_of({.status = 204}).header("content-length"), "");
}

TEST(Answer, TellsWhenToComeBackOnlyWhereToldTo) {
  EXPECT_EQ(answer_of({.status = 429, .retry_after = 7}).header("retry-after"), "7");
  EXPECT_EQ(answer_of({.status = 429, .retry_after = 7}).body, R"({"detail":"Rate limit exceeded","retry_after":7})");
  EXPECT_EQ(answer_of({.status = 503, .retry_after = 7}).header("retry-after"), "7");
  EXPECT_EQ(answer_of({.status = 500, .retry_after = 7}).header("retry-after"), "");
  EXPECT_EQ(answer_of({.status = 429}).header("retry-after"), "");
  EXPECT_EQ(answer_of({.status = 429}).body, R"({"detail":"Rate limit exceeded"})");
}

TEST(Answer, TellsItAsADateOrInTheBodyAlone) {
  // 2026-09-21T14:13:20.25Z: the date is the next whole second after the seconds told.
  const WallTime decided = WallTime{std::chrono::milliseconds{1'790'000'000'250}};
  const Verdict date{.status = 429, .retry_after = 7, .retry_after_form = RetryAfterForm::kDate, .decided = decided};
  EXPECT_EQ(answer_of(date).header("retry-after"), "Mon, 21 Sep 2026 14:13:28 GMT");
  EXPECT_EQ(answer_of(date).body, R"({"detail":"Rate limit exceeded"})");
  const Verdict json{.status = 429, .retry_after = 7, .retry_after_form = RetryAfterForm::kJson};
  EXPECT_EQ(answer_of(json).header("retry-after"), "");
  EXPECT_EQ(answer_of(json).body, R"({"detail":"Rate limit exceeded","retry_after":7})");
}

TEST(Answer, HalfOfItStopsInsideTheBody) {
  std::string half;
  put_half_answer(half, {.status = 200}, {});
  EXPECT_TRUE(half.ends_with("\r\n\r\n{\"message\":\"lo"));
}

TEST(Answer, AHeadRequestGetsNoBody) {
  std::string bytes;
  put_answer(bytes, {.status = 405}, {.head = true});
  EXPECT_TRUE(bytes.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace respand::sink
