// A record that fails again and again while others are delivered: it is listed, it can be given up, and it keeps no
// slot from the others.
#include <gtest/gtest.h>

#include <thread>

#include "world.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using End = GiveUpRequests::End;

// Adds records now and then, so that there is always one to be delivered.
void traffic(World& world, Duration span) {
  for (const MonoTime end = world.clock.mono() + span; world.clock.mono() < end;) {
    world.add(1);
    world.run_for(seconds{5});
    world.clock.advance(seconds{1});
  }
}

FakeClient::Api poison(std::uint64_t which, int code = 500) {
  return [which, code](std::uint64_t sequence, MonoTime) { return status(sequence == which ? code : 200); };
}

TEST(StuckRecords, AreNamedWithTheirAttemptsTimeAndCause) {
  World world(poison(7));
  const WallTime begin = world.clock.wall();
  world.add(20);
  traffic(world, minutes{30});
  const StuckRecords::State state = world.stuck.state();
  ASSERT_EQ(state.records, 1U);
  EXPECT_EQ(state.longest[0].sequence, Sequence{7});
  EXPECT_EQ(state.longest[0].why, "500");
  EXPECT_GE(state.longest[0].attempts, 10U);
  EXPECT_LE(state.longest[0].attempts, static_cast<std::uint32_t>(world.client->started[7]));
  EXPECT_LE(state.longest[0].since - begin, seconds{1});
}

TEST(StuckRecords, InAnOutageNothingIsStuck) {
  bool down = true;
  World world([&](std::uint64_t, MonoTime) { return status(down ? 500 : 200); });
  world.add(200);
  world.run_for(hours{2});
  EXPECT_EQ(world.stuck.state().records, 0U);
  down = false;
  world.run_for(minutes{10});
  EXPECT_EQ(world.outlet.acknowledged.size(), 200U);
  EXPECT_EQ(world.stuck.state().records, 0U);
}

TEST(StuckRecords, OnceDeliveredOneIsForgotten) {
  bool bad = true;
  World world([&](std::uint64_t sequence, MonoTime) { return status(bad && sequence == 3 ? 500 : 200); });
  world.add(10);
  traffic(world, minutes{20});
  EXPECT_EQ(world.stuck.state().records, 1U);
  bad = false;
  traffic(world, minutes{5});
  EXPECT_EQ(world.stuck.state().records, 0U);
  EXPECT_TRUE(world.outlet.acknowledged.contains(3));
}

TEST(StuckRecords, TheLongestAreNamedFirstAndAFew) {
  World world([](std::uint64_t sequence, MonoTime) { return status(sequence <= 20 ? 500 : 200); });
  for (int i = 0; i < 20; ++i) {
    world.add(1);
    world.run_for(seconds{1});
    world.clock.advance(seconds{1});
  }
  traffic(world, hours{1});
  const StuckRecords::State state = world.stuck.state();
  EXPECT_EQ(state.records, 20U);
  ASSERT_EQ(state.longest.size(), StuckRecords::kNamed);
  for (std::uint64_t i = 0; i < StuckRecords::kNamed; ++i) {
    EXPECT_EQ(state.longest[i].sequence, Sequence{i + 1});
  }
}

TEST(StuckRecords, OneThatTheDeadLettersHaveNoRoomForSaysSo) {
  World world(poison(2, 422));
  world.dead_letters.set_most(Bytes{10});
  world.add(5);
  traffic(world, minutes{20});
  ASSERT_EQ(world.stuck.state().records, 1U);
  EXPECT_EQ(world.stuck.state().longest[0].why, "dead letters");
}

// The API fails for any batch that has the record in it.
TEST(StuckRecords, OneInABatchDoesNotKeepTheOthersBack) {
  Batching::Settings batch;
  batch.max_records = 20;
  World world(poison(7), {}, 256, 8192, batch);
  world.client->batch_api = [](const std::vector<std::uint64_t>& sequences, MonoTime) {
    return status(std::find(sequences.begin(), sequences.end(), 7) != sequences.end() ? 500 : 200);
  };
  world.add(100);
  traffic(world, minutes{30});
  EXPECT_EQ(world.outlet.acknowledged.size(), world.last - 1) << "all but the one";
  EXPECT_EQ(world.stuck.state().records, 1U);
}

