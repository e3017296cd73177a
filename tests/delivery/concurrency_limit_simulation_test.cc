// The adaptive limit against a simulated API in virtual time (simulation.h): it finds a capacity that it is not told,
// follows it, shares it with others, and does not react to latency that it has not caused. Seeds are part of the test.
#include <gtest/gtest.h>

#include <cstdlib>

#include "simulation.h"
#include "tests/support/sanitized.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// One seed under sanitizers, which look for other mistakes.
constexpr std::uint64_t kSeeds = test::kSanitized ? 1 : 4;

// The share of what the API could have answered that was used.
double share_used(const Api& api, const Simulation::Count& count, seconds span) {
  const double possible =
      api.capacity / std::chrono::duration<double>(api.work).count() * static_cast<double>(span.count());
  return static_cast<double>(count.good) / possible;
}

TEST(LimitSimulation, FindsAHiddenCapacityFromBelowAndFromAbove) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const std::uint32_t first : {1U, ConcurrencyLimit::kFirst, 256U}) {
      for (const int refusal : {429, 503}) {
        Simulation simulation({.refusal = refusal}, seed);
        simulation.add(256, first);
        simulation.run_for(seconds{5});
        const auto count = simulation.run_for(seconds{30})[0];
        EXPECT_GE(share_used(simulation.api, count, seconds{30}), 0.85) << seed << ", first " << first;
        EXPECT_LE(count.share_refused(), 0.05) << seed << ", first " << first;
        EXPECT_GT(count.refused, 0U) << "the capacity is not hidden";
      }
    }
  }
}

TEST(LimitSimulation, FindsSmallAndLargeCapacities) {
  for (const std::uint32_t capacity : {1U, 2U, 3U, 5U, 10U, 50U, 100U, 200U}) {
    Simulation simulation({.capacity = capacity}, capacity);
    simulation.add();
    simulation.run_for(seconds{10});
    const auto count = simulation.run_for(minutes{1})[0];
    EXPECT_GE(share_used(simulation.api, count, minutes{1}), 0.8) << capacity;
    EXPECT_LE(count.share_refused(), 0.07) << capacity;
  }
}

TEST(LimitSimulation, FollowsTheCapacityWhenItChanges) {
  Simulation simulation({}, 1);
  simulation.add();
  for (const std::uint32_t capacity : {20U, 60U, 5U, 120U, 20U, 200U}) {
    simulation.api.capacity = capacity;
    simulation.run_for(seconds{15});
    const auto count = simulation.run_for(seconds{30})[0];
    EXPECT_GE(share_used(simulation.api, count, seconds{30}), 0.8) << capacity;
    EXPECT_LE(count.share_refused(), 0.06) << capacity;
  }
}

TEST(LimitSimulation, UsesAllThatItMayWhereNothingIsRefused) {
  Simulation simulation({.capacity = 1'000'000, .work = milliseconds{50}}, 1);
  simulation.add();
  simulation.run_for(seconds{2});
  EXPECT_EQ(simulation.state().limit, 256U);
}

// Jain's index: 1 where all have the same, 1/n where one has all.
double fairness(const std::vector<Simulation::Count>& counts) {
  double sum = 0;
  double squares = 0;
  for (const auto& count : counts) {
    const auto good = static_cast<double>(count.good);
    sum += good;
    squares += good * good;
  }
  return sum * sum / (static_cast<double>(counts.size()) * squares);
}

TEST(LimitSimulation, SharesTheCapacityFairly) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const auto full : {Api::Full::kRefuses, Api::Full::kQueues}) {
      Simulation simulation({.capacity = 40, .full = full, .noise = 0.2}, seed);
      simulation.add();
      simulation.run_for(seconds{20});
      simulation.add(256, 1);  // comes late, to a capacity that is in use
      simulation.run_for(seconds{30});
      const auto counts = simulation.run_for(minutes{1});
      EXPECT_GE(fairness(counts), 0.9) << seed << ": " << counts[0].good << " and " << counts[1].good;
      const Simulation::Count all{0, counts[0].good + counts[1].good, counts[0].refused + counts[1].refused, 0};
      EXPECT_GE(share_used(simulation.api, all, minutes{1}), 0.85) << seed;
      EXPECT_LE(all.share_refused(), 0.05) << seed;
    }
  }
}

