// Batches: a worker over a scripted API, in virtual time.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/sanitized.h"
#include "world.h"

namespace respand::delivery {
namespace {

using namespace std::chrono_literals;
using Sequences = std::vector<std::uint64_t>;

http::Answer accept(std::uint64_t, MonoTime) { return status(200); }

Batching::Settings batches(std::uint32_t records, Bytes bytes = mebibytes(8), Duration linger = 20ms) {
  return {records, bytes, linger};
}

class Batches : public World {
 public:
  explicit Batches(const Batching::Settings& settings, FakeClient::Api api = accept, const Retry& retry = {})
      : World(std::move(api), retry, 256, 8192, settings) {}
  [[nodiscard]] std::size_t posts() const { return client->starts.size(); }
};

bool has(const Sequences& sequences, std::uint64_t one) {
  return std::find(sequences.begin(), sequences.end(), one) != sequences.end();
}

TEST(BatchesTest, FullOnesGoAtOnceAndTheRestAfterALittleWhile) {
  Batches world(batches(10));
  world.add(25);
  const MonoTime begin = world.clock.mono();
  world.run_for(10s);
  ASSERT_EQ(world.client->batches.size(), 3U);
  EXPECT_EQ(world.client->batches[0], (Sequences{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(world.client->batches[2], (Sequences{21, 22, 23, 24, 25}));
  EXPECT_EQ(world.client->starts[1] - begin, 0ms);
  EXPECT_EQ(world.client->starts[2] - begin, 20ms);
  EXPECT_EQ(world.outlet.acknowledged.size(), 25U);
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 25);
}

TEST(BatchesTest, WithoutLingeringAndAloneARecordGoesByItself) {
  Batches world(batches(10, mebibytes(8), 0ms));
  const MonoTime begin = world.clock.mono();
  world.add(1);
  world.run_for(10s);
  EXPECT_TRUE(world.client->batches.empty());
  EXPECT_EQ(world.client->starts, std::vector<MonoTime>{begin});
  EXPECT_EQ(world.outlet.acknowledged.size(), 1U);
}

TEST(BatchesTest, BytesAreALimitToo) {
  Batches world(batches(500, kibibytes(64)));
  world.add(40, 8 * 1024);
  world.run_for(10s);
  ASSERT_EQ(world.client->batches.size(), 5U);
  for (const Sequences& batch : world.client->batches) {
    EXPECT_EQ(batch.size(), 8U);
  }
  EXPECT_EQ(world.outlet.acknowledged.size(), 40U);
}

TEST(BatchesTest, ALargeRecordGoesAloneAndKeepsNobodyWaiting) {
  Batches world(batches(10, kibibytes(64)));
  world.add(1);
  world.add(1, 8 * 1024 + 1);
  world.add(1, 8 * 1024);
  world.add(1, 4 << 20);
  world.add(1);
  const MonoTime begin = world.clock.mono();
  world.run_for(10s);
  EXPECT_EQ(world.client->batches, (std::vector<Sequences>{{1, 3, 5}}));
  EXPECT_EQ(world.posts(), 3U);
  EXPECT_EQ(world.client->starts.back() - begin, 20ms);  // the batch, the large ones at once
  EXPECT_EQ(world.outlet.acknowledged.size(), 5U);
}

TEST(BatchesTest, ACulpritIsFoundByHalvesAndItsNeighboursGoThrough) {
  constexpr std::uint64_t kBad = 137;
  const auto alone = [](std::uint64_t sequence, MonoTime) {
    return sequence == kBad ? status(422, R"({"detail":"Validation error"})") : status(200);
  };
  Batches world(batches(500), alone);
  world.client->batch_api = [](const Sequences& batch, MonoTime) {
    return has(batch, kBad) ? status(400, "one of these") : status(200);
  };
  world.add(500);
  world.run_for(60s);
  EXPECT_EQ(world.outlet.acknowledged.size(), 500U);
  EXPECT_EQ(world.dead_lines(), 1U);
  EXPECT_NE(world.dead().find(R"("sequence":137,"reason":"422","status":422)"), std::string::npos) << world.dead();
  EXPECT_NE(world.dead().find("Validation error"), std::string::npos);
  EXPECT_NE(world.dead().find(R"("attempts":1)"), std::string::npos)
      << "a batch's refusal is no attempt of its records";
  EXPECT_LE(world.posts(), 20U);
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 499);
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "422"}}), 1);
}

