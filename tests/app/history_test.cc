// The last hour of samples: its bound, its order, and what is in it.

#include "app/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/support/json.h"

namespace respand::app {
namespace {

using respand::test::elements;
using respand::test::member;
using std::chrono::hours;
using std::chrono::seconds;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr WallTime kWall{seconds{1'790'000'000}};

// A daemon's life of samples at regular intervals.
class HistoryTest : public testing::Test {
 protected:
  void sample(std::size_t times = 1) {
    for (std::size_t i = 0; i < times; ++i) {
      now_ += History::kInterval;
      history_.add(now_, moment_);
    }
  }
  [[nodiscard]] std::string json(std::uint64_t since = 0) const {
    return history_.json(since, now_, kWall + (now_ - MonoTime{}) + set_);
  }
  [[nodiscard]] std::vector<std::string> column(std::string_view name, std::uint64_t since = 0) const {
    return elements(member(json(since), name));
  }
  [[nodiscard]] std::string last_cost(const std::string& model) const {
    for (const std::string& one : column("cost_usd_per_minute")) {
      if (member(one, "model") == model) {
        return elements(member(one, "usd")).back();
      }
    }
    return "no line";
  }
  void cost(const std::string& model, double more) {
    for (auto& [name, sum] : moment_.costs) {
      if (name == model) {
        sum += more;
        return;
      }
    }
    moment_.costs.emplace_back(model, more);
  }

  History history_{MonoTime{}, kWall};
  Moment moment_;
  MonoTime now_{};
  Duration set_{0};  // what somebody has set the clock by
};

TEST_F(HistoryTest, KeepsAnHourInItsBoundWhateverThereAre) {
  const std::string endless(1000, 'm');
  for (int i = 0; i < 300; ++i) {
    cost(cat(i, endless), 1);
  }
  sample(3 * History::kMost);
  EXPECT_LE(history_.bytes(), History::kBound);
  EXPECT_GE(History::kInterval * History::kMost, hours{1});
  EXPECT_THAT(column("at_seconds"), SizeIs(History::kMost));
  EXPECT_THAT(column("cost_usd_per_minute"), SizeIs(History::kModels + 1));
}

TEST_F(HistoryTest, TheNewestTakesThePlaceOfTheOldest) {
  sample(History::kMost - 1);
  EXPECT_EQ(member(json(), "first"), "0");
  sample(3);
  EXPECT_EQ(member(json(), "first"), "2");
  EXPECT_EQ(member(json(), "next"), cat(History::kMost + 2));
  const auto times = column("at_seconds");
  ASSERT_THAT(times, SizeIs(History::kMost));
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(times[i], cat(5 * (i + 3)));
  }
}

TEST_F(HistoryTest, TellsWhatIsNewSinceANumber) {
  sample(10);
  EXPECT_THAT(column("at_seconds", 8), ElementsAre("45", "50"));
  EXPECT_EQ(member(json(8), "first"), "8");
  EXPECT_THAT(column("at_seconds", 10), SizeIs(0));
  EXPECT_THAT(column("at_seconds", 11), SizeIs(10)) << "of another run: all of this one";
  EXPECT_THAT(column("at_seconds", UINT64_MAX), SizeIs(10));
  sample(History::kMost);
  EXPECT_THAT(column("at_seconds", 3), SizeIs(History::kMost)) << "the hour, where more is gone";
}

TEST_F(HistoryTest, ARestartIsAnotherRun) {
  const History other(MonoTime{}, kWall + seconds{1});
  EXPECT_NE(member(other.json(0, MonoTime{}, kWall), "run"), member(json(), "run"));
  EXPECT_EQ(member(json(), "at_seconds"), "[]");
}

TEST_F(HistoryTest, AClockThatIsSetBackMovesTheHourAndKeepsItsOrder) {
  sample(3);
  EXPECT_EQ(member(json(), "start_unix_seconds"), "1790000000.000");
  set_ = -hours{2};
  sample();
  EXPECT_EQ(member(json(), "start_unix_seconds"), "1789992800.000");
  EXPECT_THAT(column("at_seconds"), ElementsAre("5", "10", "15", "20"));
}

TEST_F(HistoryTest, CountsBecomeRates) {
  moment_.received = 50;
  moment_.delivered = 40;
  moment_.backlog_records = 123456;
  moment_.in_flight = 70'000;
  moment_.answers[Moment::kRateLimited] = 5;
  sample();
  moment_.received = 60;
  moment_.delivered = 10;  // no counter of ours falls; a chart must not show it either
  sample();
  EXPECT_THAT(column("received_per_second"), ElementsAre("10", "2"));
  EXPECT_THAT(column("delivered_per_second"), ElementsAre("8", "0"));
  EXPECT_THAT(column("backlog_records"), Each("123456"));
  EXPECT_THAT(column("in_flight"), Each("65535"));
  const std::string answers = member(json(), "answers_per_second");
  EXPECT_EQ(member(answers, "rate_limited"), "[1,0]");
  EXPECT_EQ(member(answers, "ok"), "[0,0]");
}

TEST_F(HistoryTest, PercentilesAreOfWhatCameSinceTheLastSample) {
  moment_.lag = {.bounds = {1, 2, 4}, .counts = {100, 100, 100, 100}};
  sample();
  moment_.lag.counts = {100, 150, 200, 200};  // 50 up to 2 s, 50 up to 4 s
  sample();
  sample();                                   // nothing came
  moment_.lag.counts = {100, 150, 200, 300};  // longer than any bound
  sample();
  const auto share = [&](std::string_view name) {
    std::vector<double> values;
    for (const std::string& value : elements(member(member(json(), "lag_seconds"), name))) {
      values.push_back(value == "null" ? -1 : std::stod(value));
    }
    return values;
  };
  using testing::DoubleNear;
  EXPECT_THAT(share("p50"), ElementsAre(DoubleNear(0.5, 0.001), DoubleNear(2, 0.002), -1, DoubleNear(4, 0.004)));
  EXPECT_THAT(share("p95"), ElementsAre(DoubleNear(0.95, 0.001), DoubleNear(3.8, 0.004), -1, DoubleNear(4, 0.004)));
  EXPECT_THAT(member(member(json(), "generation_seconds"), "p50"), "[null,null,null,null]");
}

TEST_F(HistoryTest, ModelsHaveLinesAndTheRestIsOne) {
  for (std::size_t i = 0; i < History::kModels; ++i) {
    cost(cat("model-", i), 1);
  }
  sample();
  EXPECT_EQ(last_cost("model-0"), "12");
  EXPECT_EQ(last_cost(""), "0");
  cost("late", 2);
  sample();
  EXPECT_EQ(last_cost("late"), "no line");
  EXPECT_EQ(last_cost(""), "24");
  // When the others have cost nothing for an hour it takes the place of one, and what was counted stays where it was.
  sample(History::kMost - 1);
  cost("late", 3);
  cost("model-1", 1);
  sample();
  EXPECT_EQ(last_cost("late"), "36");
  EXPECT_EQ(last_cost("model-0"), "no line");
  EXPECT_EQ(last_cost("model-1"), "12");
  EXPECT_EQ(last_cost(""), "0");
  cost("model-0", 2);
  sample();
  EXPECT_EQ(last_cost("model-0"), "24") << "in the place of another that was idle";
  EXPECT_EQ(last_cost("late"), "0") << "it keeps its line for an hour";
}

TEST_F(HistoryTest, NamesAreTextInJson) {
  cost("\"</script>\n", 1);
  sample();
  EXPECT_THAT(json(), HasSubstr(R"({"model":"\"</script>\u000a","usd":[)"));
}

TEST(MomentOf, ReadsTheCounters) {
  metrics::Registry registry;
  registry.counter("respand_records_received_total", "x", {{"input", "http"}}).add(3);
  registry.counter("respand_records_received_total", "x", {{"input", "socket"}}).add(4);
  for (const auto& [code, count] : {std::pair("200", 1),
                                    {"202", 2},
                                    {"429", 3},
                                    {"302", 4},
                                    {"422", 5},
                                    {"503", 6},
                                    {"timeout", 7},
                                    {"connect", 8}}) {
    registry.counter("respand_requests_total", "x", {{"code", code}}).add(count);
  }
  registry.counter("respand_llm_cost_usd_total", "x", {{"model", "m"}}).add(0.5);
  const auto lag = registry.histogram("respand_delivery_lag_seconds", "x", {1, 2});
  lag.observe(0.5);
  lag.observe(3);
  delivery::UpstreamGate::State upstream;
  upstream.in_flight = 2;
  upstream.limit = 9;
  const Moment moment = moment_of(registry, {}, upstream, seconds{4});
  EXPECT_EQ(moment.received, 7);
  EXPECT_THAT(moment.answers, ElementsAre(3, 3, 9, 6, 15));
  EXPECT_THAT(moment.costs, ElementsAre(std::pair<std::string, double>("m", 0.5)));
  EXPECT_THAT(moment.lag.bounds, ElementsAre(1, 2));
  EXPECT_THAT(moment.lag.counts, ElementsAre(1, 1, 2));
  EXPECT_EQ(moment.in_flight, 2U);
  EXPECT_EQ(moment.limit, 9U);
  EXPECT_EQ(moment.oldest_seconds, 4);
}

}  // namespace
}  // namespace respand::app