// By itself, without a worker.
class StuckRecordsTest : public ::testing::Test {
 protected:
  // Others are delivered, and the record fails.
  void overtake(Record& record, std::uint32_t times) {
    for (; times > 0; --times) {
      stuck_.delivered();
      stuck_.failed(record, "500", kFailed);
    }
  }
  static constexpr WallTime kFailed{hours{480'000}};
  StuckRecords stuck_;
};

TEST_F(StuckRecordsTest, SoManyDeliveriesOfOthersBetweenFailuresMakeOneStuck) {
  Record record;
  stuck_.failed(record, "500", kFailed);
  EXPECT_FALSE(stuck_.is_overtaken(record));
  stuck_.delivered();
  EXPECT_TRUE(stuck_.is_overtaken(record)) << "before it fails again";
  stuck_.failed(record, "500", kFailed + seconds{1});
  overtake(record, StuckRecords::kOvertaken - 2);
  EXPECT_EQ(stuck_.state().records, 0U) << "one below";
  overtake(record, 1);
  ASSERT_EQ(stuck_.state().records, 1U);
  EXPECT_EQ(stuck_.state().longest[0].since, kFailed) << "of the first failure";
}

TEST_F(StuckRecordsTest, FailuresWithoutADeliveryBetweenThemCountForNothing) {
  Record record;
  stuck_.delivered();
  for (int i = 0; i < 100; ++i) {
    stuck_.failed(record, "500", kFailed);
  }
  EXPECT_FALSE(stuck_.is_overtaken(record));
  EXPECT_EQ(stuck_.state().records, 0U);
}

TEST_F(StuckRecordsTest, TheLastCauseIsKeptAndWhatHasEndedIsForgotten) {
  Record record;
  overtake(record, StuckRecords::kOvertaken + 1);
  stuck_.failed(record, "dead letters", kFailed);
  ASSERT_EQ(stuck_.state().records, 1U);
  EXPECT_EQ(stuck_.state().longest[0].why, "dead letters");
  stuck_.ended(record);
  EXPECT_EQ(stuck_.state().records, 0U);
}

// Asks as an operator does, while the worker goes on.
End give_up(World& world, std::uint64_t sequence) {
  world.give_ups.begin(Sequence{sequence});
  End end = End::kOnItsWay;
  world.client->stop_at = world.clock.mono() + minutes{5};
  for (int turn = 0; turn < 3 && end == End::kOnItsWay; ++turn) {
    world.worker.step();
    end = world.give_ups.wait(Duration{0});
  }
  world.client->stop_at = MonoTime::max();
  return end;
}

TEST(GiveUp, PutsOneThatWaitsAmongTheDeadLetters) {
  World world(poison(7));
  world.add(20);
  traffic(world, minutes{20});
  ASSERT_EQ(world.stuck.state().records, 1U);
  EXPECT_EQ(give_up(world, 7), End::kPutAside);
  EXPECT_TRUE(world.outlet.acknowledged.contains(7));
  EXPECT_EQ(world.stuck.state().records, 0U);
  EXPECT_NE(world.dead().find(R"("sequence":7,"reason":"by_hand","status":0,"answer":"given up by hand")"),
            std::string::npos)
      << world.dead();
  EXPECT_NE(world.dead().find(R"("record":{"n":7})"), std::string::npos) << world.dead();
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "by_hand"}}), 1);
}

TEST(GiveUp, OfOneThatIsNotThereSaysSo) {
  World world(poison(7));
  world.add(20);
  world.run_for(seconds{10});
  EXPECT_EQ(give_up(world, 3), End::kNotTried) << "delivered";
  EXPECT_EQ(give_up(world, 4711), End::kNotTried) << "never was";
  EXPECT_EQ(world.dead_lines(), 0U);
}

TEST(GiveUp, OfOneInFlightComesWithItsAnswer) {
  World world(poison(1));
  world.client->latency = minutes{1};
  world.add(1);
  world.client->stop_at = world.clock.mono() + seconds{1};
  world.worker.step();
  world.give_ups.begin(Sequence{1});
  world.worker.step();
  EXPECT_EQ(world.give_ups.wait(Duration{0}), End::kOnItsWay);
  EXPECT_EQ(world.dead_lines(), 0U);
  world.client->stop_at = MonoTime::max();
  world.run_for(hours{1});
  EXPECT_NE(world.dead().find(R"("reason":"by_hand","status":500)"), std::string::npos) << world.dead();
  EXPECT_EQ(world.client->started[1], 1);
}

TEST(GiveUp, WithoutRoomForItItGoesThereLater) {
  World world(poison(2));
  world.add(5);
  traffic(world, minutes{20});
  world.dead_letters.set_most(Bytes{10});
  EXPECT_EQ(give_up(world, 2), End::kUnwritable);
  EXPECT_FALSE(world.outlet.acknowledged.contains(2));
  world.dead_letters.set_most(mebibytes(64));
  traffic(world, minutes{10});
  EXPECT_TRUE(world.outlet.acknowledged.contains(2));
  EXPECT_EQ(world.dead_lines(), 1U);
}

TEST(GiveUp, AStopEndsTheWait) {
  GiveUpRequests requests(2);
  requests.begin(Sequence{1});
  std::thread waits([&] { EXPECT_EQ(requests.wait(hours{1}), End::kOnItsWay); });
  requests.close();
  waits.join();
}

TEST(GiveUp, AllWorkersMustHaveLooked) {
  GiveUpRequests requests(2);
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  EXPECT_FALSE(requests.next(first));
  requests.begin(Sequence{9});
  const auto asked = requests.next(first);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->sequence, Sequence{9});
  EXPECT_FALSE(requests.next(first)) << "once each";
  requests.not_here(*asked);
  EXPECT_EQ(requests.wait(Duration{0}), End::kOnItsWay);
  requests.begin(Sequence{10});
  requests.not_here(*asked);  // late, of the one before
  requests.not_here(*requests.next(first));
  const auto again = requests.next(second);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->sequence, Sequence{10});
  requests.not_here(*again);
  EXPECT_EQ(requests.wait(Duration{0}), End::kNotTried);
}

}  // namespace
}  // namespace respand::delivery
