// The pace and the share of failures against a simulated API in virtual time (simulation.h): what the API lets through
// is used, and it is refused hardly at all. Seeds are part of the test; RESPAND_MIXES=10000 runs that many random
// mixes.
#include <gtest/gtest.h>

#include "simulation.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

double a_second(std::uint64_t count, seconds span) {
  return static_cast<double>(count) / static_cast<double>(span.count());
}

// An API on the same continent: 2 ms of work, 1 ms of way.
Api quick() { return {.capacity = 1'000'000, .work = milliseconds{2}, .noise = 0.2, .way = milliseconds{1}}; }

TEST(PaceSimulation, ATokenBucketWithoutAHintIsUsedToTheFull) {
  for (const double rate : {60.0, 300.0, 1000.0}) {
    for (const double burst : {0.1, 1.0, 30.0}) {
      Api api = quick();
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

TEST(PaceSimulation, FailuresThatAreNotOursCostOnlyTheirTries) {
  double without = 0;
  for (const double share : {0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5}) {
    Api api = quick();
    api.work = milliseconds{15};
    api.failing = share;
    Simulation simulation(api, 1);
    simulation.add();
    simulation.run_for(seconds{30});
    const auto count = simulation.run_for(seconds{10})[0];
    without = share == 0.0 ? a_second(count.good, seconds{10}) : without;
    EXPECT_GE(a_second(count.good, seconds{10}), 0.9 * (1 - share) * without) << share;
    EXPECT_LE(static_cast<double>(count.good + count.failed) / static_cast<double>(count.good), 1.1 / (1 - share));
    EXPECT_EQ(simulation.state().mode, Mode::kNormal) << share;
    EXPECT_NEAR(simulation.state().failure_share, share, 0.12) << share;
  }
}

TEST(PaceSimulation, FailuresThatComeAndGoAreFollowed) {
  Api api = quick();
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
  Api api = quick();
  api.rate = bucket(300, 0.1);
  api.failing = 0.1;
  Simulation simulation(api, 1);
  simulation.add();
  simulation.run_for(seconds{30});
  const auto count = simulation.run_for(minutes{2})[0];
  EXPECT_GE(a_second(count.good, minutes{2}), 0.9 * 0.9 * 300);
  EXPECT_LE(count.share_refused(), 0.01);
}

}  // namespace
}  // namespace respand::delivery
