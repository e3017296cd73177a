#include "cli/time_range.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

const WallTime kNow{std::chrono::seconds{1'790'000'000}};  // 2026-09-21T14:13:20Z

std::string when(std::string_view text) {
  const auto time = parse_when(text, kNow);
  return time ? iso8601(*time).substr(0, 19) : "-";
}

TEST(TimeRange, DurationHistogram) {
  EXPECT_EQ(when("now"), "2026-09-21T14:13:20");
  EXPECT_EQ(when("24h"), "2026-09-20T14:13:20");
  EXPECT_EQ(when("7d"), "2026-09-14T14:13:20");
  EXPECT_EQ(when("90m"), "2026-09-21T12:43:20");
  EXPECT_EQ(when("2026-11-24"), "2026-11-24T00:00:00");
  EXPECT_EQ(when("2026-11-24T10:30"), "2026-11-24T10:30:00");
  EXPECT_EQ(when("2026-11-24 10:30:59.999Z"), "2026-11-24T10:30:59");
  EXPECT_EQ(when("2026-11-24T10:30:00+02:00"), "2026-11-24T08:30:00");
  EXPECT_EQ(when("2026-11-24T23:30-0530"), "2026-11-25T05:00:00");
  EXPECT_EQ(when("2028-02-29"), "2028-02-29T00:00:00");
}

TEST(TimeRange, WhatIsNone) {
  for (const std::string_view text :
       {"", "yesterday", "24", "-24h", "2026-13-01", "2026-02-29", "2026-11-24T", "2026-11-24T24:00", "2026-11-24T10",
        "2026-11-24T10:30+25:00", "2026-11-24x", "2026-11-24T10:30Zx", "20261124", "1969-12-31", "2026-11-24T10:30:"}) {
    EXPECT_EQ(when(text), "-") << text;
  }
}

TEST(TimeRange, WholeHours) {
  const auto hours = [](std::string_view since, std::string_view until) {
    const auto range = hour_range(*parse_when(since, kNow), *parse_when(until, kNow));
    return range ? range->to - range->from : -1;
  };
  EXPECT_EQ(hours("2026-11-24", "2026-11-25"), 24);
  EXPECT_EQ(hours("2026-11-24T10:59", "2026-11-24T11:01"), 2);
  EXPECT_EQ(hours("24h", "now"), 25) << "the first and the last are whole ones";
  EXPECT_EQ(hours("now", "now"), -1);
  EXPECT_EQ(hours("now", "1h"), -1);
}

}  // namespace
}  // namespace respand::cli
