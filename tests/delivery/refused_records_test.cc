// Records that go to the dead letters: written, then acknowledged, or handed back.

#include "delivery/refused_records.h"

#include <gtest/gtest.h>

#include "parts.h"

namespace respand::delivery {
namespace {

using End = GiveUpRequests::End;

class RefusedRecordsTest : public ::testing::Test {
 protected:
  void add(std::uint64_t sequence, int code = 400, bool by_hand = false) {
    http::Answer answer = status(code, "no");
    answer.payload = FakeOutlet::payload_of(sequence);
    Record record = parts_.record(sequence);
    record.by_hand = by_hand;
    refused_.add(std::move(record), DeadLetterCause::kRefused, {}, answer, {});
    EXPECT_TRUE(answer.payload.empty()) << "it is the letter's now";
  }
  void fail_writes() { parts_.disk.fail_at(1, {.for_good = true, .calls = fs::calls::kSyncData}); }
  [[nodiscard]] double dead_lettered(std::string_view reason) {
    return parts_.registry.counter("respand_records_dead_lettered_total", "", {{"reason", reason}}).value();
  }
  Parts parts_;
  RefusedRecords refused_{parts_.context, parts_.counters, parts_.payloads};
};

TEST_F(RefusedRecordsTest, NothingIsAcknowledgedBeforeTheLettersOfAllAreSynced) {
  parts_.journal.before_acknowledge = [&](std::uint64_t) {
    EXPECT_EQ(parts_.disk.operations(fs::calls::kSyncData), 1U) << "one sync for all";
    SeededRandom random(3);
    fs::FaultFileSystem cut(parts_.disk.snapshot());
    cut.crash(random);
    EXPECT_EQ(cut.content(World::kFile), parts_.dead());
  };
  add(1);
  add(2);
  EXPECT_FALSE(refused_.empty());
  EXPECT_TRUE(parts_.journal.acknowledged.empty());
  EXPECT_TRUE(refused_.write().empty());
  EXPECT_EQ(parts_.journal.acknowledged, (std::set<std::uint64_t>{1, 2}));
  EXPECT_TRUE(refused_.empty());
  EXPECT_NE(parts_.dead().find(R"({"n":1})"), std::string::npos);
  EXPECT_NE(parts_.dead().find(R"({"n":2})"), std::string::npos);
}

TEST_F(RefusedRecordsTest, WhatCantBeWrittenComesBackInOrderAndUnacknowledged) {
  fail_writes();
  add(2);
  add(1);
  const std::vector<Record> back = refused_.write();
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].ref.sequence, Sequence{2});
  EXPECT_EQ(back[1].ref.sequence, Sequence{1});
  EXPECT_TRUE(parts_.journal.acknowledged.empty());
  EXPECT_TRUE(refused_.empty()) << "they are the caller's";
  EXPECT_EQ(dead_lettered("400"), 0);
  parts_.disk.clear_faults();
  add(1);
  EXPECT_TRUE(refused_.write().empty());
}

TEST_F(RefusedRecordsTest, EachReasonIsCountedWithWhatWasNewInIt) {
  add(1, 400);
  add(2, 422);
  add(3, 400);
  add(4, 422);
  parts_.journal.dropped = {4};  // by the journal, meanwhile
  EXPECT_TRUE(refused_.write().empty());
  EXPECT_EQ(parts_.journal.acknowledgements, 2U) << "one for each reason";
  EXPECT_EQ(dead_lettered("400"), 2);
  EXPECT_EQ(dead_lettered("422"), 1);
}

TEST_F(RefusedRecordsTest, WhoeverGaveOneUpByHandHearsWhatBecameOfIt) {
  parts_.give_ups.begin(Sequence{2});
  fail_writes();
  add(1);
  add(2, 400, true);
  ASSERT_EQ(refused_.write().size(), 2U);
  EXPECT_EQ(parts_.give_ups.wait(Duration{0}), End::kUnwritable);
  parts_.disk.clear_faults();
  parts_.give_ups.begin(Sequence{2});
  add(2, 400, true);
  EXPECT_TRUE(refused_.write().empty());
  EXPECT_EQ(parts_.give_ups.wait(Duration{0}), End::kPutAside);
}

TEST_F(RefusedRecordsTest, AStuckOneIsNamedUntilItIsWritten) {
  Record record = parts_.record(1);
  for (std::uint32_t i = 0; i <= StuckRecords::kOvertaken; ++i) {
    parts_.stuck.delivered();
    parts_.stuck.failed(record, "500", parts_.clock.wall());
  }
  ASSERT_EQ(parts_.stuck.state().records, 1U);
  fail_writes();
  http::Answer answer = status(400);
  refused_.add(std::move(record), DeadLetterCause::kRefused, {}, answer, {});
  std::vector<Record> back = refused_.write();
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(parts_.stuck.state().records, 1U);
  parts_.disk.clear_faults();
  refused_.add(std::move(back[0]), DeadLetterCause::kRefused, {}, answer, {});
  EXPECT_TRUE(refused_.write().empty());
  EXPECT_EQ(parts_.stuck.state().records, 0U);
}

}  // namespace
}  // namespace respand::delivery
