#include "delivery/refusal_noise.h"

#include <gtest/gtest.h>

#include "simulation.h"
#include "tests/support/sanitized.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr MonoTime kAnHourIn{hours{1}};

// Answers in a row until one is no longer explained; at most `most`.
int explained(RefusalNoise& noise, int most, MonoTime now, std::uint32_t under_way = 0) {
  int n = 0;
  while (n < most && noise.explains(true, under_way, now)) {
    ++n;
  }
  return n;
}

TEST(RefusalNoise, ExplainsNothingBeforeItIsBelieved) {
  RefusalNoise noise;
  EXPECT_FALSE(noise.explains(true, 0, kAnHourIn));
  EXPECT_FALSE(noise.known());
}

TEST(RefusalNoise, ExplainsItsShareForEver) {
  for (const double share : {0.01, 0.05, 0.2, 0.5}) {
    RefusalNoise noise;
    ASSERT_TRUE(noise.believe(share, kAnHourIn));
    SeededRandom random(20261128);
    for (int i = 0; i < 1'000'000; ++i) {
      const bool refused = random.unit() < share;
      ASSERT_EQ(noise.explains(refused, 0, kAnHourIn), refused) << share << " at " << i;
    }
    EXPECT_NEAR(noise.share(), share, 0.25 * share + 0.005);
  }
}

TEST(RefusalNoise, ManyMoreAreAReasonAtOnce) {
  RefusalNoise noise;
  ASSERT_TRUE(noise.believe(0.05, kAnHourIn));
  EXPECT_LE(explained(noise, 1000, kAnHourIn), 15);
  EXPECT_FALSE(noise.known());
}

TEST(RefusalNoise, RefusalsOfThoseUnderWayMayComeFirst) {
  RefusalNoise noise;
  ASSERT_TRUE(noise.believe(0.2, kAnHourIn));
  // Of 256 in flight 51 are refused, and a fifth of those sent in their place again, before the first success.
  EXPECT_EQ(explained(noise, 64, kAnHourIn, 256), 64);
}

TEST(RefusalNoise, WhatWasWrongIsNotBelievedAgainForLongerAndLonger) {
  RefusalNoise noise;
  MonoTime now = kAnHourIn;
  for (const auto wait : {minutes{4}, minutes{8}, minutes{16}, minutes{32}, minutes{60}, minutes{60}}) {
    ASSERT_TRUE(noise.believe(0.05, now));
    explained(noise, 1000, now);
    ASSERT_FALSE(noise.known());
    EXPECT_FALSE(noise.believe(0.05, now + wait - seconds{1}));
    now += wait;
  }
  EXPECT_TRUE(noise.believe(0.05, now));
}

// How many successes a second one respand with `most` slots gets from an API that refuses this share of the requests
// whatever is sent.
double reached(double refusing, double broken, std::uint32_t most, std::uint64_t seed) {
  Api api{.capacity = 1'000'000, .work = milliseconds{20}, .noise = 0.3};
  api.refusing = refusing;
  api.broken = broken;
  Simulation simulation(api, seed);
  simulation.add(most);
  simulation.run_for(seconds{60});
  return static_cast<double>(simulation.run_for(seconds{20})[0].good) / 20;
}

// Before there was a RefusalNoise: 6 a second at 5 %, of 2,900.
TEST(RefusalNoise, RandomRefusalsDoNotSlowDeliveryDown) {
  constexpr std::uint64_t kSeeds = test::kSanitized ? 1 : 6;
  for (const double broken : {0.0, 0.17}) {
    const double without = reached(0, broken, 64, 1);
    for (const double refusing : {0.01, 0.05, 0.2}) {
      double sum = 0;
      for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        const double got = reached(refusing, broken, 64, seed);
        EXPECT_GE(got, 0.15 * without * (1 - refusing)) << refusing << " refused, " << broken << " broken, " << seed;
        sum += got;
      }
      // One in a hundred is met by the limit on requests at once, which finds its balance at 30 or so.
      const double part = refusing < 0.05 ? 0.4 : 0.8;
      EXPECT_GE(sum / kSeeds, part * without * (1 - refusing)) << refusing << " refused, " << broken << " broken";
    }
  }
}

// A limit on the rate that was taken for noise is met a few times more, and is then kept to again.
TEST(RefusalNoise, ALimitBehindNoiseIsFound) {
  Api api{.capacity = 1'000'000, .work = milliseconds{20}, .noise = 0.3};
  api.refusing = 0.05;
  Simulation simulation(api, 1);
  simulation.add(64);
  simulation.run_for(seconds{60});
  simulation.api.refusing = 0;
  simulation.limit(bucket(200, 1));
  simulation.run_for(seconds{60});
  const Simulation::Count count = simulation.run_for(seconds{60})[0];
  EXPECT_GE(count.good, 0.85 * 200 * 60);
  EXPECT_LE(count.share_refused(), 0.02);
}

}  // namespace
}  // namespace respand::delivery
