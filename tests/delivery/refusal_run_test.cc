// Refusals that may be due to the record or to the upstream. A few such records among others go to the dead letters; if
// nothing else goes through, the backlog stays in the journal.
#include <gtest/gtest.h>

#include "world.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kStatuses[] = {406, 409, 410, 418, 423, 430, 498};

TEST(RefusalRun, AProxyThatRefusesEverythingDoesNotEmptyTheBacklog) {
  for (const int code : kStatuses) {
    bool wrong = true;
    World world([&](std::uint64_t, MonoTime) { return status(wrong ? code : 200); });
    world.add(1000);
    world.run_for(hours{1});
    EXPECT_EQ(world.upstream.state().mode, Mode::kPaused) << code;
    EXPECT_EQ(world.dead_lines(), RefusalRun::kMost) << code;
    EXPECT_LE(world.client->starts.size(), 32U + 160U) << code << ": single probes";
    wrong = false;
    world.run_for(hours{1});
    EXPECT_EQ(world.outlet.acknowledged.size(), 1000U) << code;
    EXPECT_EQ(world.dead_lines(), RefusalRun::kMost) << code << ": what was not put aside yet is tried again";
    EXPECT_EQ(world.counter("respand_records_delivered_total"), 1000 - RefusalRun::kMost);
  }
}

TEST(RefusalRun, BadRecordsAmongGoodOnesHoldNobodyUp) {
  World world([](std::uint64_t sequence, MonoTime) { return status(sequence % 3 == 0 ? 409 : 200); });
  world.add(3000);
  world.run_for(minutes{5});
  EXPECT_EQ(world.outlet.acknowledged.size(), 3000U);
  EXPECT_EQ(world.dead_lines(), 1000U);
}

TEST(RefusalRun, WhatPlainlyMeansTheRecordNeverPauses) {
  for (const int code : {400, 413, 422}) {
    World world([&](std::uint64_t sequence, MonoTime) { return status(sequence <= 2000 ? code : 200); });
    world.add(2100);
    world.run_for(minutes{5});
    EXPECT_EQ(world.outlet.acknowledged.size(), 2100U) << code;
    EXPECT_EQ(world.dead_lines(), 2000U) << code;
    EXPECT_EQ(world.upstream.state().mode, Mode::kNormal) << code;
  }
}

// Bad records in a row are taken for a wrong upstream, until a good one shows that it is not.
TEST(RefusalRun, EndsWithTheFirstRecordThatIsTaken) {
  World world([](std::uint64_t sequence, MonoTime) { return status(sequence <= 40 ? 409 : 200); });
  world.add(40);
  world.run_for(minutes{1});
  EXPECT_EQ(world.dead_lines(), RefusalRun::kMost);
  world.add(500);
  world.run_for(hours{1});
  EXPECT_GE(world.outlet.acknowledged.size(), 500U);
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 500);
}

TEST(RefusalRun, InBatchesNothingIsPutAsideAndGoodRecordsGetThrough) {
  Batching::Settings batch;
  batch.max_records = 50;
  bool wrong = true;
  World world([&](std::uint64_t, MonoTime) { return status(wrong ? 409 : 200); }, {}, 256, 8192, batch);
  world.client->batch_api = [&](const auto&, MonoTime) { return status(wrong ? 409 : 200); };
  world.add(2000);
  world.run_for(hours{1});
  EXPECT_LE(world.dead_lines(), RefusalRun::kMost);
  EXPECT_EQ(world.upstream.state().mode, Mode::kPaused);
  wrong = false;
  world.run_for(hours{2});
  EXPECT_EQ(world.outlet.acknowledged.size(), 2000U);
  EXPECT_LE(world.dead_lines(), RefusalRun::kMost);
}

// Every half of every batch has a bad record in it, so only records sent alone can tell which are good.
TEST(RefusalRun, ABadRecordInEachHalfOfABatchDoesNotHoldUpTheGoodOnes) {
  Batching::Settings batch;
  batch.max_records = 40;
  const auto answer = [](std::uint64_t sequence) { return sequence % 2 == 0 ? 409 : 200; };
  World world([&](std::uint64_t sequence, MonoTime) { return status(answer(sequence)); }, {}, 256, 8192, batch);
  world.client->batch_api = [&](const std::vector<std::uint64_t>& sequences, MonoTime) {
    const bool bad = std::any_of(sequences.begin(), sequences.end(), [](auto sequence) { return sequence % 2 == 0; });
    return status(bad ? 409 : 200);
  };
  world.add(400);
  world.run_for(hours{12});
  EXPECT_EQ(world.counter("respand_records_delivered_total"), 200);
}

