#include "respand/record/decimal.h"

#include <gtest/gtest.h>

#include <string>

namespace respand::record {
namespace {

std::string put(Decimal value) {
  std::string out(kDecimalSize, '\0');
  out.resize(put_decimal(value, out.data()));
  return out;
}

std::string through(std::string_view number) {
  const auto value = parse_decimal(number);
  return value ? put(*value) : "none";
}

TEST(Decimal, ReadsWhatJsonHas) {
  EXPECT_EQ(through("0"), "0");
  EXPECT_EQ(through("0.000"), "0");
  EXPECT_EQ(through("0e99999999999"), "0");
  EXPECT_EQ(through("7"), "7");
  EXPECT_EQ(through("1.50"), "1.5");
  EXPECT_EQ(through("2e3"), "2000");
  EXPECT_EQ(through("2.5E+3"), "2500");
  EXPECT_EQ(through("1000e-3"), "1");
  EXPECT_EQ(through("1200.0e-3"), "1.2");
  EXPECT_EQ(through("100200"), "100200");
  EXPECT_EQ(through("0.000000000000000001"), "0.000000000000000001");
  EXPECT_EQ(through("1e-18"), "0.000000000000000001");
  EXPECT_EQ(through("1.00000000000000000000000000000000000000000000"), "1");
  EXPECT_EQ(through("0.1"), "0.1") << "no 0.1000000000000000055";
}

TEST(Decimal, RefusesWhatItCannotHold) {
  for (const std::string_view number :
       {"", "-1", "-0", "\"1\"", "null", "true", "{}", "[1]", "1e18", "1000000000000000000", "1e-19", "1e400", "1e-400",
        "1e99999999999", "0.1234567890123456789"}) {
    EXPECT_EQ(through(number), "none") << number;
  }
}

TEST(Decimal, RoundsToTwelveDigits) {
  EXPECT_EQ(put({123'456'789'012, 11}), "1.23456789012");
  EXPECT_EQ(put({1'234'567'890'124, 12}), "1.23456789012");
  EXPECT_EQ(put({1'234'567'890'125, 12}), "1.23456789013") << "half goes up";
  EXPECT_EQ(put({9'999'999'999'999, 12}), "10");
  EXPECT_EQ(put({1'234'567'890'125, 0}), "1234567890130");
  EXPECT_EQ(put({Wide{123'456'789'012'499'999} * 1'000'000'000, 18}), "123456789.012") << "12 digits of 18";
  EXPECT_EQ(put({123'456'789'012, 18}), "0.000000123456789012") << "the longest";
  EXPECT_EQ(put({power_of_ten(36) - power_of_ten(24), 18}), "999999999999000000");
}

}  // namespace
}  // namespace respand::record
