// A worker and an upstream that is away, full, or wrong: which requests leave the host meanwhile, and how delivery
// comes back.
#include <gtest/gtest.h>

#include <algorithm>

#include "world.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::size_t between(const std::vector<MonoTime>& starts, MonoTime from, MonoTime to) {
  return static_cast<std::size_t>(
      std::count_if(starts.begin(), starts.end(), [&](MonoTime at) { return at >= from && at < to; }));
}

TEST(Outage, SeesATrickleAndThenTheBacklog) {
  bool down = true;
  World world([&](std::uint64_t, MonoTime) { return down ? failed(http::Failure::kConnect) : status(200); });
  world.add(5000);
  const MonoTime begin = world.clock.mono();
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 0U);
  const std::size_t first_minute = between(world.client->starts, begin, begin + minutes{1});
  const std::size_t last_half_hour = between(world.client->starts, begin + minutes{30}, begin + hours{1});
  EXPECT_LE(first_minute, 32U + 20U) << "those in the air, and a few probes";
  EXPECT_GE(last_half_hour, 118U);
  EXPECT_LE(last_half_hour, 242U) << "one probe every 7.5 to 15 seconds";
  EXPECT_EQ(world.upstream.state().mode, Mode::kOpen);

  down = false;
  const MonoTime back = world.clock.mono();
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 5000U);
  EXPECT_LE(world.clock.mono() - back, minutes{3}) << "a probe's interval, a parked record's, and the work";
  EXPECT_EQ(world.upstream.state().mode, Mode::kNormal);
  EXPECT_EQ(world.dead_lines(), 0U);
}

TEST(Outage, AHangingApiDoesNotHoldUpTheProbes) {
  bool down = true;
  World world([&](std::uint64_t, MonoTime) { return down ? failed(http::Failure::kTimeout) : status(200); });
  world.client->latency = seconds{30};
  world.add(100);
  world.run_for(minutes{10});
  EXPECT_LE(world.client->starts.size(), 60U);
  down = false;
  world.client->latency = milliseconds{20};
  world.run_for(minutes{5});
  EXPECT_EQ(world.outlet.acknowledged.size(), 100U);
}

TEST(Outage, NothingLeavesDuringAHold) {
  std::optional<MonoTime> told;
  World world([&](std::uint64_t sequence, MonoTime now) {
    if (sequence == 40 && !told) {
      told = now;
      return status(429, R"({"retry_after":60})", seconds{60});
    }
    return status(200);
  });
  world.add(500);
  world.run_for(hours{1});
  ASSERT_TRUE(told);
  EXPECT_EQ(between(world.client->starts, *told, *told + seconds{60}), 0U);
  EXPECT_EQ(world.outlet.acknowledged.size(), 500U);
}

TEST(Outage, AWrongKeyCostsNoRecordAndResumesByItself) {
  bool wrong = true;
  World world([&](std::uint64_t, MonoTime) { return status(wrong ? 401 : 200); });
  world.add(1000);
  world.run_for(hours{2});
  EXPECT_EQ(world.outlet.acknowledged.size(), 0U);
  EXPECT_EQ(world.dead_lines(), 0U);
  EXPECT_EQ(world.upstream.state().mode, Mode::kPaused);
  EXPECT_LE(world.client->starts.size(), 32U + 260U);
  wrong = false;
  world.run_for(minutes{4});
  EXPECT_EQ(world.outlet.acknowledged.size(), 1000U);
}

TEST(Outage, APauseOutlivesMaxAge) {
  Retry retry;
  retry.max_age = minutes{5};
  World world([](std::uint64_t, MonoTime) { return status(403); }, retry);
  world.add(10);
  world.run_for(hours{24});
  EXPECT_EQ(world.dead_lines(), 0U);
  EXPECT_EQ(world.outlet.acknowledged.size(), 0U);
}

TEST(Outage, ANewKeyResumesAtOnce) {
  bool wrong = true;
  World world([&](std::uint64_t, MonoTime) { return status(wrong ? 401 : 200); });
  world.add(10);
  world.run_for(hours{2});
  wrong = false;
  http::Target target;
  target.bearer = "new";
  world.worker.set_target(target, {});
  world.upstream.resume(world.clock.mono(), true);
  const MonoTime before = world.clock.mono();
  world.run_for(hours{1});
  ASSERT_EQ(world.client->targets.size(), 1U);
  EXPECT_EQ(world.client->targets[0].bearer, "new");
  EXPECT_EQ(world.outlet.acknowledged.size(), 10U);
  EXPECT_LE(world.clock.mono() - before, seconds{1});
}

// A record that a firewall in front of the API refuses with a 403: the others go on being delivered.
TEST(Outage, OneForbiddenRecordDoesNotStopDelivery) {
  World world([](std::uint64_t sequence, MonoTime) { return status(sequence == 3 ? 403 : 200); });
  world.add(500);
  world.run_for(minutes{10});
  EXPECT_EQ(world.outlet.acknowledged.size(), 499U);
  EXPECT_EQ(world.dead_lines(), 0U);
}

// Any mixture of misbehaviour, by seed: nothing is lost, nothing is acknowledged twice, and in the end all is
// acknowledged.
TEST(Outage, WhateverTheApiDoesEachRecordEndsOnce) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SeededRandom random(seed);
    bool healed = false;
    World world([&](std::uint64_t, MonoTime) {
      if (healed) {
        return status(200);
      }
      switch (random.below(12)) {
        case 0:
          return status(400);
        case 1:
          return status(429, {}, seconds{random.below(20)});
        case 2:
          return status(503);
        case 3:
          return failed(http::Failure::kTimeout);
        case 4:
          return random.below(20) == 0 ? status(401) : status(200);
        case 5:
          return failed(http::Failure::kBroken);
        default:
          return status(200);
      }
    });
    for (int round = 0; round < 20; ++round) {
      world.add(random.below(60));
      world.run_for(seconds{random.below(30)});
    }
    healed = true;
    world.run_for(hours{2});
    EXPECT_EQ(world.outlet.acknowledged.size(), world.last) << seed;
    EXPECT_EQ(world.counter("respand_records_delivered_total") +
                  world.counter("respand_records_dead_lettered_total", {{"reason", "400"}}),
              static_cast<double>(world.last));
    EXPECT_EQ(static_cast<double>(world.dead_lines()),
              world.counter("respand_records_dead_lettered_total", {{"reason", "400"}}));
  }
}

}  // namespace
}  // namespace respand::delivery
