#include "cli/tap_line.h"

#include <gtest/gtest.h>

namespace respand::cli {
namespace {

TEST(TapLine, ForPeople) {
  EXPECT_EQ(tap_line(R"({"time":"2026-11-25T12:03:11.123456Z","outcome":"delivered","code":"200","milliseconds":17,)"
                     R"("attempts":1,"sequence":4,"model":"gpt-4o","customer":"","bytes":2,"record":{}})"),
            "2026-11-25T12:03:11.123 delivered 200 17ms model=gpt-4o customer=- {}");
  EXPECT_EQ(
      tap_line(
          R"({"time":"2026-11-25T12:03:11.123456Z","outcome":"retried","code":"503","milliseconds":1,)"
          R"("attempts":3,"sequence":4,"model":"a \"b\"","customer":"x","why":"503: busy","bytes":9,"record":null})"),
      "2026-11-25T12:03:11.123 retried 503 1ms model=a \"b\" customer=x tries=3 (503: busy) 9 bytes, too large to "
      "be shown");
}

TEST(TapLine, NothingInARecordIsTakenForTheTapsOwn) {
  EXPECT_EQ(
      tap_line(R"({"time":"2026-11-25T12:03:11.123456Z","outcome":"delivered","code":"200","milliseconds":17,)"
               R"("attempts":1,"sequence":4,"model":"m","customer":"c","bytes":2,"record":{"why":"x","model":"y"}})"),
      "2026-11-25T12:03:11.123 delivered 200 17ms model=m customer=c {\"why\":\"x\",\"model\":\"y\"}");
}

TEST(TapLine, ATerminalGetsNoCommands) {
  EXPECT_EQ(tap_line("\x1b[2J{"), "?[2J{");
  EXPECT_EQ(tap_line("{\"time\":\"2026-11-25T12:03:11.123456Z\",\"outcome\":\"delivered\",\"code\":\"200\","
                     "\"milliseconds\":17,\"attempts\":1,\"sequence\":4,\"model\":\"\\u001b[2J\",\"customer\":\"c\","
                     "\"bytes\":2,\"record\":{\"a\":\"\x1b]0;x\x07\"}}"),
            "2026-11-25T12:03:11.123 delivered 200 17ms model=?[2J customer=c {\"a\":\"?]0;x?\"}");
}

TEST(TapLine, WhatWasLeftOut) {
  EXPECT_EQ(left_out(R"({"left_out":12})"), 12U);
  EXPECT_EQ(left_out(R"({"time":"x"})"), std::nullopt);
}

}  // namespace
}  // namespace respand::cli
