#include "respand/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace respand::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr WallTime kWhen{Duration{1'795'304'402'123'456}};

std::string text(std::string_view event, Fields fields = {}) {
  return render(Format::kText, Level::kInfo, kWhen, event, fields);
}
std::string json(std::string_view event, Fields fields = {}) {
  return render(Format::kJson, Level::kWarning, kWhen, event, fields);
}

TEST(LogText, LooksAsTheHeaderSays) {
  EXPECT_EQ(text("journal opened", {{"records", 17}, {"segments", 1U}}),
            "2026-11-21T23:40:02.123456Z INFO journal opened records=17 segments=1");
  EXPECT_EQ(render(Format::kAuto, Level::kError, kWhen, "x", {}), "2026-11-21T23:40:02.123456Z ERROR x");
  EXPECT_EQ(render(Format::kText, Level::kDebug, kWhen, "x", {}), "2026-11-21T23:40:02.123456Z DEBUG x");
}

TEST(LogText, QuotesWhatWouldReadAsMoreThanOneValue) {
  EXPECT_THAT(text("e", {{"k", "plain"}}), EndsWith(" k=plain"));
  EXPECT_THAT(text("e", {{"k", ""}}), EndsWith(R"( k="")"));
  EXPECT_THAT(text("e", {{"k", "a b"}}), EndsWith(R"( k="a b")"));
  EXPECT_THAT(text("e", {{"k", "a other=1"}}), EndsWith(R"( k="a other=1")"));
  EXPECT_THAT(text("e", {{"k", R"(a" b)"}}), EndsWith(R"( k="a\" b")"));
  EXPECT_THAT(text("e", {{"k", R"(a\" b)"}}), EndsWith(R"( k="a\\\" b")"));
}

TEST(LogJson, IsOneObject) {
  EXPECT_EQ(
      json("journal opened", {{"records", 17}, {"path", "/x y"}}),
      R"({"time":"2026-11-21T23:40:02.123456Z","level":"WARNING","event":"journal opened","records":17,"path":"/x y"})");
  EXPECT_THAT(json("e", {{"k", R"(","level":"x)"}}), EndsWith(R"("k":"\",\"level\":\"x"})"));
}

TEST(LogValues, NumbersAndTruthKeepTheirValue) {
  const Fields fields{{"a", std::numeric_limits<std::int64_t>::min()},
                      {"b", std::numeric_limits<std::uint64_t>::max()},
                      {"c", 1234567.25},
                      {"d", 0.1},
                      {"e", true},
                      {"f", false}};
  EXPECT_THAT(text("e", fields),
              EndsWith(" a=-9223372036854775808 b=18446744073709551615 c=1234567.25 d=0.1 e=true f=false"));
  EXPECT_THAT(json("e", fields), EndsWith(R"("b":18446744073709551615,"c":1234567.25,"d":0.1,"e":true,"f":false})"));
}

TEST(LogValues, NumbersThatJsonDoesNotHaveAreNull) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Fields fields{{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", kInfinity}, {"c", -kInfinity}};
  EXPECT_THAT(json("e", fields), EndsWith(R"("a":null,"b":null,"c":null})"));
}

// Values that try to end the line, to start a JSON member, or to move the terminal's cursor.
const std::vector<std::string>& hostile() {
  static const std::vector<std::string> values{
      "x\n2026-11-21T23:40:02.123456Z ERROR forged",
      "x\r\nforged",
      "x\rforged",
      "x\vforged\fx",
      "x\u0085forged",
      "x\u2028forged\u2029",
      "\x1b[2J\x1b[Hforged",
      "\x9b"
      "2J",
      "\u009b2J",
      "\"}\n{\"level\":\"ERROR\"",
      "\\\n",
      "\xC3\n",
      std::string("x\0forged", 8),
      "\u202eforged",
  };
  return values;
}

TEST(LogValues, NoValueAndNoEventForgesASecondLine) {
  for (const std::string& value : hostile()) {
    for (const std::string& line : {text("e", {{"k", value}}), json("e", {{"k", value}}), text(value), json(value)}) {
      for (const char* end : {"\n", "\r", "\v", "\f", "\x1b", "\u0085", "\u009b", "\u2028", "\u2029", "\u202e"}) {
        EXPECT_THAT(line, Not(HasSubstr(end)));
      }
      EXPECT_EQ(line.find('\0'), std::string::npos);
      EXPECT_EQ(line.find('\x7f'), std::string::npos);
    }
  }
}

TEST(LogValues, AnEndlessValueIsCut) {
  const std::string value(1 << 20, '"');
  EXPECT_LT(text("e", {{"k", value}}).size(), 9000U);
  EXPECT_LT(json("e", {{"k", value}}).size(), 9000U);
}

TEST(LogThrottle, LetsOneThroughAPeriodAndCountsTheRest) {
  using namespace std::chrono_literals;
  LogThrottle gate(10s);
  const MonoTime start{1s};
  EXPECT_TRUE(gate.open(start));
  EXPECT_EQ(gate.held_back(), 0U);
  EXPECT_FALSE(gate.open(start));
  EXPECT_FALSE(gate.open(start + 10s - 1us));
  EXPECT_EQ(gate.held_back(), 0U) << "not yet told";
  EXPECT_TRUE(gate.open(start + 10s));
  EXPECT_EQ(gate.held_back(), 2U);
  EXPECT_TRUE(gate.open(start + 20s + 1us));
  EXPECT_EQ(gate.held_back(), 0U);
}

}  // namespace
}  // namespace respand::log
