#include "delivery/request_sender.h"

#include <gtest/gtest.h>

#include "parts.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Batching::Settings kThree{.max_records = 3, .max_bytes = mebibytes(1), .linger = milliseconds{20}};

TEST(RequestSender, ARecordAloneIsOneRequest) {
  Parts parts;
  ASSERT_TRUE(parts.sender.send(parts.record(7), parts.permits(), parts.clock.mono()));
  EXPECT_EQ(parts.in_flight.requests(), 1U);
  const auto answers = parts.answers();
  ASSERT_EQ(answers.size(), 1U);
  const InFlightRequest request = parts.in_flight.close(answers[0].id);
  EXPECT_EQ(request.record.ref.sequence, Sequence{7});
  EXPECT_EQ(request.record.attempts, 1U);
  EXPECT_EQ(request.bytes, 32U);
}

TEST(RequestSender, WhatCantBeReadBeginsNoRequest) {
  Parts parts;
  parts.journal.unreadable[7] = ErrorCode::kIo;
  EXPECT_FALSE(parts.sender.send(parts.record(7), parts.permits(), parts.clock.mono()));
  EXPECT_EQ(parts.in_flight.requests(), 0U);
  EXPECT_EQ(parts.client.in_flight(), 0U);
  EXPECT_EQ(parts.retries().size(), 1U);
}

TEST(RequestSender, RecordsGatherUntilTheirBatchIsFull) {
  Parts parts({}, kThree);
  RouteLane& route = parts.lanes.records();
  const Permits permits = parts.permits();
  EXPECT_FALSE(parts.sender.send_or_gather(route, parts.record(1), permits, parts.clock.mono()));
  EXPECT_FALSE(parts.sender.send_or_gather(route, parts.record(2), permits, parts.clock.mono()));
  EXPECT_EQ(parts.in_flight.requests(), 0U);
  EXPECT_TRUE(parts.sender.send_or_gather(route, parts.record(3), permits, parts.clock.mono()));
  EXPECT_EQ(parts.client.batches, (std::vector<std::vector<std::uint64_t>>{{1, 2, 3}}));
  EXPECT_EQ(parts.in_flight.records(0), 3U);
}

TEST(RequestSender, ABatchThatIsNotFullGoesWhenItIsDue) {
  Parts parts({}, kThree);
  RouteLane& route = parts.lanes.records();
  EXPECT_FALSE(parts.sender.send_due_batch(route, parts.permits(), parts.clock.mono())) << "there is none";
  static_cast<void>(parts.sender.send_or_gather(route, parts.record(1), parts.permits(), parts.clock.mono()));
  static_cast<void>(parts.sender.send_or_gather(route, parts.record(2), parts.permits(), parts.clock.mono()));
  EXPECT_FALSE(parts.sender.send_due_batch(route, parts.permits(), parts.clock.mono()));
  parts.clock.advance(kThree.linger);
  EXPECT_TRUE(parts.sender.send_due_batch(route, parts.permits(), parts.clock.mono()));
  EXPECT_EQ(parts.client.batches, (std::vector<std::vector<std::uint64_t>>{{1, 2}}));
}

TEST(RequestSender, TheRecordsOfABatchThatCanBeReadGo) {
  Parts parts({}, kThree);
  parts.journal.unreadable[1] = ErrorCode::kIo;
  parts.journal.unreadable[2] = ErrorCode::kCorrupt;
  RouteLane& route = parts.lanes.records();
  route.builder->put_half({parts.record(1), parts.record(2), parts.record(3)}, parts.clock.mono());
  EXPECT_TRUE(parts.sender.send_half(route, parts.permits(), parts.clock.mono()));
  EXPECT_EQ(parts.client.batches, (std::vector<std::vector<std::uint64_t>>{{3}}));
  EXPECT_EQ(parts.retries().size(), 1U);
  EXPECT_EQ(parts.journal.lost_ones, (std::set<std::uint64_t>{2}));
}

TEST(RequestSender, WithoutBatchesWhatWaitsForOneGoesByItself) {
  Parts parts({}, kThree);
  RouteLane& route = parts.lanes.records();
  static_cast<void>(parts.sender.send_or_gather(route, parts.record(1), parts.permits(), parts.clock.mono()));
  route.builder->put_half({parts.record(2), parts.record(3)}, parts.clock.mono() + hours{1});
  parts.batching.fall_back("for a test");
  EXPECT_FALSE(parts.sender.send_half(route, parts.permits(), parts.clock.mono()));
  EXPECT_EQ(route.builder->records(), 0U);
  EXPECT_EQ(parts.retries().size(), 3U);
  EXPECT_TRUE(parts.retries().any_due(parts.clock.mono()));
}

}  // namespace
}  // namespace respand::delivery