TEST(RefusalRun, AStatusThatTheOperatorCallsPermanentIsJudgedTheSame) {
  Retry retry;
  retry.statuses.permanent = {500};
  World world([](std::uint64_t sequence, MonoTime) { return status(sequence % 5 == 0 ? 500 : 200); }, retry);
  world.add(500);
  world.run_for(minutes{5});
  EXPECT_EQ(world.dead_lines(), 100U);
  World down([](std::uint64_t, MonoTime) { return status(500); }, retry);
  down.add(500);
  down.run_for(minutes{5});
  EXPECT_EQ(down.dead_lines(), RefusalRun::kMost);
  EXPECT_EQ(down.upstream.state().mode, Mode::kPaused);
}

TEST(RefusalRun, AStatusThatTheOperatorCallsTransientIsTriedAgain) {
  Retry retry;
  retry.statuses.transient = {400, 404};
  bool early = true;
  World world([&](std::uint64_t sequence, MonoTime) { return status(!early              ? 200
                                                                    : sequence % 2 == 0 ? 400
                                                                                        : 404); },
              retry);
  world.add(100);
  world.run_for(minutes{10});
  EXPECT_EQ(world.dead_lines(), 0U);
  EXPECT_EQ(world.upstream.state().mode, Mode::kOpen);
  early = false;
  world.run_for(minutes{10});
  EXPECT_EQ(world.outlet.acknowledged.size(), 100U);
}

TEST(RefusalRun, MaxAttemptsGivesUpARecordAndNoOther) {
  Retry retry;
  retry.max_attempts = 4;
  World world([](std::uint64_t sequence, MonoTime) { return status(sequence == 7 ? 500 : 200); }, retry);
  world.add(100);
  world.run_for(hours{1});
  EXPECT_EQ(world.outlet.acknowledged.size(), 100U);
  EXPECT_EQ(world.client->started[7], 4);
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "exhausted"}}), 1);
  EXPECT_NE(world.dead().find(R"("reason":"exhausted","status":500)"), std::string::npos) << world.dead();
}

// It was too much for the API, which says nothing of the record.
TEST(RefusalRun, A429IsNoAttempt) {
  Retry retry;
  retry.max_attempts = 2;
  int refusals = 0;
  World world([&](std::uint64_t, MonoTime) { return status(++refusals <= 300 ? 429 : 200); }, retry);
  world.add(20);
  world.run_for(hours{3});
  EXPECT_EQ(world.outlet.acknowledged.size(), 20U);
  EXPECT_EQ(world.dead(), "");
}

TEST(RefusalRun, A429OfABatchIsOneRefusalAndNoAttempt) {
  Retry retry;
  retry.max_attempts = 2;
  Batching::Settings batch;
  batch.max_records = 10;
  int refusals = 0;
  World world([](std::uint64_t, MonoTime) { return status(200); }, retry, 256, 8192, batch);
  world.client->batch_api = [&](const auto&, MonoTime) { return status(++refusals <= 20 ? 429 : 200); };
  world.add(50);
  world.run_for(hours{3});
  EXPECT_EQ(world.outlet.acknowledged.size(), 50U);
  EXPECT_EQ(world.dead(), "");
  EXPECT_LE(world.upstream.state().refused_share, 20.0 / 500) << "twenty answers, not two hundred";
}

TEST(RefusalRun, MaxAttemptsCountsInBatchesToo) {
  Retry retry;
  retry.max_attempts = 3;
  Batching::Settings batch;
  batch.max_records = 10;
  const auto api = [](std::uint64_t, MonoTime) { return status(500); };
  World world(api, retry, 256, 8192, batch);
  world.client->batch_api = [](const auto&, MonoTime) { return status(500); };
  world.add(30);
  world.run_for(hours{24});
  EXPECT_EQ(world.counter("respand_records_dead_lettered_total", {{"reason", "exhausted"}}), 30);
}

}  // namespace
}  // namespace respand::delivery
