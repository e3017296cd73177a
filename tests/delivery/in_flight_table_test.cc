#include "delivery/in_flight_table.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

Record record(std::uint64_t sequence, std::uint32_t length = 100, journal::WayId way = 0) {
  journal::Ref ref;
  ref.sequence = Sequence{sequence};
  ref.length = length;
  ref.way = way;
  return {ref, 0};
}

InFlightRequest request(std::uint64_t sequence, std::uint32_t length = 100, journal::WayId way = 0) {
  return {.record = record(sequence, length, way), .bytes = length};
}

InFlightRequest batch(std::uint64_t bytes) {
  InFlightRequest made{.record = {}, .batch = {record(1), record(2), record(3)}, .bytes = bytes};
  return made;
}

TEST(InFlightTable, WhatWasOpenedIsClosedOnce) {
  InFlightTable table;
  const auto first = table.open(request(1));
  const auto second = table.open(request(2));
  EXPECT_NE(first, second);
  EXPECT_EQ(table.requests(), 2U);
  EXPECT_EQ(table.close(first).record.ref.sequence, Sequence{1});
  EXPECT_EQ(table.open(request(3)), first) << "ids are used again";
  EXPECT_EQ(table.close(second).record.ref.sequence, Sequence{2});
  EXPECT_EQ(table.requests(), 1U);
  EXPECT_DEATH(static_cast<void>(table.close(second)), "");
}

TEST(InFlightTable, CountsRecordsByRoute) {
  InFlightTable table;
  EXPECT_EQ(table.records(7), 0U);
  const auto own = table.open(batch(300));
  const auto other = table.open(request(4, 100, 7));
  EXPECT_EQ(table.records(0), 3U);
  EXPECT_EQ(table.records(7), 1U);
  static_cast<void>(table.close(own));
  static_cast<void>(table.close(other));
  EXPECT_EQ(table.records(0), 0U);
  EXPECT_EQ(table.records(7), 0U);
}

TEST(InFlightTable, EachSizeClassHasItsOwnRoom) {
  InFlightTable table;
  constexpr auto kHalf = static_cast<std::uint32_t>(InFlightTable::kMaxLargeBytes / 2);
  const auto first = table.open(request(1, kHalf));
  EXPECT_TRUE(table.fits(kHalf, 0)) << "at the limit";
  EXPECT_FALSE(table.fits(kHalf + 1, 0));
  EXPECT_TRUE(table.fits(InFlightTable::kLarge - 1, 0)) << "large ones take nothing from small ones";
  static_cast<void>(table.open(request(2, kHalf)));
  EXPECT_FALSE(table.fits(InFlightTable::kLarge, 0));
  static_cast<void>(table.close(first));
  EXPECT_TRUE(table.fits(kHalf, 0));
}

TEST(InFlightTable, OneOfEachClassIsAlwaysAdmitted) {
  const InFlightTable table;
  EXPECT_TRUE(table.fits(100 * InFlightTable::kMaxLargeBytes, 0));
  EXPECT_TRUE(table.fits(InFlightTable::kLarge - 1, InFlightTable::kMaxSmallBytes));
}

TEST(InFlightTable, WhatIsGatheredForABatchCountsAsSmall) {
  InFlightTable table;
  static_cast<void>(table.open(request(1)));
  EXPECT_TRUE(table.fits(100, InFlightTable::kMaxSmallBytes - 200));
  EXPECT_FALSE(table.fits(100, InFlightTable::kMaxSmallBytes - 199));
}

TEST(InFlightTable, ABatchIsSmallWhateverItsSize) {
  InFlightTable table;
  const auto id = table.open(batch(InFlightTable::kMaxSmallBytes));
  EXPECT_FALSE(table.fits(1, 0));
  EXPECT_TRUE(table.fits(InFlightTable::kLarge, 0));
  static_cast<void>(table.close(id));
  EXPECT_TRUE(table.fits(1, 0));
}

TEST(InFlightTable, LargeBatchesGetRoomForTwo) {
  InFlightTable table;
  table.reserve_batches(InFlightTable::kMaxSmallBytes);
  static_cast<void>(table.open(batch(InFlightTable::kMaxSmallBytes)));
  EXPECT_TRUE(table.fits(1000, InFlightTable::kMaxSmallBytes - 1000));
  table.reserve_batches(1);
  EXPECT_FALSE(table.fits(1000, 0)) << "never less than without batches, and no more";
}

TEST(InFlightTable, ARecordIsGivenUpAloneAndInABatch) {
  InFlightTable table;
  const auto many = table.open(batch(300));
  const auto one = table.open(request(9));
  EXPECT_TRUE(table.give_up(Sequence{2}));
  EXPECT_TRUE(table.give_up(Sequence{9}));
  EXPECT_FALSE(table.give_up(Sequence{10}));
  const InFlightRequest answered = table.close(many);
  EXPECT_FALSE(answered.batch[0].by_hand);
  EXPECT_TRUE(answered.batch[1].by_hand);
  EXPECT_TRUE(table.close(one).record.by_hand);
  EXPECT_FALSE(table.give_up(Sequence{9})) << "it was answered";
}

}  // namespace
}  // namespace respand::delivery
