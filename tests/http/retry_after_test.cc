#include "http/retry_after.h"

#include <gtest/gtest.h>

#include <string>

namespace respand::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Sun, 06 Nov 1994 08:49:37 GMT: the date of RFC 9110's examples.
constexpr WallTime kRfcDate{seconds{784'111'777}};

std::optional<Duration> header(std::string_view value) { return parse_retry_after(value, kRfcDate); }

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(header("0"), Duration{0});
  EXPECT_EQ(header("120"), seconds{120});
  EXPECT_EQ(header(" \t7 \r\n"), seconds{7});
  EXPECT_EQ(header("1.5"), milliseconds{1500});
}

TEST(RetryAfter, ReadsAllDateFormsOfTheRfc) {
  EXPECT_EQ(header(" Sun, 06 Nov 1994 08:49:47 GMT\r\n"), seconds{10});
  EXPECT_EQ(header("Sunday, 06-Nov-94 08:49:47 GMT"), seconds{10});
  EXPECT_EQ(header("Sun Nov  6 08:49:47 1994"), seconds{10});
}

// An hour behind or ahead of the server: its own Date is the clock that counts.
TEST(RetryAfter, ADateIsMeasuredAgainstTheAnswersDate) {
  const auto date = parse_date(" Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  ASSERT_EQ(date, kRfcDate);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:44 GMT", *date), seconds{7});
  for (const std::string_view wrong : {"", "soon", "5", "\xff"}) {
    EXPECT_EQ(parse_date(wrong), std::nullopt) << wrong;
  }
}

TEST(RetryAfter, IgnoresThePast) {
  EXPECT_EQ(header("-1"), std::nullopt);
  EXPECT_EQ(header("-0"), std::nullopt);
  EXPECT_EQ(header("Sun, 06 Nov 1994 08:49:36 GMT"), std::nullopt);
  EXPECT_EQ(header("Sun, 06 Nov 1994 08:49:37 GMT"), Duration{0});
}

TEST(RetryAfter, CapsToADay) {
  EXPECT_EQ(header("86399"), seconds{86399});
  EXPECT_EQ(header("86400"), hours{24});
  EXPECT_EQ(header("86401"), hours{24});
  EXPECT_EQ(header("18446744073709551617"), hours{24});
  EXPECT_EQ(header("1e308"), hours{24});
  EXPECT_EQ(header("1e999"), hours{24});
  EXPECT_EQ(header(std::string(500, '9')), hours{24});
  EXPECT_EQ(header("Sun, 06 Nov 2094 08:49:37 GMT"), hours{24});
  EXPECT_EQ(header("Fri, 31 Dec 20272 3:59:59 GMT"), hours{24});  // in nanoseconds it does not fit into 64 bits
}

TEST(RetryAfter, IgnoresNonsense) {
  for (const std::string_view value :
       {"", " ", "soon", "inf", "nan", "NaN", "0x10", "12 seconds", "1,5", "5;", "+5", "\xff\xfe"}) {
    EXPECT_EQ(header(value), std::nullopt) << value;
  }
  EXPECT_EQ(header(std::string(100'000, 'a')), std::nullopt);
  EXPECT_EQ(header(std::string_view("5\0", 2)), std::nullopt);
}

TEST(RateLimitReset, IsSecondsFromNowOrATime) {
  const WallTime now{std::chrono::seconds{1'790'000'000}};
  const auto parse = [&](std::string_view text) { return parse_rate_limit_reset(text, now); };
  EXPECT_EQ(parse(" 30\r\n"), std::chrono::seconds{30});
  EXPECT_EQ(parse("0"), std::chrono::seconds{0});
  EXPECT_EQ(parse("0.25"), std::chrono::milliseconds{250});
  EXPECT_EQ(parse("1790000060"), std::chrono::seconds{60});
  EXPECT_EQ(parse("1790000060000"), std::chrono::seconds{60});
  EXPECT_EQ(parse("1789999999"), std::nullopt) << "over already";
  EXPECT_EQ(parse("999999999"), kMaxRetryAfter) << "31 years";
  EXPECT_EQ(parse("1000000000"), std::nullopt) << "in 2001";
  EXPECT_EQ(parse("99999999999"), kMaxRetryAfter);
  EXPECT_EQ(parse("99999999999999999999999999999999999999999"), kMaxRetryAfter);
  for (const char* wrong : {"", "-1", "6m0s", "1s", "30 seconds", "NaN", "inf", "0x10",
                            "1790000060 "
                            "x",
                            ":"}) {
    EXPECT_EQ(parse(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace respand::http