// An API that refuses nobody and lets them wait: more at once is only more waiting.
TEST(LimitSimulation, KeepsAQueueShort) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const std::uint32_t at_first : {20U, 1000U}) {
      Simulation simulation({.capacity = at_first, .full = Api::Full::kQueues, .noise = 0.3}, seed);
      simulation.add();
      simulation.run_for(seconds{10});
      simulation.api.capacity = 20;
      simulation.run_for(seconds{10});
      const auto count = simulation.run_for(seconds{30})[0];
      EXPECT_GE(share_used(simulation.api, count, seconds{30}), 0.9) << seed << ", at first " << at_first;
      EXPECT_LE(simulation.state().limit, 80U) << seed << ", at first " << at_first;
    }
  }
}

TEST(LimitSimulation, DoesNotCollapseWhenLatencyAloneRises) {
  for (const Duration slower : {milliseconds{60}, milliseconds{100}, milliseconds{300}, milliseconds{3000}}) {
    Simulation simulation({.capacity = 1'000'000}, 1);
    simulation.add();
    simulation.run_for(seconds{10});
    ASSERT_EQ(simulation.state().limit, 256U);
    simulation.api.work = slower;
    simulation.run_for(seconds{10});
    EXPECT_GE(simulation.state().limit, 179U) << "one cut, on trial";
    simulation.run_for(seconds{20});
    EXPECT_EQ(simulation.state().limit, 256U);
  }
}

TEST(LimitSimulation, DoesNotCollapseUnderNoise) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const double noise : {0.3, 0.6, 1.0}) {
      Simulation simulation({.capacity = 1'000'000, .work = milliseconds{200}, .noise = noise}, seed);
      simulation.add();
      simulation.run_for(seconds{10});
      std::uint32_t least = 256;
      for (int i = 0; i < 60; ++i) {
        simulation.run_for(seconds{1});
        least = std::min(least, simulation.state().limit);
      }
      EXPECT_GE(least, 170U) << seed << ", noise " << noise;
    }
  }
}

TEST(LimitSimulation, BrokenConnectionsDoNotCollapseIt) {
  Simulation simulation({.capacity = 1'000'000, .broken = 0.1}, 1);
  simulation.add();
  simulation.run_for(seconds{10});
  EXPECT_EQ(simulation.state().limit, 256U);
}

// The API goes away under full load and comes back.
TEST(LimitSimulation, AnOutageSeesATrickleAndEndsWithoutABurst) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Simulation simulation({}, seed);
    simulation.add();
    simulation.run_for(seconds{5});
    simulation.api.down = true;
    simulation.run_for(seconds{3});
    for (int second = 0; second < 120; ++second) {
      EXPECT_LE(simulation.run_for(seconds{1})[0].sent, 2U) << seed << ", second " << second;
    }
    const auto probes = static_cast<std::uint64_t>(minutes{5} / (AttemptTimer::kLongestProbe / 2)) + 1;
    EXPECT_LE(simulation.run_for(minutes{5})[0].sent, probes) << seed;
    simulation.api.down = false;
    const MonoTime came_back = simulation.now;
    while (simulation.run_for(milliseconds{10})[0].good == 0) {
      ASSERT_EQ(simulation.state().mode, Mode::kOpen);
    }
    EXPECT_LE(simulation.now - came_back, Retry{}.max + milliseconds{50}) << seed << ": a probe's interval";
    const auto back = simulation.run_for(seconds{2})[0];
    EXPECT_GE(share_used(simulation.api, back, seconds{2}), 0.85) << seed;
    EXPECT_LE(back.share_refused(), 0.05) << seed;
  }
}

// Each request too many costs a second of silence, so such refusals must become rare. A refusal with a time to wait is
// taken to be about requests a second. Against a limit on requests at once, the pace that results uses a little less
// than the adaptive limit would, and is refused far less.
TEST(LimitSimulation, RetryAfterIsNotProbedForAgainAndAgain) {
  Simulation simulation({.retry_after = seconds{1}}, 1);
  simulation.add();
  simulation.run_for(seconds{30});
  const auto count = simulation.run_for(minutes{5})[0];
  EXPECT_GE(share_used(simulation.api, count, minutes{5}), 0.6);
  EXPECT_LE(count.refused, 30U);
}

}  // namespace
}  // namespace respand::delivery
