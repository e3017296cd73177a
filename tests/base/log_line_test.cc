#include "respand/base/log_line.h"

#include <gtest/gtest.h>

namespace respand {
namespace {

TEST(LogLine, IsTakenApartAsItWasWritten) {
  for (const log::Level level : {log::Level::kDebug, log::Level::kInfo, log::Level::kWarning, log::Level::kError}) {
    EXPECT_EQ(log::level_of(log::name_of(level)), level);
    for (const std::string event : {"ready", "journal opened", "x"}) {
      const std::string bare = log::render(log::Format::kText, level, WallTime{}, event, {});
      const std::string more =
          log::render(log::Format::kText, level, WallTime{}, event, {{"records", 7}, {"why", "a b=c"}});
      for (const std::string& line : {bare, more}) {
        const auto parsed = log::parse_line(line);
        ASSERT_TRUE(parsed) << line;
        EXPECT_EQ(parsed->level, level);
        EXPECT_EQ(parsed->event, event);
      }
    }
  }
}

TEST(LogLine, OtherLinesAreNone) {
  for (const char* line : {"", "respand run: no", "/etc/respand.yaml:1:1: unknown key 'a'",
                           "2026-11-21T23:40:02.123456Z", "2026-11-21T23:40:02.123456Z LOUD ready",
                           R"({"time":"2026-11-21T23:40:02.123456Z","level":"INFO","event":"ready"})"}) {
    EXPECT_FALSE(log::parse_line(line)) << line;
  }
}

}  // namespace
}  // namespace respand
