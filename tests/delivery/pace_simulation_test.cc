// The pace and the share of failures against a simulated API in virtual time (simulation.h): what the API lets through
// is used, and hardly any request is refused. Seeds are part of the test.
#include <gtest/gtest.h>

#include "simulation.h"
#include "tests/support/sanitized.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

double a_second(std::uint64_t count, seconds span) {
  return static_cast<double>(count) / static_cast<double>(span.count());
}

TEST(PaceSimulation, ATokenBucketWithoutAHintIsUsedToTheFull) {
  for (const double rate : {60.0, 300.0, 1000.0}) {
    for (const double burst : {0.1, 1.0, 30.0}) {
      Api api = quick_api();
      api.rate = bucket(rate, burst);
      Simulation simulation(api, 1);
      simulation.add();
      simulation.run_for(seconds{30});
      const auto count = simulation.run_for(minutes{2})[0];
      EXPECT_GE(a_second(count.good, minutes{2}), 0.93 * rate) << rate << ", burst " << burst;
      EXPECT_LE(count.share_refused(), 0.01) << rate << ", burst " << burst;
    }
  }
}

TEST(PaceSimulation, AStepOfTenIsFoundUpAndDown) {
  Api api = quick_api();
  api.rate = bucket(300, 0.1);
  Simulation simulation(api, 1);
  simulation.add();
  simulation.run_for(minutes{1});
  for (int round = 0; round < 3; ++round) {
    simulation.limit(bucket(30, 0.1));
    simulation.run_for(seconds{5});
    EXPECT_NEAR(simulation.state().pace, 30, 6) << round;
    simulation.run_for(seconds{40});
    simulation.limit(bucket(300, 0.1));
    simulation.run_for(seconds{30});
    EXPECT_GE(a_second(simulation.run_for(seconds{10})[0].good, seconds{10}), 240) << round;
  }
}

TEST(PaceSimulation, FailuresThatAreNotOursCostOnlyTheirTries) {
  double without = 0;
  const std::vector<double> shares =
      test::kSanitized ? std::vector{0.0, 0.1} : std::vector{0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5};
  for (const double share : shares) {
    Api api = quick_api();
    api.work = milliseconds{15};
    api.failing = share;
    Simulation simulation(api, 1);
    simulation.add();
    simulation.run_for(test::kSanitized ? seconds{8} : seconds{30});
    const auto count = simulation.run_for(seconds{10})[0];
    without = share == 0.0 ? a_second(count.good, seconds{10}) : without;
    EXPECT_GE(a_second(count.good, seconds{10}), 0.9 * (1 - share) * without) << share;
    EXPECT_LE(static_cast<double>(count.good + count.failed) / static_cast<double>(count.good), 1.1 / (1 - share));
    EXPECT_EQ(simulation.state().mode, Mode::kNormal) << share;
    EXPECT_NEAR(simulation.state().failure_share, share, 0.12) << share;
  }
}

TEST(PaceSimulation, FailuresThatComeAndGoAreFollowed) {
  Api api = quick_api();
  api.work = milliseconds{15};
  Simulation simulation(api, 1);
  simulation.add();
  for (int round = 0; round < 3; ++round) {
    simulation.api.failing = 0;
    simulation.run_for(seconds{5});
    const double without = a_second(simulation.run_for(seconds{5})[0].good, seconds{5});
    EXPECT_GE(without, 12'000) << round;
    simulation.api.failing = 0.2;
    simulation.run_for(seconds{5});
    EXPECT_GE(a_second(simulation.run_for(seconds{5})[0].good, seconds{5}), 0.72 * without) << round;
  }
}

TEST(PaceSimulation, BothAtOnce) {
  Api api = quick_api();
  api.rate = bucket(300, 0.1);
  api.failing = 0.1;
  Simulation simulation(api, 1);
  simulation.add();
  simulation.run_for(seconds{30});
  const auto count = simulation.run_for(minutes{2})[0];
  EXPECT_GE(a_second(count.good, minutes{2}), 0.9 * 0.9 * 300);
  EXPECT_LE(count.share_refused(), 0.01);
}

// Where the API does not say when to come back, some of them have only one request in flight. Their single tries must
// not become a storm.
TEST(PaceSimulation, ManyWhoShareABucketDoNotStorm) {
  Api api = quick_api();
  api.rate = bucket(300, 1);
  Simulation simulation(api, 1);
  for (int i = 0; i < 10; ++i) {
    simulation.add();
    simulation.run_for(seconds{1});
  }
  simulation.run_for(seconds{30});
  std::uint64_t good = 0;
  std::uint64_t refused = 0;
  for (const auto& count : simulation.run_for(minutes{1})) {
    good += count.good;
    refused += count.refused;
  }
  EXPECT_GE(a_second(good, minutes{1}), 0.93 * 300);
  EXPECT_LE(refused, good / 50);
}

// A limit on requests at once whose refusals say how long to wait: each refusal silences everything for that time.
TEST(PaceSimulation, ALimitOnRequestsAtOnceThatTellsATime) {
  for (const std::uint32_t capacity : {5U, 20U, 60U}) {
    for (const auto hold : {seconds{1}, seconds{5}}) {
      Api api;
      api.capacity = capacity;
      api.retry_after = hold;
      Simulation simulation(api, 1);
      simulation.add();
      simulation.run_for(minutes{1});
      const auto count = simulation.run_for(minutes{5})[0];
      const double most = capacity / std::chrono::duration<double>(api.work + api.network).count();
      EXPECT_GE(a_second(count.good, minutes{5}), (hold > seconds{1} ? 0.8 : 0.88) * most)
          << capacity << ", " << hold.count();
      EXPECT_LE(count.share_refused(), 0.001) << capacity;
    }
  }
}

// Two that begin together get nearly the same. One that comes after the other has learned the whole rate gets less, at
// worst a tenth.
TEST(PaceSimulation, TwoShareABucket) {
  for (const double rate : {20.0, 100.0, 300.0}) {
    for (const auto retry_after : {std::optional<Duration>{}, std::optional<Duration>{seconds{1}}}) {
      for (const bool late : {false, true}) {
        Api api = quick_api();
        api.rate = bucket(rate, 1);
        api.retry_after = retry_after;
        Simulation simulation(api, 1);
        simulation.add();
        simulation.run_for(seconds{late ? 20 : 0});
        simulation.add();
        simulation.run_for(minutes{1});
        const auto counts = simulation.run_for(minutes{5});
        const auto [least, most] = std::minmax(counts[0].good, counts[1].good);
        EXPECT_LE(a_second(most, minutes{5}), (late ? 10 : 2.05) * a_second(least, minutes{5}))
            << rate << ", late " << late;
        EXPECT_GE(a_second(least + most, minutes{5}), 0.93 * rate);
        EXPECT_LE(counts[0].share_refused() + counts[1].share_refused(), 0.03);
      }
    }
  }
}

}  // namespace
}  // namespace respand::delivery