// Only one record is left of a batch, because the others can't be read.
TEST(BatchesTest, OneThatIsLeftOfABatchAndRefusedGoesAlone) {
  for (const int refusal : {400, 413, 422}) {
    Batches world(batches(3),
                  [refusal](std::uint64_t sequence, MonoTime) { return status(sequence == 2 ? refusal : 200); });
    world.client->batch_api = [refusal](const Sequences& batch, MonoTime) {
      return status(has(batch, 2) ? refusal : 200);
    };
    world.outlet.unreadable = {{1, ErrorCode::kCorrupt}, {3, ErrorCode::kCorrupt}};
    world.add(3);
    world.run_for(60s);
    EXPECT_EQ(world.client->batches.front(), (Sequences{2}));
    EXPECT_EQ(world.dead_lines(), 1U) << refusal;
    EXPECT_NE(world.dead().find(R"("attempts":1)"), std::string::npos) << "the batch's refusal is none of its own";
    world.outlet.unreadable.clear();
    world.add(10, 100 * 1024);
    world.run_for(60s);
    EXPECT_EQ(world.client->batches.back().size(), 3U) << "one record says nothing of how large a batch may be";
  }
}

TEST(BatchesTest, AHalfThatFailsOnTheWayStaysAHalf) {
  constexpr std::uint64_t kBad = 3;
  int calls = 0;
  Batches world(batches(64), [](std::uint64_t sequence, MonoTime) { return status(sequence == kBad ? 400 : 200); });
  world.client->batch_api = [&](const Sequences& batch, MonoTime) {
    if (++calls % 2 == 0) {
      return failed(http::Failure::kBroken);
    }
    return status(has(batch, kBad) ? 400 : 200);
  };
  world.add(64);
  world.run_for(600s);
  EXPECT_EQ(world.outlet.acknowledged.size(), 64U);
  EXPECT_EQ(world.dead_lines(), 1U);
  for (const Sequences& batch : world.client->batches) {
    EXPECT_EQ(batch.back() - batch.front() + 1, batch.size()) << "a part of what was split, not a mixture";
  }
}

TEST(BatchesTest, AllBadOnesAreAllBuried) {
  Batches world(batches(32), [](std::uint64_t, MonoTime) { return status(400, "no"); });
  world.client->batch_api = [](const Sequences&, MonoTime) { return status(400, "no"); };
  world.add(100);
  world.run_for(60s);
  EXPECT_EQ(world.outlet.acknowledged.size(), 100U);
  EXPECT_EQ(world.dead_lines(), 100U);
}

TEST(BatchesTest, ResultsCountRecordByRecord) {
  const std::string bodies[] = {
      R"({"results":[{"id":"a","status":"success"},{"status":"error","error":"x"},{"id":"c","status":"success"}]})",
      R"({"success_count":2,"error_count":1,"errors":[{"index":1,"error":"x"}]})"};
  for (const std::string& body : bodies) {
    Batches world(batches(3), [](std::uint64_t, MonoTime) { return status(422, "its own words"); });
    world.client->batch_api = [&](const Sequences&, MonoTime) { return status(200, body); };
    world.add(3);
    world.run_for(10s);
    EXPECT_EQ(world.outlet.acknowledged.size(), 3U);
    EXPECT_EQ(world.client->started, (std::map<std::uint64_t, int>{{1, 1}, {2, 2}, {3, 1}}));
    EXPECT_EQ(world.dead_lines(), 1U);
    EXPECT_NE(world.dead().find("its own words"), std::string::npos);
    EXPECT_TRUE(world.batching.on());
  }
}

TEST(BatchesTest, ResultsThatDoNotFitAreNotBelievedAndEndTheBatches) {
  Batches world(batches(3));
  world.client->batch_api = [&](const Sequences&, MonoTime) { return status(200, R"({"results":[]})"); };
  world.add(3);
  world.run_for(10s);
  world.add(3);
  world.run_for(10s);
  EXPECT_EQ(world.client->batches.size(), 1U);
  EXPECT_EQ(world.client->started, (std::map<std::uint64_t, int>{{1, 2}, {2, 2}, {3, 2}, {4, 1}, {5, 1}, {6, 1}}));
  EXPECT_EQ(world.outlet.acknowledged.size(), 6U);
  EXPECT_FALSE(world.batching.on());
}

TEST(BatchesTest, WithoutThePathRecordsGoOneByOneUntilItIsTriedAgain) {
  for (const int code : {404, 405}) {
    Batches world(batches(4));
    world.client->batch_api = [&](const Sequences&, MonoTime) { return status(code, "not here"); };
    world.add(10);
    world.run_for(10s);
    EXPECT_EQ(world.outlet.acknowledged.size(), 10U);
    EXPECT_EQ(world.upstream.state().mode, Mode::kNormal);
    EXPECT_LE(world.client->batches.size(), 2U);
    const std::size_t before = world.client->batches.size();
    world.batching.resume({}, true);
    world.client->batch_api = [](const Sequences&, MonoTime) { return status(200); };
    world.add(4);
    world.run_for(10s);
    EXPECT_EQ(world.client->batches.size(), before + 1);
    EXPECT_EQ(world.outlet.acknowledged.size(), 14U);
  }
}

