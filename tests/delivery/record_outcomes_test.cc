#include "delivery/record_outcomes.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "parts.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Record tried(Record record, std::uint32_t attempts = 1) {
  record.attempts = attempts;
  return record;
}

TEST(RecordOutcomes, NothingIsAcknowledgedBeforeTheEndOfTheTurn) {
  Parts parts;
  parts.outcomes.delivered(parts.record(1));
  parts.outcomes.delivered(parts.record(2));
  EXPECT_EQ(parts.journal.acknowledgements, 0U);
  parts.outcomes.flush(parts.clock.mono());
  EXPECT_EQ(parts.journal.acknowledgements, 1U) << "one for all";
  EXPECT_EQ(parts.journal.acknowledged, (std::set<std::uint64_t>{1, 2}));
  parts.outcomes.flush(parts.clock.mono());
  EXPECT_EQ(parts.journal.acknowledgements, 1U);
}

TEST(RecordOutcomes, ADeadLetterIsWrittenBeforeItsRecordIsAcknowledged) {
  Parts parts;
  http::Answer answer = status(400, "no");
  answer.payload = "{\"n\":1}";
  parts.journal.before_acknowledge = [&](std::uint64_t) {
    EXPECT_NE(parts.dead().find("{\"n\":1}"), std::string::npos);
  };
  parts.outcomes.refuse(tried(parts.record(1)), DeadLetterCause::kRefused, answer, {});
  EXPECT_EQ(parts.dead(), "");
  parts.outcomes.flush(parts.clock.mono());
  EXPECT_EQ(parts.journal.acknowledged.count(1), 1U);
  EXPECT_EQ(parts.registry.counter("respand_records_dead_lettered_total", "", {{"reason", "400"}}).value(), 1);
}

TEST(RecordOutcomes, WhatCantBeWrittenIsTriedAgain) {
  Parts parts;
  parts.disk.fail_at(1, {.os_error = ENOSPC, .for_good = true, .calls = fs::calls::kWrite | fs::calls::kSyncData});
  http::Answer answer = status(400, "no");
  parts.outcomes.refuse(tried(parts.record(1)), DeadLetterCause::kRefused, answer, {});
  parts.outcomes.flush(parts.clock.mono());
  EXPECT_TRUE(parts.journal.acknowledged.empty());
  EXPECT_EQ(parts.retries().size(), 1U);
}

TEST(RecordOutcomes, EachReasonIsAcknowledgedAndCountedByItself) {
  Parts parts;
  std::uint64_t sequence = 0;
  for (const int code : {400, 422, 400}) {
    http::Answer answer = status(code, "no");
    parts.outcomes.refuse(tried(parts.record(++sequence)), DeadLetterCause::kRefused, answer, {});
  }
  parts.outcomes.flush(parts.clock.mono());
  EXPECT_EQ(parts.journal.acknowledgements, 2U);
  EXPECT_EQ(parts.registry.counter("respand_records_dead_lettered_total", "", {{"reason", "400"}}).value(), 2);
  EXPECT_EQ(parts.registry.counter("respand_records_dead_lettered_total", "", {{"reason", "422"}}).value(), 1);
}

TEST(RecordOutcomes, AFailureBacksOffAndARefusalForLoadIsNoAttempt) {
  Parts parts;
  http::Answer failure = status(503);
  parts.outcomes.failed(tried(parts.record(1), 3), failure, {}, parts.clock.mono());
  http::Answer too_many = status(429);
  parts.outcomes.failed(tried(parts.record(2), 3), too_many, {}, parts.clock.mono());
  ASSERT_EQ(parts.retries().size(), 2U);
  EXPECT_EQ(parts.retries().take(Sequence{1})->attempts, 3U);
  EXPECT_EQ(parts.retries().take(Sequence{2})->attempts, 2U);
}

TEST(RecordOutcomes, GivesUpWhatIsTooOldOrWasTriedTooOften) {
  Parts parts(Retry{.max_age = hours{1}, .max_attempts = 3});
  Record record = tried(parts.record(1), 2);
  const http::Answer failure = status(503);
  EXPECT_EQ(parts.outcomes.give_up_cause(record, failure), std::nullopt);
  record.attempts = 3;
  EXPECT_EQ(parts.outcomes.give_up_cause(record, failure), DeadLetterCause::kExhausted);
  EXPECT_EQ(parts.outcomes.give_up_cause(record, status(429)), std::nullopt) << "no attempt of its own";
  parts.clock.advance(hours{1} + seconds{1});
  EXPECT_EQ(parts.outcomes.give_up_cause(record, failure), DeadLetterCause::kExpired);
  record.by_hand = true;
  EXPECT_EQ(parts.outcomes.give_up_cause(record, failure), DeadLetterCause::kByHand);
}

TEST(RecordOutcomes, AFreshRecordThatFailsOftenJoinsTheBacklog) {
  Parts parts;
  http::Answer failure = status(503);
  for (const std::uint32_t attempts : {RecordOutcomes::kFreshTries - 1, RecordOutcomes::kFreshTries}) {
    Record record = tried(parts.record(attempts), attempts);
    record.fresh = true;
    parts.outcomes.failed(std::move(record), failure, {}, parts.clock.mono());
  }
  EXPECT_EQ(parts.lanes.records().lane(LaneName::kFresh).records(), 1U);
  EXPECT_EQ(parts.retries().size(), 1U);
}

TEST(RecordOutcomes, WhatIsNotFoundNeedsNothingMoreAndWhatIsCorruptIsLost) {
  Parts parts;
  parts.outcomes.unreadable(parts.record(1), {ErrorCode::kNotFound, "dropped"}, parts.clock.mono());
  EXPECT_TRUE(parts.journal.lost_ones.empty());
  parts.outcomes.unreadable(parts.record(2), {ErrorCode::kCorrupt, "checksum"}, parts.clock.mono());
  EXPECT_EQ(parts.journal.lost_ones, (std::set<std::uint64_t>{2}));
  EXPECT_EQ(parts.lanes.retries(), 0U);
  parts.outcomes.unreadable(parts.record(3), {ErrorCode::kIo, "away"}, parts.clock.mono());
  EXPECT_EQ(parts.lanes.retries(), 1U);
}

}  // namespace
}  // namespace respand::delivery
