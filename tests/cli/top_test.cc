// The figures and the picture of `respand top`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/top_screen.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

std::string metrics(double n) {
  const auto count = static_cast<std::uint64_t>(n);
  return cat("# TYPE respand_records_received_total counter\nrespand_records_received_total{input=\"http\"} ", count,
             "\nrespand_records_received_total{input=\"socket\"} ", count, "\nrespand_records_delivered_total ", count,
             "\nrespand_llm_cost_usd_total{model=\"a\"} ", count,
             "\nrespand_backlog_records 12\nrespand_circuit_open 1\n"
             "respand_delivery_lag_seconds_bucket{le=\"0.01\"} ",
             count / 2, "\nrespand_delivery_lag_seconds_bucket{le=\"0.1\"} ", count,
             "\nrespand_delivery_lag_seconds_bucket{le=\"+Inf\"} ", count, "\n");
}

History history_of(std::size_t moments) {
  History history;
  for (std::size_t i = 0; i < moments; ++i) {
    history.add(sample_in(metrics(static_cast<double>(i) * 100), MonoTime{seconds{i}}));
  }
  return history;
}

TEST(TopFigures, RatesQuantilesAndCostAMinute) {
  const History history = history_of(100);
  EXPECT_DOUBLE_EQ(history.rate(&MetricsSample::received), 200);
  EXPECT_DOUBLE_EQ(history.a_minute(&MetricsSample::cost_usd), 6000);
  EXPECT_DOUBLE_EQ(history.quantile(&MetricsSample::lag, 0.5), 0.01);
  EXPECT_DOUBLE_EQ(history.quantile(&MetricsSample::lag, 0.99), 0.1);
  EXPECT_LT(history.quantile(&MetricsSample::request, 0.5), 0) << "there was none";
  EXPECT_TRUE(history.last().circuit_open);
}

TEST(TopFigures, ADaemonThatStartedAnewCountsFromZero) {
  History history = history_of(10);
  history.add(sample_in(metrics(5), MonoTime{seconds{10}}));
  EXPECT_DOUBLE_EQ(history.rate(&MetricsSample::received), 0);
  EXPECT_TRUE(history.rates(&MetricsSample::received).empty());
}

TEST(TopScreen, FitsEveryWindow) {
  const History history = history_of(History::kMost + 50);
  const std::string headline = cat("paused: ", std::string(300, 'x'), "日本");
  for (const auto& [width, height] :
       {std::pair<std::size_t, std::size_t>{80, 24}, {1, 1}, {20, 5}, {61, 24}, {300, 100}}) {
    for (const bool utf8 : {true, false}) {
      const auto lines = top_screen({headline, "12:03:11", history, width, height, utf8});
      EXPECT_LE(lines.size(), height);
      for (const std::string& line : lines) {
        const auto columns = static_cast<std::size_t>(std::count_if(
            line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
        EXPECT_LE(columns, width) << line;
      }
    }
  }
}

TEST(TopScreen, ShowsWhatCounts) {
  const History history = history_of(30);
  std::string text;
  for (const std::string& line : top_screen({"delivering", "12:03:11", history, 80, 24, true})) {
    text += line + "\n";
  }
  for (const char* const wanted :
       {"delivering\n", "200/s", "12 records", "99 % within 100ms", "OPEN", "USD/min", "█"}) {
    EXPECT_THAT(text, HasSubstr(wanted));
  }
  EXPECT_THAT(top_line({"delivering", "12:03:11", history}), HasSubstr("received=200/s delivered=100/s backlog=12"));
}

TEST(TopScreen, ShowsWhatTheApiLetsThroughWhereThatIsNotAll) {
  for (const bool limits : {false, true}) {
    History history;
    history.add(
        sample_in(cat(metrics(5), limits ? "respand_pace_requests_per_second 287\nrespand_failure_share 0.1\n" : ""),
                  MonoTime{seconds{1}}));
    std::string text;
    for (const std::string& line : top_screen({"delivering", "12:03:11", history, 80, 24, true})) {
      text += line + "\n";
    }
    EXPECT_EQ(text.find("paced at 287/s by the API (429)") != std::string::npos, limits) << text;
    EXPECT_EQ(text.find("the API fails 10 % of requests") != std::string::npos, limits) << text;
  }
}

TEST(TopScreen, Sparklines) {
  EXPECT_EQ(sparkline({0, 1, 4, 8}, 10, true), " ▁▄█");
  EXPECT_EQ(sparkline({0, 1, 4, 8}, 10, false), " .=@");
  EXPECT_EQ(sparkline({9, 0, 8}, 2, false), " @") << "the last ones, scaled to themselves";
  EXPECT_EQ(sparkline({0, 0}, 10, false), "  ");
  EXPECT_EQ(sparkline({}, 10, false), "");
}

}  // namespace
}  // namespace respand::cli
