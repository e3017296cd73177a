#include "respand/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <thread>

namespace respand::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Registry, AddsUpCountersOfOneNameOverTheirLabels) {
  Registry registry;
  registry.counter("a_total", "x", {{"k", "1"}, {"l", "1"}}).add(3);
  registry.counter("a_total", "x", {{"k", "1"}, {"l", "2"}}).add(4);
  registry.counter("a_total", "x", {{"k", "2"}, {"l", "1"}}).add(5);
  registry.counter("a_totally", "x").add(100);
  registry.gauge("g", "x").set(7);
  EXPECT_EQ(registry.sum("a_total"), 12);
  EXPECT_EQ(registry.sum("a_total", {{"k", "1"}}), 7);
  EXPECT_EQ(registry.sum("a_total", {{"l", "1"}, {"k", "2"}}), 5);
  EXPECT_EQ(registry.sum("a_total", {{"k", "3"}}), 0);
  EXPECT_EQ(registry.sum("g"), 0) << "no counter";
  EXPECT_EQ(registry.sum("none"), 0);
}

TEST(Registry, GivesCountersOneByOne) {
  Registry registry;
  registry.counter("a_total", "x", {{"k", "1"}, {"l", "2"}}).add(3);
  registry.counter("a_total", "x", {{"k", "2"}}).add(4);
  registry.counter("b_total", "x", {{"k", "3"}}).add(5);
  std::vector<std::string> seen;
  registry.each("a_total", {"l", "k"}, [&](const std::vector<std::string>& values, double count) {
    seen.push_back(values[0] + "," + values[1] + "=" + std::to_string(static_cast<int>(count)));
  });
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("2,1=3", ",2=4"));
  registry.each("none", {"k"}, [](const std::vector<std::string>&, double) { FAIL(); });
}

TEST(Registry, AddsUpHistogramsOfOneName) {
  Registry registry;
  EXPECT_TRUE(registry.buckets("h").counts.empty());
  const Histogram one = registry.histogram("h", "x", {1, 2}, {{"k", "1"}});
  const Histogram other = registry.histogram("h", "x", {1, 2}, {{"k", "2"}});
  one.observe(0.5);
  one.observe(1.5);
  other.observe(9);
  EXPECT_THAT(registry.buckets("h").bounds, ::testing::ElementsAre(1, 2));
  EXPECT_THAT(registry.buckets("h").counts, ::testing::ElementsAre(1, 2, 3));
}

TEST(Metrics, AreExposedAsPrometheusText) {
  Registry registry;
  registry.counter("respand_records_received_total", "Records that came in", {{"input", "socket"}}).add(3);
  registry.gauge("respand_in_flight", "Requests on their way").set(-1.5);
  EXPECT_EQ(registry.expose(),
            "# HELP respand_records_received_total Records that came in\n"
            "# TYPE respand_records_received_total counter\n"
            "respand_records_received_total{input=\"socket\"} 3\n"
            "# HELP respand_in_flight Requests on their way\n"
            "# TYPE respand_in_flight gauge\n"
            "respand_in_flight -1.5\n");
}

TEST(Metrics, HistogramsCountUpwardsToInfinity) {
  Registry registry;
  const auto histogram = registry.histogram("respand_request_seconds", "Time of a request", {0.1, 1});
  for (const double value : {0.05, 0.1, 0.5, 7.0}) {
    histogram.observe(value);
  }
  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("# TYPE respand_request_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("respand_request_seconds_count 4\n"));
  EXPECT_THAT(text, HasSubstr("respand_request_seconds_sum 7.65"));
  EXPECT_THAT(text, HasSubstr("respand_request_seconds_bucket{le=\"0.1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("respand_request_seconds_bucket{le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("respand_request_seconds_bucket{le=\"+Inf\"} 4\n"));
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetric) {
  Registry registry;
  registry.counter("c_total", "help", {{"a", "1"}}).add();
  registry.counter("c_total", "help", {{"a", "1"}}).add();
  registry.counter("c_total", "help", {{"a", "2"}}).add();
  EXPECT_EQ(registry.counter("c_total", "help", {{"a", "1"}}).value(), 2);
  EXPECT_EQ(registry.counter("c_total", "help", {{"a", "2"}}).value(), 1);
  const std::string text = registry.expose();
  EXPECT_EQ(text.find("# TYPE c_total"), text.rfind("# TYPE c_total"));
}

TEST(Metrics, LargeCountsKeepEveryDigit) {
  Registry registry;
  registry.counter("c_total", "help").add(9007199254740991);
  EXPECT_THAT(registry.expose(), HasSubstr("c_total 9007199254740991\n"));
}

TEST(Metrics, WhatIsNoAmountLeavesSumsAlone) {
  Registry registry;
  const auto counter = registry.counter("c_total", "help");
  const auto histogram = registry.histogram("h", "help", {1});
  counter.add(2);
  histogram.observe(2);
  for (const double value : {kNan, kInfinity, -kInfinity}) {
    counter.add(value);
    histogram.observe(value);
  }
  counter.add(-1);
  counter.add(0);
  EXPECT_EQ(counter.value(), 2);
  EXPECT_THAT(registry.expose(), HasSubstr("h_count 1\nh_sum 2\n"));
}

TEST(Metrics, HostileLabelsStayInsideTheirQuotes) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(a"b)", R"({model="a\"b"})"},
      {R"(a\)", R"({model="a\\"})"},
      {R"(a\"} 99)", R"({model="a\\\"} 99"})"},
      {"a\nforged_total 99", R"({model="a?forged_total 99"})"},
      {"a\xff", R"({model="a?"})"},
      {"", R"({model=""})"},
  };
  for (const auto& [value, shown] : cases) {
    Registry registry;
    registry.counter("c_total", "help", {{"model", value}}).add();
    const std::string text = registry.expose();
    EXPECT_THAT(text, HasSubstr(shown));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  }
}

