// UpstreamGate: the slots of all workers, which worker a free slot wakes, and the configured rate.
#include <gtest/gtest.h>

#include <vector>

#include "upstream_gate_fixture.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A request that was answered and is not acknowledged yet would be sent again after a kill, so its slot stays taken.
TEST_F(UpstreamGateTest, AnAnsweredSlotIsFreeWhenItIsReleased) {
  make(1, 2);
  const Permits permits = admit(1, 0);
  ASSERT_EQ(permits.slots, 1U);
  ASSERT_EQ(admit(1, 1).slots, 0U);
  upstream->answered(0, permits.epoch, Verdict::kDelivered, status(200), now);
  EXPECT_EQ(admit(1, 1).slots, 0U);
  EXPECT_EQ(woken, (std::vector<int>{0, 0}));
  upstream->release(0, {&permits.epoch, 1});
  EXPECT_EQ(woken, (std::vector<int>{0, 1}));
  EXPECT_EQ(admit(1, 1).slots, 1U);
}

TEST_F(UpstreamGateTest, GrantsUpToTheLimitOverAllWorkers) {
  make(10, 2);
  EXPECT_EQ(admit(7, 0).slots, 7U);
  EXPECT_EQ(admit(7, 1).slots, 3U);
  const Permits none = admit(1, 0);
  EXPECT_EQ(none.slots, 0U);
  EXPECT_EQ(none.look_again, kNever);
  EXPECT_EQ(upstream->state().in_flight, 10U);
}

TEST_F(UpstreamGateTest, ASlotIsKeptForAWorkerThatHasNone) {
  make(1, 2);
  const Permits first = admit(1, 0);
  ASSERT_EQ(first.slots, 1U);
  EXPECT_EQ(admit(1, 1).slots, 0U);
  answer(first, status(200), 0);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(1, 0).slots, 0U) << "the other one's turn";
  const Permits second = admit(1, 1);
  EXPECT_EQ(second.slots, 1U);
  answer(second, status(200), 1);
  EXPECT_EQ(woken[0], 1);
  EXPECT_EQ(admit(1, 0).slots, 1U);
}

TEST_F(UpstreamGateTest, AWorkerThatLeavesKeepsNobodyOut) {
  make(1, 3);
  const Permits first = admit(1, 0);
  EXPECT_EQ(admit(1, 1).slots, 0U);
  EXPECT_EQ(admit(1, 2).slots, 0U);
  answer(first, status(200), 0);
  upstream->leave(1);
  upstream->leave(2);
  EXPECT_EQ(admit(1, 0).slots, 1U);
}

TEST_F(UpstreamGateTest, AWorkerThatAsksForNothingReleasesItsKeptSlot) {
  make(1, 2);
  const Permits first = admit(1, 0);
  EXPECT_EQ(admit(1, 1).slots, 0U);
  answer(first, status(200), 0);
  EXPECT_EQ(admit(0, 1).slots, 0U);
  EXPECT_EQ(admit(1, 0).slots, 1U);
}

TEST_F(UpstreamGateTest, UnusedSlotsGoToWhoWaits) {
  make(4, 2);
  const Permits all = admit(4, 0);
  EXPECT_EQ(admit(2, 1).slots, 0U);
  upstream->give_back(0, all, 4);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(2, 1).slots, 2U);
}

TEST_F(UpstreamGateTest, ARateLimitedApiSeesOneRequestAHold) {
  make(256);
  int sent = 0;
  const MonoTime end = now + seconds{60};
  while (now < end) {
    const Permits permits = admit(256);
    sent += static_cast<int>(permits.slots);
    for (std::uint32_t i = 0; i < permits.slots; ++i) {
      answer(permits, status(429, {}, seconds{2}));
    }
    now = permits.slots > 0 ? now + milliseconds{10} : permits.look_again;
  }
  EXPECT_LE(sent, 256 + 30);
}

