// Random mixes of everything that an API may do at once, in virtual time: limits of each kind with and without hints,
// failures, latency, few slots, changes of the rate and an outage in between. Whatever the mix, delivery goes on, the
// API refuses many requests for a short time only, and during an outage it gets only a trickle. The seeds are 1 to
// kMixes; RESPAND_MIXES=10000 runs that many, and RESPAND_MIX=17 only that one.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "respand/base/text.h"
#include "simulation.h"
#include "tests/support/sanitized.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = sink::RateLimit::Kind;

constexpr std::uint64_t kMixes = test::kSanitized ? 20 : 200;

struct Mix {
  Api api;
  double rate = 0;      // of the limit; 0: none
  double possible = 0;  // requests a second that may succeed
  bool outage = false;
  double step = 1;  // of the rate, after a while
  std::string name{};
};

template <typename T, std::size_t N>
T one_of(SeededRandom& random, const std::array<T, N>& choices) {
  return choices[random.below(N)];
}

sink::RateLimit limit_of(Kind kind, double rate, double burst, Duration per) {
  return kind == Kind::kTokenBucket ? bucket(rate, burst) : window(kind, rate, per);
}

struct Limiter {
  Kind kind = Kind::kTokenBucket;
  double burst = 1;
  Duration per{seconds{1}};
};

Mix mix_of(SeededRandom& random, Limiter& limiter) {
  Mix mix;
  mix.api = {.capacity = 1'000'000, .work = milliseconds{1 + random.below(20)}, .noise = 0.3, .way = milliseconds{1}};
  mix.api.failing = one_of(random, std::array{0.0, 0.0, 0.01, 0.1, 0.3});
  mix.api.broken = one_of(random, std::array{0.0, 0.0, 0.0, 0.02});
  limiter.kind =
      one_of(random, std::array{Kind::kTokenBucket, Kind::kTokenBucket, Kind::kFixedWindow, Kind::kSlidingWindow});
  limiter.burst = one_of(random, std::array{0.2, 1.0, 5.0});
  limiter.per = one_of(random, std::array<Duration, 2>{seconds{1}, seconds{10}});
  mix.rate = one_of(random, std::array{20.0, 60.0, 150.0, 300.0});
  mix.api.rate = limit_of(limiter.kind, mix.rate, limiter.burst, limiter.per);
  mix.api.retry_after =
      one_of(random, std::array<std::optional<Duration>, 4>{std::nullopt, std::nullopt, seconds{1}, seconds{5}});
  mix.api.tells_end = random.below(4) == 0;
  mix.api.tells = one_of(
      random, std::array{Api::Tells::kNothing, Api::Tells::kNothing, Api::Tells::kState, Api::Tells::kPolicyToo});
  if (random.below(4) == 0) {
    mix.api.capacity = static_cast<std::uint32_t>(5 + random.below(30));
    mix.api.full = random.below(2) == 0 ? Api::Full::kRefuses : Api::Full::kQueues;
  }
  mix.step = one_of(random, std::array{1.0, 1.0, 0.2, 3.0});
  mix.outage = random.below(3) == 0;
  mix.name = cat("kind ", static_cast<int>(limiter.kind), ", rate ", static_cast<int>(mix.rate), ", per ",
                 limiter.per / seconds{1}, " s, failing ", static_cast<int>(100 * mix.api.failing), " %, Retry-After ",
                 mix.api.retry_after.value_or(Duration{0}) / seconds{1}, ", tells ", static_cast<int>(mix.api.tells),
                 mix.api.tells_end ? " and the end" : "", ", capacity ", mix.api.capacity, ", step ",
                 static_cast<int>(10 * mix.step), "/10", mix.outage ? ", outage" : "");
  return mix;
}

// Checks which part of what the API gives is used, and which part of the requests it refuses.
void expect_used(const Mix& mix, double rate, const Simulation::Count& count, seconds span, const char* when,
                 double part = 0.5) {
  const double slots = mix.api.capacity / (std::chrono::duration<double>(mix.api.work).count() * 1.5);
  const double possible = std::min(rate, slots) * (1 - mix.api.failing) * (1 - mix.api.broken);
  const double got = static_cast<double>(count.good) / static_cast<double>(span.count());
  EXPECT_GE(got, part * possible) << when;
  EXPECT_LE(count.share_refused(), 0.10) << when;
}

void try_mix(std::uint64_t seed) {
  SeededRandom random(seed);
  Limiter limiter;
  const Mix mix = mix_of(random, limiter);
  SCOPED_TRACE(cat("RESPAND_MIX=", seed, ": ", mix.name));
  Simulation simulation(mix.api, seed);
  simulation.add();
  simulation.run_for(seconds{45});
  expect_used(mix, mix.rate, simulation.run_for(seconds{40})[0], seconds{40}, "steady");
  if (mix.outage) {
    simulation.api.down = true;
    simulation.run_for(seconds{10});
    EXPECT_LE(simulation.run_for(minutes{1})[0].sent, 40U) << "a trickle";
    simulation.api.down = false;
    simulation.run_for(seconds{45});
    expect_used(mix, mix.rate, simulation.run_for(seconds{40})[0], seconds{40}, "after the outage");
  }
  if (mix.step != 1) {
    simulation.limit(limit_of(limiter.kind, mix.rate * mix.step, limiter.burst, limiter.per));
    // A look upward waits for 25 holds.
    simulation.run_for(seconds{60} + 30 * std::chrono::ceil<seconds>(mix.api.retry_after.value_or(Duration{0})));
    expect_used(mix, mix.rate * mix.step, simulation.run_for(seconds{40})[0], seconds{40}, "after the step", 0.4);
  }
}

TEST(Mixes, NoneCollapses) {
  if (const char* const one = std::getenv("RESPAND_MIX")) {
    try_mix(std::stoull(one));
    return;
  }
  const char* const asked = std::getenv("RESPAND_MIXES");
  const std::uint64_t mixes = asked != nullptr ? std::stoull(asked) : kMixes;
  for (std::uint64_t seed = 1; seed <= mixes; ++seed) {
    try_mix(seed);
  }
}

}  // namespace
}  // namespace respand::delivery