TEST(Metrics, HelpMayHoldBackslashesAndLineEnds) {
  Registry registry;
  static_cast<void>(registry.counter("a_total", "what \\u0041 means\nand more"));
  static_cast<void>(registry.gauge("b", "c:\\"));
  static_cast<void>(registry.histogram("c_seconds", "\\n", {1}, {}));
  const std::string text = registry.expose();
  for (const std::string_view line :
       {"# HELP a_total what \\\\u0041 means\\nand more\n", "# HELP b c:\\\\\n", "# HELP c_seconds \\\\n\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(Metrics, EndlessLabelsAreCutAndMeet) {
  Registry registry;
  registry.counter("c_total", "help", {{"model", std::string(1 << 20, 'm') + "1"}}).add();
  registry.counter("c_total", "help", {{"model", std::string(1 << 20, 'm') + "2"}}).add();
  const std::string text = registry.expose();
  EXPECT_LT(text.size(), 400U);
  EXPECT_THAT(text, HasSubstr("\"} 2\n"));
}

TEST(Metrics, CollectorsRunBeforeEachExposition) {
  Registry registry;
  const auto gauge = registry.gauge("g", "help");
  int calls = 0;
  registry.on_collect([&] { gauge.set(++calls); });
  EXPECT_THAT(registry.expose(), HasSubstr("\ng 1\n"));
  EXPECT_THAT(registry.expose(), HasSubstr("\ng 2\n"));
}

TEST(Metrics, GaugesAddAndShowWhatIsNoNumber) {
  Registry registry;
  const auto gauge = registry.gauge("g", "help");
  gauge.add(5);
  gauge.add(-7);
  EXPECT_EQ(gauge.value(), -2);
  gauge.set(kNan);
  EXPECT_THAT(registry.expose(), HasSubstr("\ng Nan\n"));
  gauge.set(kInfinity);
  EXPECT_THAT(registry.expose(), HasSubstr("\ng +Inf\n"));
}

TEST(Metrics, ThreadsAddWhileOneExposes) {
  Registry registry;
  const auto counter = registry.counter("c_total", "help");
  const auto histogram = registry.histogram("h", "help", latency_bounds());
  constexpr int kRounds = 2000;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < kRounds; ++n) {
          counter.add();
          histogram.observe(0.01);
        }
      });
    }
    for (int i = 0; i < 20; ++i) {
      EXPECT_THAT(registry.expose(), Not(HasSubstr("Nan")));
    }
  }
  EXPECT_EQ(counter.value(), 3 * kRounds);
  EXPECT_THAT(registry.expose(), HasSubstr("h_count 6000\n"));
}

TEST(Metrics, AGaugeThatIsRemovedIsNotOnThePage) {
  Registry registry;
  registry.gauge("g", "Help", {{"edge", "a"}}).set(1);
  registry.gauge("g", "Help", {{"edge", "b\n"}}).set(2);
  registry.remove_gauge("g", {{"edge", "b\n"}});
  registry.remove_gauge("g", {{"edge", "c"}});
  registry.remove_gauge("h", {});
  const std::string page = registry.expose();
  EXPECT_THAT(page, HasSubstr("g{edge=\"a\"} 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("\"b")));
  EXPECT_THAT(page, Not(HasSubstr("\"c")));
  registry.gauge("g", "Help", {{"edge", "b\n"}}).set(3);
  EXPECT_THAT(registry.expose(), HasSubstr("} 3\n"));
}

TEST(Metrics, LatencyBoundsGrow) {
  const auto& bounds = latency_bounds();
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
  EXPECT_EQ(std::adjacent_find(bounds.begin(), bounds.end()), bounds.end());
  EXPECT_EQ(bounds.front(), 0.0001);
  EXPECT_EQ(bounds.back(), 100);
}

}  // namespace
}  // namespace respand::metrics