TEST_F(UpstreamGateTest, TheRateLimitHoldsOverTime) {
  for (const std::uint32_t rate : {1U, 7U, 100U, 5000U}) {
    make(10'000, 1, rate);
    std::uint64_t sent = 0;
    const MonoTime begin = now;
    while (now < begin + seconds{20}) {
      const Permits permits = admit(10'000);
      sent += permits.slots;
      for (std::uint32_t i = 0; i < permits.slots; ++i) {
        answer(permits, status(200));
      }
      ASSERT_NE(permits.look_again, kNever);
      ASSERT_GT(permits.look_again, now);
      now = permits.look_again;
    }
    EXPECT_GE(sent, rate * 19ULL) << rate;
    EXPECT_LE(sent, rate * 21ULL + 1) << rate;
  }
}

// A relay that was alone in the dark gets its share: nobody waits for the token of the smallest one.
TEST_F(UpstreamGateTest, AHigherRateWakesThoseWhoWaitForATime) {
  make(100, 2, 1);
  ASSERT_EQ(admit(5).slots, 1U);
  EXPECT_EQ(admit(5).slots, 0U);
  upstream->set_rate_limit({.rate = 1, .until = now + seconds{8}, .after = 0.5}, now);
  EXPECT_EQ(woken[0], 0) << "the same rate for longer";
  upstream->set_rate_limit({.rate = 0.5}, now);
  EXPECT_EQ(woken[0], 0);
  upstream->set_rate_limit({.rate = 100}, now);
  EXPECT_EQ(woken[0], 1);
  EXPECT_EQ(woken[1], 0);
  EXPECT_EQ(upstream->rate_limit(now), 100);
  now += milliseconds{20};
  EXPECT_EQ(admit(5).slots, 2U);
  upstream->set_rate_limit({}, now);
  EXPECT_EQ(woken[0], 2);
  EXPECT_EQ(admit(5).slots, 5U);
}

TEST_F(UpstreamGateTest, TokensOfUnusedSlotsComeBack) {
  make(100, 1, 10);
  for (int i = 0; i < 1000; ++i) {
    const Permits permits = admit(1);
    ASSERT_EQ(permits.slots, 1U);
    upstream->give_back(0, permits, 1);
  }
}

// Random events over an hour: the count of slots is always right, and a probe is never kept out for ever.
TEST_F(UpstreamGateTest, NeverLosesASlot) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    make(8, 3);
    SeededRandom random(seed);
    std::vector<std::pair<std::uint32_t, Permits>> flying;
    for (int i = 0; i < 2000; ++i) {
      now += Duration{static_cast<Duration::rep>(random.below(2'000'000))};
      const auto worker = static_cast<std::uint32_t>(random.below(3));
      Permits permits = admit(static_cast<std::uint32_t>(random.below(5)), worker);
      const auto unused = static_cast<std::uint32_t>(random.below(permits.slots + 1));
      upstream->give_back(worker, permits, unused);
      for (std::uint32_t n = unused; n < permits.slots; ++n) {
        flying.emplace_back(worker, permits);
      }
      while (!flying.empty() && random.below(3) != 0) {
        const std::size_t at = random.below(flying.size());
        const int codes[] = {200, 200, 200, 400, 401, 429, 500, 503};
        answer(flying[at].second,
               status(codes[random.below(8)], {}, random.below(4) == 0 ? std::optional(seconds{3}) : std::nullopt),
               flying[at].first);
        flying.erase(flying.begin() + static_cast<std::ptrdiff_t>(at));
      }
      ASSERT_EQ(upstream->state().in_flight, flying.size());
      ASSERT_LE(flying.size(), 9U) << "the ceiling, and a probe beside those that hang";
    }
    for (const auto& [worker, permits] : flying) {
      answer(permits, status(200), worker);
    }
    upstream->leave(0);
    upstream->leave(1);
    upstream->leave(2);
    now += hours{1};
    EXPECT_GE(admit(1).slots, 1U) << seed;
  }
}

}  // namespace
}  // namespace respand::delivery