TEST(BatchesTest, AWrongKeyPausesAndBuriesNobody) {
  bool good = false;
  Batches world(batches(4));
  world.client->batch_api = [&](const Sequences&, MonoTime) { return status(good ? 200 : 401, "which key?"); };
  world.add(40);
  world.run_for(30s);
  EXPECT_EQ(world.upstream.state().mode, Mode::kPaused);
  EXPECT_TRUE(world.outlet.acknowledged.empty());
  EXPECT_EQ(world.dead(), "");
  EXPECT_TRUE(world.batching.on());
  good = true;
  world.run_for(600s);
  EXPECT_EQ(world.outlet.acknowledged.size(), 40U);
}

TEST(BatchesTest, TooLargeForTheApiMeansSmallerOnesFromThenOn) {
  Batches world(batches(500, mebibytes(1)));
  world.client->batch_api = [&](const Sequences& batch, MonoTime) { return status(batch.size() > 256 ? 413 : 200); };
  constexpr std::size_t kRecords = test::kSanitized ? 1500 : 5000;
  world.add(kRecords, 1024);
  world.run_for(600s);
  EXPECT_EQ(world.outlet.acknowledged.size(), kRecords);
  EXPECT_EQ(world.dead(), "");
  EXPECT_LE(world.batching.max_bytes(), 256U * 1024 + 1024);
  EXPECT_LE(world.posts(), 40U);
}

TEST(BatchesTest, BrokenAnswersAreTriedAgainAndEachRecordAcknowledgedOnce) {
  SeededRandom random(20261124);
  Batches world(batches(50));
  world.client->batch_api = [&](const Sequences&, MonoTime) {
    switch (random.below(10)) {
      case 0:
        return failed(http::Failure::kBroken);
      case 1:
        return status(503);
      case 2:
        return status(408);
      default:
        return status(200);
    }
  };
  world.add(5000);
  world.run_for(std::chrono::hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 5000U);
  EXPECT_EQ(world.dead(), "");
}

TEST(BatchesTest, WhoIsTooOldIsTriedAloneAndGivenUpWithTheApisWords) {
  const Retry retry{250ms, 1s, 10s};
  Batches world(
      batches(10), [](std::uint64_t, MonoTime) { return status(503, "closed"); }, retry);
  world.client->batch_api = [](const Sequences&, MonoTime) { return status(503, "closed"); };
  world.add(20);
  world.run_for(std::chrono::hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 20U);
  EXPECT_EQ(world.dead_lines(), 20U);
  EXPECT_NE(world.dead().find(R"("reason":"expired","status":503)"), std::string::npos);
}

TEST(BatchesTest, WhatCannotBeReadIsLeftOutOfItsBatch) {
  Batches world(batches(4));
  world.outlet.unreadable = {{2, ErrorCode::kCorrupt},
                             {5, ErrorCode::kCorrupt},
                             {6, ErrorCode::kCorrupt},
                             {7, ErrorCode::kCorrupt},
                             {8, ErrorCode::kCorrupt}};
  world.add(8);
  world.run_for(10s);
  EXPECT_EQ(world.client->batches, (std::vector<Sequences>{{1, 3, 4}}));
  EXPECT_EQ(world.outlet.acknowledged.size(), 3U);
  EXPECT_EQ(world.outlet.lost_ones.size(), 5U);
}

TEST(BatchesTest, MemoryIsBounded) {
  constexpr std::size_t kRecords = test::kSanitized ? 250 : 5000;
  Batches world(batches(5000, mebibytes(8)));
  world.client->most = 1000;
  world.add(kRecords, 100 * 1024);
  world.run_for(600s);
  EXPECT_EQ(world.outlet.acknowledged.size(), kRecords);
  EXPECT_LE(world.client->most_bytes, InFlightTable::kMaxSmallBytes + (1U << 20));
}

TEST(BatchesTest, WhatGathersAtAStopStaysInTheJournal) {
  Batches world(batches(10));
  world.add(5);
  world.worker.step();
  world.worker.drain();
  EXPECT_TRUE(world.outlet.acknowledged.empty());
  EXPECT_EQ(world.posts(), 0U);
}

}  // namespace
}  // namespace respand::delivery
