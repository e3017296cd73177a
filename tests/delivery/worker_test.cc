#include "delivery/worker.h"

#include <gtest/gtest.h>

#include "tests/support/sanitized.h"
#include "world.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Worker, DeliversAndAcknowledgesEachOnce) {
  World world;
  world.add(1000);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 1000U);
  EXPECT_EQ(world.client->starts.size(), 1000U);
  EXPECT_EQ(world.client->most_in_flight, 32U);
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 1000);
  EXPECT_EQ(world.counter("respand_requests_total", {{"code", "200"}}), 1000);
}

TEST(Worker, AcknowledgesOnceATurn) {
  World world;
  world.add(320);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledgements, 10U);
}

TEST(Worker, SleepsWhileThereIsNothing) {
  World world;
  world.client->stop_at = world.clock.mono() + hours{24};
  world.worker.step();
  EXPECT_EQ(world.clock.mono(), world.client->stop_at) << "one wait, to the end of the day";
  EXPECT_EQ(world.client->polls, 1U);
}

// A record that comes between the last look and the wait must not have to wait for the next record.
TEST(Worker, LooksOnceMoreBeforeItWaits) {
  World world;
  const MonoTime before = world.clock.mono();
  world.outlet.on_empty = [&] { world.add(1); };
  world.worker.step();
  EXPECT_EQ(world.clock.mono(), before) << "it waited";
  world.run_for(seconds{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 1U);
}

TEST(Worker, ARingWhileItWaitsWakesIt) {
  World world;
  world.client->before_sleep = [&] {
    world.add(1);
    world.outlet.bells[0]->ring();
  };
  const MonoTime before = world.clock.mono();
  world.worker.step();
  EXPECT_EQ(world.clock.mono(), before);
  world.client->before_sleep = nullptr;
  world.run_for(seconds{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 1U);
}

TEST(Worker, RingsOnlyMatterWhileItWaits) {
  World world;
  world.add(1);
  world.outlet.bells[0]->ring();  // not armed: costs nothing
  world.client->stop_at = world.clock.mono() + milliseconds{1};
  world.worker.step();
  EXPECT_EQ(world.client->in_flight(), 1U);
}

TEST(Worker, NewRecordsDoNotWakeItWhileTheCircuitIsOpen) {
  World world([](std::uint64_t, MonoTime) { return status(503); });
  world.add(500);
  world.run_for(minutes{1});
  std::size_t sleeps = 0;
  world.client->before_sleep = [&] {
    ++sleeps;
    world.add(1);
    EXPECT_FALSE(world.outlet.bells[0]->ring());
  };
  world.run_for(minutes{1});
  EXPECT_GT(sleeps, 0U);
}

TEST(Worker, CountsOnlyWhatWasNewlyAcknowledged) {
  World world([](std::uint64_t sequence, MonoTime) { return status(sequence % 2 == 0 ? 200 : 400); });
  world.add(10);
  world.outlet.dropped = {1, 2, 3, 4};
  world.run_for(seconds{10});
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 3);
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "400"}}), 3);
}

TEST(Worker, APoisonRecordHurtsNobodyElse) {
  World world([](std::uint64_t sequence, MonoTime) {
    switch (sequence % 50) {
      case 7:
        return status(400, "{\"detail\":\"bad\"}");
      case 8:
        return status(422);
      case 9:
        return status(413);
      default:
        return status(200);
    }
  });
  world.add(500);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 500U);
  EXPECT_EQ(world.client->starts.size(), 500U) << "no record is sent twice";
  EXPECT_EQ(world.dead_lines(), 30U);
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "400"}}), 10);
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "422"}}), 10);
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "413"}}), 10);
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 470);
}

TEST(Worker, OnePoisonRecordAmongTenThousand) {
  World world([](std::uint64_t sequence, MonoTime) {
    return sequence == 5000 ? status(400, R"({"detail":"Invalid request format"})") : status(200);
  });
  world.add(10'000);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 10'000U);
  EXPECT_EQ(world.client->starts.size(), 10'000U);
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 9999);
  EXPECT_EQ(world.dead_lines(), 1U);
  EXPECT_NE(world.dead().find("Invalid request format"), std::string::npos) << world.dead();
  EXPECT_NE(world.dead().find("{\"n\":5000}"), std::string::npos) << world.dead();
}

// Some records always get a 500 for a reason of their own. The others must go through, whatever the circuit does.
TEST(Worker, RecordsThatAlwaysFailDoNotStarveTheOthers) {
  World world([](std::uint64_t sequence, MonoTime) { return status(sequence <= 20 ? 500 : 200); });
  world.add(2000);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 1980U);
  EXPECT_FALSE(world.outlet.acknowledged.contains(1));
}

TEST(Worker, BacksOffByTheRecordsOwnAttempts) {
  World world([](std::uint64_t, MonoTime) { return status(503); });
  world.add(1);
  world.run_for(hours{2});
  const auto& starts = world.client->starts;
  ASSERT_GT(starts.size(), 60U);
  EXPECT_LT(starts.size(), 1000U);
  for (std::size_t i = 1; i < starts.size(); ++i) {
    EXPECT_LE(starts[i] - starts[i - 1], seconds{121}) << "at most the destination's interval, then the record's own";
  }
  EXPECT_EQ(world.counter("respand_retries_total", {{"reason", "503"}}), static_cast<double>(starts.size()));
}

TEST(Worker, GivesUpOnlyWhatWasTriedAndIsTooOld) {
  Retry retry;
  retry.max_age = hours{1};
  bool down = true;
  World world([&](std::uint64_t, MonoTime) { return status(down ? 503 : 200); }, retry);
  world.add(3);
  world.clock.advance(hours{2});  // older than max_age before they are seen for the first time
  down = false;
  world.run_for(seconds{10});
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 3) << "never tried is not given up";
  down = true;
  world.add(2);
  world.run_for(hours{3});
  EXPECT_EQ(world.outlet.acknowledged.size(), 5U);
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "expired"}}), 2);
  EXPECT_NE(world.dead().find("\"reason\":\"expired\",\"status\":503"), std::string::npos);
}

TEST(Worker, ForEverIsForEver) {
  World world([](std::uint64_t, MonoTime) { return status(503); });
  world.add(3);
  world.run_for(hours{test::kSanitized ? 24 : 24 * 30});
  EXPECT_EQ(world.outlet.acknowledged.size(), 0U);
  EXPECT_EQ(world.dead_lines(), 0U);
}

TEST(Worker, BoundsTheRecordsItHolds) {
  for (const std::size_t limit : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{100}}) {
    World world([](std::uint64_t, MonoTime) { return status(500); }, {}, 256, limit);
    world.add(1000);
    std::size_t most = 0;
    const MonoTime end = world.clock.mono() + hours{24};
    while (world.clock.mono() < end) {
      world.worker.step();
      most = std::max(most, world.outlet.open());
    }
    EXPECT_EQ(most, limit);
  }
}

TEST(Worker, BoundsThePayloadsInMemory) {
  World world;
  world.add(8, 20 << 20);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 8U);
  EXPECT_EQ(world.client->most_bytes, 40U << 20);
  World smaller;
  smaller.add(200, InFlightTable::kLarge - 1);
  smaller.run_for(hours{1});
  EXPECT_EQ(smaller.outlet.acknowledged.size(), 200U);
  EXPECT_EQ(smaller.client->most_in_flight, 24U);
}

TEST(Worker, SmallRecordsOvertakeLargeOnes) {
  World world;
  world.client->latency = seconds{10};
  world.add(20, 10 << 20);
  world.add(10);
  world.client->stop_at = world.clock.mono();
  world.worker.step();
  EXPECT_EQ(world.client->started.size(), 14U) << "four large ones, and all that are small";
  EXPECT_EQ(world.client->started.count(21), 1U);
  world.client->stop_at = MonoTime::max();
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 30U);
  EXPECT_LE(world.client->most_bytes, 41U << 20);
}

TEST(Worker, LargeRetriesThatFindNoRoomAreOvertakenToo) {
  bool down = true;
  World world([&](std::uint64_t, MonoTime) { return status(down ? 503 : 200); });
  world.add(6, 10 << 20);
  world.run_for(seconds{10});
  down = false;
  world.client->latency = seconds{10};
  world.add(10);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 16U);
  EXPECT_LE(world.client->most_bytes, 41U << 20);
}

TEST(Worker, AdmitsOneRecordHoweverLarge) {
  World world;
  world.add(2, (64 << 20) + 1);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 2U);
  EXPECT_EQ(world.client->most_in_flight, 1U);
}

TEST(Worker, AStopTakesNothingNewAndLetsFlightsEnd) {
  World world;
  world.add(100);
  world.client->stop_at = world.clock.mono();
  world.worker.step();
  world.client->stop_at = MonoTime::max();
  ASSERT_EQ(world.client->in_flight(), 32U);
  world.worker.drain();
  EXPECT_EQ(world.outlet.acknowledged.size(), 32U);
  EXPECT_EQ(world.outlet.waiting.size(), 68U);
}

TEST(Worker, AStopAbandonsWhatHangs) {
  World world;
  world.client->latency = hours{1};
  world.add(10);
  world.client->stop_at = world.clock.mono();
  world.worker.step();
  world.client->stop_at = MonoTime::max();
  const MonoTime before = world.clock.mono();
  world.worker.drain();
  EXPECT_EQ(world.clock.mono() - before, seconds{10});
  EXPECT_EQ(world.outlet.acknowledged.size(), 0U);
}

TEST(Worker, AStopWithNothingInFlightIsImmediate) {
  World world;
  const MonoTime before = world.clock.mono();
  world.worker.drain();
  EXPECT_EQ(world.clock.mono(), before);
  EXPECT_EQ(world.client->polls, 0U);
}

}  // namespace
}  // namespace respand::delivery
